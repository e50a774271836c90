"""The hurried day in the simulator: the same callers, the same settings, no wire and no sound.

The simulator's center plays the day's own seconds and the engine lives in hurried ones, as the
agent does beside a real Asterisk. A captcha lasts as long as it did there.
"""

from collections.abc import Mapping, Sequence

from screener.core.call import Facts
from screener.core.settings import Action, Settings, Treatment
from screener.service.played import EngineDefence
from screener.sim.center import Center, new_run
from screener.sim.model import CenterSite, PastCall, Pressed, Ruling, Seen
from screener.storage.new_memory import new_memory
from tests.bench.day_people import Day, DayClock
from tests.bench.day_plan import HURRY, Plan, hurried_site


def simulate(
    plan: Plan, settings: Settings, captcha_s: Mapping[Pressed, float], hurry: float = HURRY
) -> Day:
    """Play the day, `hurry` times as fast for the engine.

    `captcha_s` is how long a captcha takes by its end, in seconds that are not hurried; as long
    as the site's people take where it is not told.
    """
    takes = {pressed: taken * hurry for pressed, taken in captcha_s.items()}
    day = Day(DayClock(plan.lasts), captcha_takes=takes)
    defence = _Hurried(settings, day, hurry)
    run = new_run(plan.scenario, plan.site, defence, plan.seed)
    center = Center(plan.site, defence, run, plan.scenario.starts)
    callers = ((moment, day.watch(caller, moment)) for moment, caller in plan.callers())
    center.play(callers, plan.past_calls())
    for minute in run.minutes:
        day.people["trunk-full"] += minute.people["trunk-full"]
        day.bots["trunk-full"] += minute.bots["trunk-full"]
    day.bots_passed = run.bots.passed
    day.incidents = defence.incidents()
    return day


class _Hurried:
    """The engine, to which all moments are told so many times as close to each other."""

    name = "policy"

    def __init__(self, settings: Settings, day: Day, hurry: float) -> None:
        self._engine = EngineDefence(self.name, settings, new_memory)
        self._day = day
        self._hurry = hurry
        self._began = 0.0

    def incidents(self) -> int:
        return self._engine._session._current_engine().incidents.begun

    def begin(self, site: CenterSite, now: float) -> None:
        self._began = now
        self._engine.begin(hurried_site(site, self._hurry), now)

    def learn(self, past: Sequence[PastCall], now: float) -> None:
        self._engine.learn(past, now)

    def see(self, seen: Seen, now: float) -> None:
        self._engine.see(seen, self._moment(now))

    def decide(self, facts: Facts, call_id: str, now: float, *, person: bool) -> Ruling:
        ruling = self._engine.decide(facts, call_id, self._moment(now), person=person)
        if self._day.dialling is not None:
            self._day.note(self._day.dialling, _word_of(ruling), now - self._began)
        return ruling

    def tell(self, call_id: str, event: str, talk_s: float, now: float) -> None:
        self._engine.tell(call_id, event, talk_s / self._hurry, self._moment(now))

    def _moment(self, now: float) -> float:
        self._day.clock.now = now - self._began
        return self._began + (now - self._began) / self._hurry


def _word_of(ruling: Ruling) -> str:
    if ruling.action is not Action.DROP:
        return ruling.action.value
    return "busy" if ruling.treatment is Treatment.BUSY else "refuse"
