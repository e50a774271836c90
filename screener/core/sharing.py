"""One edge's part in what several know of a caller: read, taught and united without a trace.

A store's word is another machine's: it is translated to this edge's clock and cut to what the
settings allow, so that an edge that tells nonsense moves a score by no more than its cap. Outcomes
told late count as of when they happened; a failure from before the caller was cleared counts for
nothing, so no block comes back. Asking and telling is left to `service.sharing`.
"""

from dataclasses import replace
from math import isfinite
from typing import NamedTuple

from screener.core.call import Call, Load
from screener.core.outcome import Event, Outcome
from screener.core.reputation import Standing, decayed, is_served, learned, pardoned
from screener.core.settings import ReputationSettings
from screener.core.shared import Question, SharedStanding, Told

MOST_GOOD = 1_000.0
"""Served calls of one number beyond which no store is believed: a clinic has not more at a time."""

OLDEST_S = 10 * 366 * 86_400.0
"""Nothing of longer ago is believed."""

_LONGEST_TRUNK = 80
_FIELDS = 7
_ADDS_GOOD = 0.25
"""So much of a served call is worth telling the store."""

_ADDS_S = 1.0
"""So much later is worth telling the store."""


class Known(NamedTuple):
    """A caller's standing by this edge's clock, and when it last was cleared (0 = never)."""

    standing: Standing | None = None
    cleared_at: float = 0.0


class Consulted(NamedTuple):
    """A call of which the store was asked: `keys` are its counters' in the table, in order.

    `told` is None where no answer came in time; `ahead_s` is what this edge's clock is ahead of
    the store's.
    """

    call: Call
    load: Load
    keys: tuple[str, ...]
    question: Question
    told: Told | None = None
    ahead_s: float = 0.0


def arrived(call: Call, now: float) -> Call:
    """Return the call as one that comes now; `dataclasses.replace` takes four times as long."""
    return Call(
        call.call_id,
        call.caller,
        call.name,
        call.did,
        call.trunk,
        call.source,
        call.attestation,
        call.origid,
        now,
        call.uniqueid,
        call.linkedid,
        call.sip_call_id,
    )


def read_tats(
    tats: tuple[float, ...],
    windows: tuple[tuple[int, float], ...],
    *,
    ahead_s: float,
    now: float,
) -> tuple[float, ...] | None:
    """Return a counter's TATs by this edge's clock, none beyond a full window; None for nonsense.

    What lies in the past is 0, as of a counter never used.
    """
    if len(tats) != len(windows) or not all(isfinite(tat) for tat in tats):
        return None
    moved = (min(tat + ahead_s, now + per) for tat, (_, per) in zip(tats, windows, strict=True))
    return tuple(tat if tat > now else 0.0 for tat in moved)


def read_standing(
    shared: SharedStanding | None, settings: ReputationSettings, *, ahead_s: float, now: float
) -> Known:
    """Return what the store says, by this edge's clock and within the settings; nonsense is none.

    A block ends within `block_for`, nothing lies in the future, and evidence has its most.
    """
    if shared is None:
        return Known()
    values = (*shared.fields, shared.cleared_at)
    if not all(isfinite(value) for value in values):
        return Known()
    cleared = _moment(shared.cleared_at, ahead_s, now)
    if len(shared.fields) != _FIELDS:
        return Known(None, cleared)
    at, good, bad, first_good, last_good, passed_at, blocked_until = shared.fields
    last = _moment(last_good, ahead_s, now)
    blocked = blocked_until + ahead_s if blocked_until > 0.0 else 0.0
    standing = Standing(
        _moment(at, ahead_s, now) or now,
        min(max(good, 0.0), MOST_GOOD),
        min(max(bad, 0.0), max(settings.block_after, 2) * settings.failed_challenge),
        min(_moment(first_good, ahead_s, now), last),
        last,
        _moment(passed_at, ahead_s, now),
        min(blocked, now + settings.block_for) if blocked > now - OLDEST_S else 0.0,
        shared.trunk[:_LONGEST_TRUNK] if shared.trunk.isprintable() else "",
    )
    return Known(standing, cleared)


def write_standing(known: Known, *, version: int, ahead_s: float) -> SharedStanding:
    """Return it for the store, by the store's clock."""

    def moment(at: float) -> float:
        return at - ahead_s if at > 0.0 else 0.0

    own, cleared = known.standing, moment(known.cleared_at)
    if own is None:
        return SharedStanding(version, cleared_at=cleared)
    times = own.first_good, own.last_good, own.passed_at, own.blocked_until
    fields = moment(own.at), own.good, own.bad, *map(moment, times)
    return SharedStanding(version, fields, own.trunk, cleared)


