"""What a caller's earlier calls say of it: evidence that decays, earned only from outcomes.

A `Standing` is learned from what became of calls (`outcome`), never from attempts: a refused
call is no evidence. Good evidence fades over weeks, bad evidence over minutes, so that whoever
was framed by a spoofed number is soon clear again. What it weighs is left to `signals`.
"""

from dataclasses import replace

from screener.core.outcome import Event, Outcome
from screener.core.records import record
from screener.core.settings import ReputationSettings


@record
class Standing:
    """One caller's evidence, decayed to the moment `at` (seconds since 1970).

    `good` counts calls that an operator talked with, `bad` failed challenges. `first_good` and
    `last_good` span the served calls, `passed_at` is the last passed challenge (0 = never).
    `trunk` is where the last served call came in, empty where that was not told.
    """

    at: float
    good: float = 0.0
    bad: float = 0.0
    first_good: float = 0.0
    last_good: float = 0.0
    passed_at: float = 0.0
    trunk: str = ""


def decayed(standing: Standing, settings: ReputationSettings, now: float) -> Standing:
    """Return the standing as it is at `now`; time never runs back in it."""
    age = now - standing.at
    if age <= 0.0:
        return standing
    return Standing(
        now,
        standing.good * 0.5 ** (age / settings.good_half_life),
        standing.bad * 0.5 ** (age / settings.bad_half_life),
        standing.first_good,
        standing.last_good,
        standing.passed_at,
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
        case Event.ANSWERED if outcome.talk_s >= settings.least_talk:
            return replace(
                before,
                good=before.good + 0.5 ** (max(before.at - now, 0.0) / settings.good_half_life),
                # Calls of earlier days may be learned after later ones.
                first_good=min(before.first_good or now, now),
                last_good=max(before.last_good, now),
                trunk=trunk or before.trunk,
            )
        case Event.CHALLENGE_PASSED:
            # Who passes is cleared: a victim of spoofing is one challenge away from its good name.
            return replace(before, passed_at=now, bad=0.0, trunk=trunk or before.trunk)
        case Event.CHALLENGE_FAILED:
            return replace(before, bad=before.bad + settings.failed_challenge)
        case _:
            return standing


def pardoned(standing: Standing) -> Standing:
    """Return the standing without what speaks against the caller."""
    return replace(standing, bad=0.0)


def passed_lately(standing: Standing, settings: ReputationSettings, now: float) -> bool:
    """Say whether a passed challenge is still remembered."""
    return standing.passed_at > 0.0 and now - standing.passed_at < settings.pass_ttl


def is_known(standing: Standing, settings: ReputationSettings, now: float) -> bool:
    """Say whether the caller is known-good: served on more than one day, and not long ago.

    One served call earns nothing lasting, so a bot that once got through is not protected.
    """
    spans = standing.last_good - standing.first_good >= settings.known_after
    return spans and decayed(standing, settings, now).good >= 1.0
