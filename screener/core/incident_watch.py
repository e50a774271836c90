"""Notices when an attack begins and when it is over, from what every decision tells.

What counts are calls beyond what people bring. They fill a bucket that leaks as fast as a small
share of what the operators can take, and of all calls: one that runs over is no noise any more,
and what filled it is the incident (the test of Page, 1954). It is over once next to nothing was
left for minutes, so that pulses are one incident. Telling anybody is left to `service.incidents`.
"""

from collections import deque
from math import exp

from screener.core.crowd import Crowd
from screener.core.crowds import CrowdView
from screener.core.decision import Decision
from screener.core.demand import BY_WHO, Demand, share_of
from screener.core.incident import Incident
from screener.core.outcome import ENDS_OF_CHALLENGE, Event
from screener.core.settings import Action, Site
from screener.core.swelling import excess

FELT_SHARE = 0.1
"""Unwanted calls are felt from this share of what the operators can take on."""
FELT_OF_CALLS = 0.15
"""And from this share of all calls on: in a rush of people chance swells crowds, too."""
LEFT_SHARE = 0.5
"""What is less than this share of what is felt is as good as nothing: the incident fades."""
ENOUGH_CALLS = 10.0
"""So many unwanted calls beyond those let pass are no noise; a flood brings them in seconds."""
QUIET_S = 300.0
"""For so long next to nothing must be left: a flood may come back every few minutes."""
MOST_KEPT = 50
"""Incidents remembered after their end."""

_RATE_S = 30.0
_BEYOND_CHANCE = 2.0
"""Standard deviations of a crowd's calls in its fast window that are no excess."""
_DROP = Action.DROP


_BLOCKED = "challenge-block"
"""The signal of a number that is blocked for failing challenges."""


class IncidentWatch:
    """Follows the calls beyond the expected; `active` is the incident under way, or None.

    `recent` are those that ended, oldest first; `begun` counts all. It outlives the settings.
    """

    def __init__(self, site: Site) -> None:
        self.active: Incident | None = None
        self.recent: deque[Incident] = deque(maxlen=MOST_KEPT)
        self.begun = 0
        self._suspected: Incident | None = None
        self._bucket = 0.0
        self._rate = 0.0
        self._all = 0.0
        self._now = 0.0
        self._felt_until = 0.0
        self._felt = 0.0
        self.reconfigure(site)

    def reconfigure(self, site: Site) -> None:
        """Take another size of the site."""
        self._felt = FELT_SHARE * site.operators / site.mean_service

    def excess_per_s(self, now: float) -> float:
        """Return how many unwanted calls come just now, 1/s, over about half a minute."""
        return self._rate / _RATE_S * exp(-max(now - self._now, 0.0) / _RATE_S)

    def saw(
        self,
        decision: Decision,
        view: CrowdView,
        demand: Demand | None,
        crowds: dict[str, Crowd],
        *,
        limited: bool,
        redials: bool = False,
    ) -> None:
        """Take a decision on a call that came; `limited` says that its own number is over a limit.

        Who `redials` after a busy tone, as told to, is no new call of its crowd. `crowds` are
        those of the memory, by key.
        """
        call, verdict = decision.call, decision.verdict
        limited = verdict.would is _DROP and (limited or _BLOCKED in verdict.reasons)
        unwanted = 1.0 if limited else 0.0 if redials else unwanted_share(view, demand, crowds)
        self.pass_time(call.arrived_at)
        self._bucket = max(self._bucket + unwanted - FELT_OF_CALLS, 0.0)
        self._all += 1.0
        if unwanted > 0.0:
            self._rate += unwanted
            if self._bucket > 0.0 and self.active is None and self._suspected is None:
                self._suspected = Incident(call.arrived_at)
        incident = self.active or self._suspected
        if incident is None or (unwanted <= 0.0 and self.active and not self._is_felt):
            return
        ruled = incident.count(call, verdict)
        if unwanted <= 0.0:
            return
        if self._is_felt:
            self._felt_until = self._now
        part = incident.blame(call, view.key, unwanted, ruled)
        crowd = crowds.get(view.key)
        uneven = crowd.unevenness if crowd else None
        if uneven is not None:
            part.evenness += uneven
            part.told += 1
        if limited:
            incident.limited += 1
            incident.numbers.add(call.caller.masked, 1.0)
        if self._suspected is not None and self._bucket >= ENOUGH_CALLS:
            self._begin(self._suspected)

    def told(self, event: Event) -> None:
        """Take what became of a challenge."""
        incident = self.active or self._suspected
        if incident is not None and event in ENDS_OF_CHALLENGE:
            name, told = event._value_, incident.challenges
            told[name] = told.get(name, 0) + 1

    def pass_time(self, now: float) -> None:
        """Let time pass without a call; time never runs back."""
        seconds = now - self._now
        if seconds <= 0.0:
            return
        self._now = now
        fading = exp(-seconds / _RATE_S)
        self._rate *= fading
        self._all *= fading
        if self.active is not None:
            if now - self._felt_until >= QUIET_S:
                self._end(self.active)
            return
        self._bucket = max(self._bucket - self._felt * seconds, 0.0)
        if self._bucket <= 0.0:
            self._suspected = None

    @property
    def _is_felt(self) -> bool:
        felt = max(self._felt * _RATE_S, FELT_OF_CALLS * self._all)
        return self._rate > LEFT_SHARE * felt

    def _begin(self, incident: Incident) -> None:
        self.active, self._suspected = incident, None
        self._felt_until = self._now
        self.begun += 1

    def _end(self, incident: Incident) -> None:
        incident.ended = max(self._felt_until, incident.began)
        self.recent.append(incident)
        self.active = None
        self._bucket = 0.0


def unwanted_share(view: CrowdView, demand: Demand | None, crowds: dict[str, Crowd]) -> float:
    """Return which share of its crowd's calls just now people do not explain; 0 where it is calm.

    Doubt outlasts an attack by the slow window. What comes now is told by the fast one alone.
    """
    if demand is None or view.points <= 0.0:
        return 0.0
    key = view.key
    if key not in demand.swollen:
        key = BY_WHO + view.who
        if key not in demand.swollen:
            return 0.0
    crowd = crowds.get(key)
    if crowd is None or crowd.fast <= 0.0:
        return 0.0
    share = share_of(key, crowd, crowd.fast, demand.usual_calls, demand.known)
    return excess(share, demand.fast, _BEYOND_CHANCE) / crowd.fast
