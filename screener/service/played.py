"""The engine as a defence of the simulator: the very session that `screener pipe` drives.

Nothing here decides: what the simulator tells is put in the session's words and its decision in
the simulator's. `ruling` has the second half, which the stream's wire uses as well.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from math import exp

from screener.core.call import Facts
from screener.core.hours import zone_of
from screener.core.memory import Memory
from screener.core.outcome import Event, Outcome
from screener.core.settings import Settings, Site
from screener.service.ruling import ruling_of
from screener.service.stream import PastOutcome, StreamSession
from screener.service.stream import Seen as SeenAt
from screener.sim.model import CenterSite, PastCall, Ruling, Seen


class EngineDefence:
    """The engine under some settings, in enforce mode, with nothing known until it is told.

    `unheard` counts what could not be taken as it was told, such as an event of a call that the
    bounded tables have forgotten. The simulator's day begins at midnight of no zone in particular:
    here it is the midnight of the zone that the settings' opening hours are told in.
    """

    def __init__(
        self, name: str, settings: Settings, new_memory: Callable[[Settings], Memory]
    ) -> None:
        self.name = name
        self.unheard = 0
        self._site = settings.site
        self._zone = zone_of(settings.hours.timezone)
        self._later = 0.0
        self._session = StreamSession(settings, new_memory)

    def begin(self, site: CenterSite, now: float) -> None:
        """Start anew for a site; its size replaces the one in the settings."""
        ahead = datetime.fromtimestamp(now, self._zone).utcoffset()
        self._later = -ahead.total_seconds() if ahead else 0.0
        self._session.begin(now + self._later, size_of(site, self._site))

    def learn(self, past: Sequence[PastCall], now: float) -> None:
        """Learn from earlier days, oldest first; `at` in them counts from `now`."""
        begins = now + self._later
        self._session.learn(
            PastOutcome(call.number, begins + call.at, _outcome_of(call)) for call in past
        )

    def see(self, seen: Seen, now: float) -> None:
        """Take what the telephone side tells of its load."""
        self._session.see(
            SeenAt(
                now + self._later,
                seen.waiting,
                seen.operators_busy,
                seen.operators_total,
                seen.channels_in_use,
                seen.channels_total,
            )
        )

    def decide(self, facts: Facts, call_id: str, now: float, *, person: bool) -> Ruling:
        """Rule on a call; `person` is not looked at."""
        del person
        return ruling_of(self._session.decide(facts, call_id, now + self._later))

    def tell(self, call_id: str, event: str, talk_s: float, now: float) -> None:
        """Take an event of a call, in the words of the decision stream."""
        session = self._session
        session.tell(call_id, event, talk_s, now + self._later)
        if session.remarks:
            self.unheard += len(session.remarks)
            session.remarks.clear()

    def keys(self) -> int:
        """Return how many entries all bounded tables hold."""
        return self._session.keys()


def size_of(site: CenterSite, known: Site) -> Site:
    """Return the size of a simulated site as the settings have it; what it lacks is as known."""
    mean_service = site.service.median * exp(site.service.sigma**2 / 2.0)
    return replace(
        known, operators=site.operators, channels=site.channels, mean_service=mean_service
    )


def _outcome_of(call: PastCall) -> Outcome:
    return Outcome(Event.ANSWERED, call.talk) if call.answered else Outcome(Event.ABANDONED)