def teaches(outcome: Outcome, settings: ReputationSettings) -> bool:
    """Say whether an outcome changes what is known of a caller."""
    of_challenge = outcome.event in (Event.CHALLENGE_PASSED, Event.CHALLENGE_FAILED)
    return of_challenge or is_served(outcome, settings)


def taught(
    known: Known, outcome: Outcome, settings: ReputationSettings, *, at: float, trunk: str = ""
) -> Known:
    """Return what is known after an outcome of `at`, told late or not, in whatever order."""
    before = known.standing
    if outcome.event is Event.CHALLENGE_PASSED:
        return _passed(known, outcome, settings, at=at, trunk=trunk)
    if outcome.event is not Event.CHALLENGE_FAILED:
        return Known(learned(before, outcome, settings, now=at, trunk=trunk), known.cleared_at)
    if at <= known.cleared_at:
        return known
    after = learned(before, outcome, settings, now=at)
    if before is None or after is None or at >= before.at:
        return Known(after, known.cleared_at)
    # It happened before what is known did, so some of it has faded since.
    left = 0.5 ** ((before.at - at) / settings.bad_half_life)
    bad = before.bad + (after.bad - before.bad) * left
    blocks = bad >= (settings.block_after - 0.5) * settings.failed_challenge
    until = after.blocked_until if blocks else before.blocked_until
    return Known(replace(after, bad=bad, blocked_until=until), known.cleared_at)


def cleared(known: Known, *, at: float) -> Known:
    """Return what is known once a person has cleared the caller at `at`."""
    standing = known.standing
    return Known(pardoned(standing) if standing else None, max(known.cleared_at, at))


def of_own(standing: Standing | None) -> Known:
    """Return what this edge alone knows: who passed was cleared then."""
    return Known(standing, standing.passed_at if standing else 0.0)


def united(theirs: Known, own: Known, settings: ReputationSettings, *, now: float) -> Known:
    """Return the store's word with what this edge knows beyond it, which the store may have lost.

    A block stands where it was made after the caller was last cleared, wherever that was.
    """
    since = max(theirs.cleared_at, own.cleared_at)
    if own.standing is None or theirs.standing is None:
        one = own.standing or theirs.standing
        return Known(_since(one, settings, since) if one else None, since)
    ours, said = decayed(own.standing, settings, now), decayed(theirs.standing, settings, now)
    ours, said = _since(ours, settings, since), _since(said, settings, since)
    firsts = [first for first in (ours.first_good, said.first_good) if first]
    holds = ours.blocked_until > max(said.blocked_until, now)
    newest = ours if ours.last_good > said.last_good else said
    return Known(
        Standing(
            max(ours.at, said.at),
            max(ours.good, said.good),
            max(ours.bad, said.bad) if holds else said.bad,
            min(firsts, default=0.0),
            max(ours.last_good, said.last_good),
            max(ours.passed_at, said.passed_at),
            max(ours.blocked_until, said.blocked_until),
            newest.trunk or said.trunk or ours.trunk,
        ),
        since,
    )


def adds_to(known: Known, theirs: Known, *, now: float) -> bool:
    """Say whether the store should be told: it lacks a block, a pass, or calls that were served."""
    ours, said = known.standing, theirs.standing
    if ours is None:
        return False
    if said is None:
        said = Standing(at=now)
    return (
        ours.blocked_until > max(said.blocked_until + _ADDS_S, now)
        or ours.passed_at > said.passed_at + _ADDS_S
        or ours.good > said.good + _ADDS_GOOD
    )


def _passed(
    known: Known, outcome: Outcome, settings: ReputationSettings, *, at: float, trunk: str
) -> Known:
    before, since = known.standing, max(known.cleared_at, at)
    after = learned(before, outcome, settings, now=at, trunk=trunk)
    if before is None or after is None:
        return Known(after, since)
    passed_at = max(before.passed_at, at)
    if _blocked_at(before, settings) <= at:
        return Known(replace(after, passed_at=passed_at), since)
    # It was blocked after this pass, which only was told later.
    return Known(replace(before, passed_at=passed_at), since)


def _since(standing: Standing, settings: ReputationSettings, cleared_at: float) -> Standing:
    """Return the standing without a block from before the caller was cleared."""
    blocked_at = _blocked_at(standing, settings)
    return pardoned(standing) if 0.0 < blocked_at <= cleared_at else standing


def _blocked_at(standing: Standing, settings: ReputationSettings) -> float:
    """Return when the caller was blocked last, 0 for never."""
    return standing.blocked_until - settings.block_for if standing.blocked_until else 0.0


def _moment(at: float, ahead_s: float, now: float) -> float:
    """Return a moment of the store by this edge's clock; 0 stays, nothing lies in the future."""
    if at <= 0.0:
        return 0.0
    return max(min(at + ahead_s, now), now - OLDEST_S)
