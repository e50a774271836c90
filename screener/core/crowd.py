"""One crowd: callers alike in what an attacker must choose, counted as of now and as usual.

A crowd is named by what is known of its callers (`who_of`), together with attestation and trunk,
prefix or called number. Its counts fade by themselves. Which crowds a call belongs to is left to
`crowds`, what a crowd above its usual share means to `swelling` and `worth`.
"""

from dataclasses import dataclass
from math import exp, sqrt

from screener.core.call import Call
from screener.core.number import CallerClass
from screener.core.reputation import Standing
from screener.core.settings import CrowdSettings

KNOWN, NEW = "known", "new"

_LEAST_GOOD = 0.5
"""How much of one served call must be left for its caller to be known here."""
_ALL_ALIKE = 16
"""So many gaps between two calls count alike."""
_GAP_WEIGHT = 1.0 / _ALL_ALIKE
"""What one more counts against all before it."""
_LEAST_GAPS = 24
"""From so many gaps on the cadence is told."""


class Fading:
    """What is left of each count after the age asked for last.

    Crowds are brought to the present together, and most were left at the same moment: one
    reckoning then serves all of them.
    """

    __slots__ = ("_settings", "age", "fast", "slow", "usual")

    def __init__(self, settings: CrowdSettings) -> None:
        self._settings = settings
        self.reckon(0.0)

    def reckon(self, age: float) -> None:
        """Take another age, seconds."""
        settings = self._settings
        self.age = age
        self.fast = exp(-age / settings.fast)
        self.slow = exp(-age / settings.slow)
        self.usual: float = 0.5 ** (age / settings.usual_half_life)

    @property
    def tally(self) -> float:
        """What is left of a count of challenges or busy tones; few crowds have any."""
        return exp(-self.age / self._settings.tally)


@dataclass(slots=True)
class Crowd:
    """Counts as of `at` (seconds since 1970).

    `fast` and `slow` count the calls of the two windows, `usual` those that taught what is usual.
    `asked` and `passed` count challenges, `busied` callers told busy for the first time and
    `returned` those of them who called again; these fade over the `tally` time. `gap` and
    `square` are the mean gap between two calls (s) and its mean square, over `gaps` gaps.
    """

    at: float = 0.0
    fast: float = 0.0
    slow: float = 0.0
    usual: float = 0.0
    asked: float = 0.0
    passed: float = 0.0
    busied: float = 0.0
    returned: float = 0.0
    last_call: float = 0.0
    gap: float = 0.0
    square: float = 0.0
    gaps: int = 0

    def fade(self, fading: Fading, now: float) -> None:
        """Bring all counts to the present; time never runs back in them."""
        age = now - self.at
        if age <= 0.0:
            return
        if age != fading.age:
            fading.reckon(age)
        self.at = now
        self.fast *= fading.fast
        self.slow *= fading.slow
        self.usual *= fading.usual
        if self.asked or self.busied or self.returned:
            left = fading.tally
            self.asked *= left
            self.passed *= left
            self.busied *= left
            self.returned *= left

    def called(self, fading: Fading, now: float, lesson: float = 0.0) -> None:
        """Count one call at `now`, which teaches so much of what is usual."""
        if now > self.at:
            self.fade(fading, now)
        self.fast += 1.0
        self.slow += 1.0
        self.usual += lesson
        gap = now - self.last_call
        if self.last_call and gap >= 0.0:
            self.gaps += 1
            weight = 1.0 / self.gaps if self.gaps < _ALL_ALIKE else _GAP_WEIGHT
            self.gap += (gap - self.gap) * weight
            self.square += (gap * gap - self.square) * weight
        self.last_call = now

    @property
    def unevenness(self) -> float | None:
        """Spread of the gaps over their mean: 0 even as a clock's, 1 as people's; None = few yet.

        Of a Poisson stream, as independent callers make it, it is 1 (Cox & Lewis, 1966).
        """
        if self.gaps < _LEAST_GAPS or self.gap <= 0.0:
            return None
        return sqrt(max(self.square - self.gap * self.gap, 0.0)) / self.gap


def who_of(call: Call, standing: Standing | None, known_after: float) -> str:
    """Return what is known of a caller: a customer of before, a new number, or no such at all.

    One is known from `known_after` seconds after its first served call on, so that nobody gets
    among them in the time of one attack.
    """
    if (
        standing is not None
        and call.caller.identity
        and standing.good >= _LEAST_GOOD
        and standing.first_good
        and call.arrived_at - standing.first_good >= known_after
    ):
        return KNOWN
    kind = call.caller.kind
    return NEW if kind is CallerClass.VALID else kind._value_
