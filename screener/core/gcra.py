"""The rate limit arithmetic: the generic cell rate algorithm on one stored number per window.

GCRA (ITU-T I.371, 1996, as virtual scheduling) keeps for each key the *theoretical arrival
time* (TAT): the moment up to which the calls so far have used up the allowance. `check` says
what a call would find, `spend` what it leaves behind; neither stores anything. Which keys a
call is counted under is `limits`' business.
"""

from dataclasses import dataclass

from screener.core.settings import Window


@dataclass(frozen=True, slots=True)
class Check:
    """What a window says of one more call: `retry_in` seconds until it has room, 0 if it has."""

    allowed: bool
    remaining: int
    retry_in: float


def check(window: Window, tat: float, now: float) -> Check:
    """Look without spending. A key never seen has a `tat` of 0."""
    interval = window.per / window.calls
    backlog = max(tat - now, 0.0)
    # A backlog beyond the window means that the clock or the window changed: it is full, no more.
    room = window.per - min(backlog, window.per)
    # A thousandth of a call absorbs the rounding of large times (epoch seconds as floats).
    left = int(room / interval + 1e-3)
    return Check(left > 0, left, 0.0 if left > 0 else interval - room)


def spend(window: Window, tat: float, now: float) -> float:
    """Return the new TAT after one more call; a call over the limit spends nothing."""
    if not check(window, tat, now).allowed:
        return min(tat, now + window.per)
    return max(tat, now) + window.per / window.calls
