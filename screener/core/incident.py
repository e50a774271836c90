"""One incident: what came, whose it was, and what became of it, gathered call by call.

Unwanted calls are estimated: of a swollen crowd the share that people do not explain, and every
call that is refused for the limits on its own number. When an incident begins and ends is left
to `incident_watch`, the words for its marks to `incident_words`.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from screener.core.call import Call
from screener.core.heaviest import Heaviest
from screener.core.policy import Verdict
from screener.core.settings import Action, Treatment

MOST_CROWDS = 100
"""Crowds told apart in one incident; what would be more counts without a name."""
_PLACES = 16
_MINUTE_S = 60.0

_CHALLENGE, _DROP, _BUSY = Action.CHALLENGE, Action.DROP, Treatment.BUSY


class Ruled(StrEnum):
    """What was done with a call, as people would say it."""

    ADMIT = "admit"
    CHALLENGE = "challenge"
    BUSY = "busy"
    REFUSE = "refuse"


@dataclass(slots=True)
class CrowdPart:
    """What one crowd brought: its calls, those of them unwanted, what was done with them.

    `evenness` is the sum of `Crowd.unevenness` over `told` calls.
    """

    calls: int = 0
    unwanted: float = 0.0
    ruled: dict[Ruled, int] = field(default_factory=dict)
    evenness: float = 0.0
    told: int = 0

    @property
    def unevenness(self) -> float | None:
        """Spread of the gaps between calls over their mean; None where nothing is known of it."""
        return self.evenness / self.told if self.told else None


@dataclass(slots=True)
class Incident:
    """What is known of one incident; moments in seconds since 1970, `ended` None while it lasts.

    Counts by kind hold no kind that did not come. (To count in a `Counter` takes twice as long.)

    `calls` are all that came while it was felt, `unwanted` how many of them are estimated to be;
    `peak` is the most calls of one minute. `ruled` says what was done, `would` what enforcing
    would have done; `limited` calls were refused for limits on their own number. Of `numbers`
    the masked form is kept.
    """

    began: float
    ended: float | None = None
    calls: int = 0
    unwanted: float = 0.0
    limited: int = 0
    peak: int = 0
    ruled: dict[Ruled, int] = field(default_factory=dict)
    would: dict[Action, int] = field(default_factory=dict)
    challenges: dict[str, int] = field(default_factory=dict)
    crowds: dict[str, CrowdPart] = field(default_factory=dict)
    dids: Heaviest = field(default_factory=lambda: Heaviest(_PLACES))
    prefixes: Heaviest = field(default_factory=lambda: Heaviest(_PLACES))
    numbers: Heaviest = field(default_factory=lambda: Heaviest(_PLACES))
    _minute: int = 0
    _in_minute: int = 0

    @property
    def name(self) -> str:
        """Its id: the moment of its begin in UTC, such as `20261122-080012`."""
        return datetime.fromtimestamp(self.began, UTC).strftime("%Y%m%d-%H%M%S")

    def count(self, call: Call, verdict: Verdict) -> Ruled:
        """Count a call that came while the incident lasts; return what was done with it."""
        minute = int((call.arrived_at - self.began) / _MINUTE_S)
        if minute != self._minute:
            self._minute, self._in_minute = minute, 0
        self._in_minute += 1
        self.peak = max(self.peak, self._in_minute)
        self.calls += 1
        ruled = ruled_of(verdict)
        self.ruled[ruled] = self.ruled.get(ruled, 0) + 1
        self.would[verdict.would] = self.would.get(verdict.would, 0) + 1
        return ruled

    def blame(self, call: Call, key: str, unwanted: float, ruled: Ruled) -> CrowdPart:
        """Count a call as unwanted with so much certainty, in the crowd of that key."""
        self.unwanted += unwanted
        self.dids.add(call.did, unwanted)
        # A withheld call's prefix is kept back with its number.
        if call.caller.e164 and call.caller.prefix:
            self.prefixes.add(call.caller.prefix, unwanted)
        part = self.crowds.get(key)
        if part is None:
            name = key if len(self.crowds) < MOST_CROWDS else ""
            part = self.crowds.setdefault(name, CrowdPart())
        part.calls += 1
        part.unwanted += unwanted
        part.ruled[ruled] = part.ruled.get(ruled, 0) + 1
        return part


def ruled_of(verdict: Verdict) -> Ruled:
    """Return what a verdict does, as people would say it."""
    if verdict.action is _DROP:
        return Ruled.BUSY if verdict.treatment is _BUSY else Ruled.REFUSE
    return Ruled.CHALLENGE if verdict.action is _CHALLENGE else Ruled.ADMIT
