"""Who was told busy and calls again: few times it is as people do, often it is as machines do.

Kept apart from the reputation, in a table of its own: refused numbers, which anybody may make up,
then push nobody's good name out. What it weighs is left to `signals`.
"""

from screener.core.settings import ReputationSettings

Busied = tuple[float, ...]
"""When a caller was last told busy, oldest first, seconds since 1970."""

MOST_BUSIED = 5
"""How often within `redial_within` a person takes a busy signal and calls again."""


def busied_again(before: Busied | None, now: float) -> Busied:
    """Return what is kept of a caller after it was told busy at `now`."""
    return (*before[-MOST_BUSIED:], now) if before else (now,)


def is_redial(busied: Busied | None, settings: ReputationSettings, now: float) -> bool:
    """Say whether a call at `now` is a person's redial after a busy signal."""
    if not busied or not settings.redial_after <= now - busied[-1] <= settings.redial_within:
        return False
    return sum(now - at <= settings.redial_within for at in busied) <= MOST_BUSIED
