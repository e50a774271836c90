"""The rate limit arithmetic: the generic cell rate algorithm on one stored number per window.

GCRA (ITU-T I.371, 1996, as virtual scheduling) keeps for each key the *theoretical arrival
time* (TAT): the moment up to which the calls so far have used up the allowance. `check` says
what a call would find, `spend` what it leaves behind; neither stores anything. Which keys a
call is counted under is `limits`' business.
"""

from typing import NamedTuple

from screener.core.settings import Window

_SLACK = 1e-3
"""A thousandth of a call absorbs the rounding of large times (epoch seconds as floats)."""


class Check(NamedTuple):
    """What a window says of one more call: `retry_in` seconds until it has room, 0 if it has."""

    allowed: bool
    remaining: int
    retry_in: float


def check(window: Window, tat: float, now: float) -> Check:
    """Look without spending. A key never seen has a `tat` of 0."""
    interval = window.per / window.calls
    room = _room(window, tat, now)
    left = int(room / interval + _SLACK)
    return Check(left > 0, left, 0.0 if left > 0 else interval - room)


def is_full(window: Window, tat: float, now: float) -> bool:
    """Say whether one more call would be over the limit; the quick form of `check`."""
    return _room(window, tat, now) / (window.per / window.calls) + _SLACK < 1.0


def spend(window: Window, tat: float, now: float) -> float:
    """Return the new TAT after one more call; a call over the limit spends nothing."""
    if tat <= now:
        return now + window.per / window.calls
    if is_full(window, tat, now):
        return min(tat, now + window.per)
    return tat + window.per / window.calls


def _room(window: Window, tat: float, now: float) -> float:
    """Return the seconds of the window that are not used up."""
    backlog = tat - now
    if backlog <= 0.0:
        return window.per
    # A backlog beyond the window means that the clock or the window changed: it is full, no more.
    return window.per - backlog if backlog < window.per else 0.0
