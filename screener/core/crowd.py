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
_GAP_WEIGHT = 1.0 / 16.0
"""What one gap between two calls counts against all before it."""
_LEAST_GAPS = 24
"""From so many gaps on the cadence is told."""


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

    def fade(self, settings: CrowdSettings, now: float) -> None:
        """Bring all counts to the present; time never runs back in them."""
        age = now - self.at
        if age <= 0.0:
            return
        self.at = now
        self.fast *= exp(-age / settings.fast)
        self.slow *= exp(-age / settings.slow)
        self.usual *= 0.5 ** (age / settings.usual_half_life)
        if self.asked or self.busied:
            left = exp(-age / settings.tally)
            self.asked *= left
            self.passed *= left
            self.busied *= left
            self.returned *= left

    def called(self, now: float) -> None:
        """Count one call; the counts must have been brought to `now`."""
        self.fast += 1.0
        self.slow += 1.0
        gap = now - self.last_call
        if self.last_call and gap >= 0.0:
            weight = max(_GAP_WEIGHT, 1.0 / (self.gaps + 1))
            self.gap += (gap - self.gap) * weight
            self.square += (gap * gap - self.square) * weight
            self.gaps += 1
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
    return NEW if kind is CallerClass.VALID else kind.value
