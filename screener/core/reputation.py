"""What a caller's earlier calls say of it: evidence that decays, earned only from outcomes.

A `Standing` is learned from what became of calls (`outcome`), never from attempts: a refused
call is no evidence, and a caller who pressed no key none either: rotary telephones and relay
services are silent. Good evidence fades over weeks, bad evidence over minutes, so that whoever
was framed by a spoofed number is soon clear again. What it weighs is left to `signals`.
"""

from dataclasses import replace

from screener.core.outcome import Event, Outcome
from screener.core.records import record
from screener.core.settings import ReputationSettings

_LEAST_ADDED_UP = 2
"""Failed challenges that add up where fewer make a block, or none ever."""


@record
class Standing:
    """One caller's evidence, decayed to the moment `at` (seconds since 1970).

    `good` counts calls that an operator talked with, `bad` failed challenges. `first_good` and
    `last_good` span the served calls, `passed_at` is the last passed challenge (0 = never). Until
    `blocked_until` the caller is blocked for failing challenges (0 = it is not). `trunk` is where
    the last served call came in, empty where that was not told.
    """

    at: float
    good: float = 0.0
    bad: float = 0.0
    first_good: float = 0.0
    last_good: float = 0.0
    passed_at: float = 0.0
    blocked_until: float = 0.0
    trunk: str = ""


def decayed(standing: Standing, settings: ReputationSettings, now: float) -> Standing:
    """Return the standing as it is at `now`; time never runs back in it."""
    age = now - standing.at
    if age <= 0.0:
        return standing
    return Standing(
        now,
        _good_at(standing, settings, now),
        standing.bad * 0.5 ** (age / settings.bad_half_life),
        standing.first_good,
        standing.last_good,
        standing.passed_at,
        standing.blocked_until,
        standing.trunk,
    )


def learned(
    standing: Standing | None,
    outcome: Outcome,
    settings: ReputationSettings,
    *,
    now: float,
    trunk: str = "",
) -> Standing | None:
    """Return the standing after an outcome, or None where it taught nothing of a stranger."""
    before = decayed(standing or Standing(at=now), settings, now)
    match outcome.event:
        case Event.ANSWERED if is_served(outcome, settings):
            # Calls of earlier days may be learned after later ones.
            return Standing(
                before.at,
                before.good + 0.5 ** (max(before.at - now, 0.0) / settings.good_half_life),
                before.bad,
                min(before.first_good or now, now),
                max(before.last_good, now),
                before.passed_at,
                before.blocked_until,
                trunk or before.trunk,
            )
        case Event.CHALLENGE_PASSED:
            # Who passes is cleared: a victim of spoofing is one challenge away from its good name.
            cleared = pardoned(before)
            return replace(cleared, passed_at=now, trunk=trunk or before.trunk)
        case Event.CHALLENGE_FAILED:
            return _failed(before, settings, now)
        case _:
            return standing


def is_served(outcome: Outcome, settings: ReputationSettings) -> bool:
    """Say whether an operator talked so long with the caller that it counts as served."""
    return outcome.event is Event.ANSWERED and outcome.talk_s >= settings.least_talk


def pardoned(standing: Standing) -> Standing:
    """Return the standing without what speaks against the caller."""
    return replace(standing, bad=0.0, blocked_until=0.0)


def is_blocked(standing: Standing, settings: ReputationSettings, now: float) -> bool:
    """Say whether the caller is blocked for challenges that it failed shortly one after another."""
    return now < standing.blocked_until and settings.block_after > 0


def passed_lately(standing: Standing, settings: ReputationSettings, now: float) -> bool:
    """Say whether a passed challenge is still remembered."""
    return standing.passed_at > 0.0 and now - standing.passed_at < settings.pass_ttl


def is_known(standing: Standing, settings: ReputationSettings, now: float) -> bool:
    """Say whether the caller is known-good: served on more than one day, and not long ago.

    One served call earns nothing lasting, so a bot that once got through is not protected.
    """
    spans = standing.last_good - standing.first_good >= settings.known_after
    return spans and _good_at(standing, settings, now) >= 1.0


def usual_calls(standing: Standing, settings: ReputationSettings, now: float, per: float) -> float:
    """Return how many served calls a known caller usually makes in `per` seconds, 0 of a new one.

    A switchboard, a clinic or a shelter is many people behind one number.
    """
    span = standing.last_good - standing.first_good
    if span < settings.known_after or span <= 0.0:
        return 0.0
    return _good_at(standing, settings, now) * per / span


def _good_at(standing: Standing, settings: ReputationSettings, now: float) -> float:
    """Return what is left at `now` of the served calls."""
    age = now - standing.at
    return standing.good if age <= 0.0 else standing.good * 0.5 ** (age / settings.good_half_life)


def _failed(before: Standing, settings: ReputationSettings, now: float) -> Standing:
    """Return the standing after one more failed challenge.

    It blocks where, with it, all but half a failure of `block_after` is left: with two, where the
    one before is at most one `bad_half_life` ago. Only a challenge can be failed, so nobody is
    blocked for longer by attempts that were refused.

    More failures than make a block are not added up: whoever's number was used for ten thousand
    of them is clear again as soon as who failed twice.
    """
    one = settings.failed_challenge
    most = max(settings.block_after, _LEAST_ADDED_UP) * one
    # What was more under other settings fades, and is not cut.
    bad = max(before.bad, min(before.bad + one, most))
    blocks = settings.block_after > 0 and bad >= (settings.block_after - 0.5) * one > 0.0
    until = max(before.blocked_until, now + settings.block_for) if blocks else before.blocked_until
    return Standing(
        before.at,
        before.good,
        bad,
        before.first_good,
        before.last_good,
        before.passed_at,
        until,
        before.trunk,
    )
