"""The call center itself: one loop over events, from the trunk by the screener to an operator.

A call takes a channel or finds none free; the defence rules on it; it is dropped, asked, or
waits in line until an operator is free or its caller has had enough, and who failed may dial
again. Who calls is left to `people` and `attackers`, the verdicts to the defence, the figures to
`judging`. No clock: a timer can be handed in to measure the defence.
"""

import heapq
import math
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from screener.core.settings import Action, Treatment
from screener.sim.attackers import AttackSource
from screener.sim.model import (
    Caller,
    CenterSite,
    Defence,
    End,
    PastCall,
    Pressed,
    Ruling,
    Scenario,
    Seen,
)
from screener.sim.people import PeopleSource
from screener.sim.result import Journey, Minute, Run

MIDNIGHT = 1_772_409_600.0
"""2026-03-02 00:00 UTC, a Monday: the day every scenario is played on."""

SEEN_EVERY_S = 5.0
REFUSED_HOLDS_S = 0.7
BUSY_HOLDS_S = 0.2
ANNOUNCED_HOLDS_S = 8.0
"""How long a dropped call keeps its channel, by how it is dropped."""

QUIET_JUDGED = (3600.0, 7200.0)
"""Whose first call is judged where neither an attack nor the scenario says so."""

Act = Callable[[float, Any], None]
"""What an event does, at its moment and to what."""

_ADMITTED = Ruling(Action.ADMIT, reason="fault")


class _Party:
    """A caller through all attempts; bots have no journey."""

    __slots__ = ("caller", "journey")

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.journey: Journey | None = None


class _Call:
    """One attempt that was not dropped; `waiting` while it stands in line."""

    __slots__ = ("call_id", "joined", "party", "ruling", "talk", "waiting")

    def __init__(self, call_id: str, party: _Party, ruling: Ruling) -> None:
        self.call_id = call_id
        self.party = party
        self.ruling = ruling
        self.joined = 0.0
        self.talk = 0.0
        self.waiting = False


def judged_window(scenario: Scenario) -> tuple[float, float]:
    """Return between which moments the first call of judged people falls."""
    if scenario.judged is not None:
        return scenario.judged
    spans = [(a.wave.begins, a.wave.begins + a.wave.lasts) for a in scenario.attacks]
    spans = spans or [(begins, begins + lasts) for begins, lasts, _ in scenario.rushes]
    if spans:
        return min(b for b, _ in spans), min(max(e for _, e in spans), scenario.lasts)
    return QUIET_JUDGED if scenario.lasts >= QUIET_JUDGED[1] else (0.0, scenario.lasts)


def play(
    scenario: Scenario,
    site: CenterSite,
    defence: Defence,
    seed: int,
    *,
    timer: Callable[[], float] | None = None,
) -> Run:
    """Play a scenario once; the same arguments give the same run.

    `timer` is a clock in seconds that measures each decision into `Run.decision_s`.
    """
    people = PeopleSource(site, scenario, seed)
    attacks = [AttackSource(attack, site, scenario, seed) for attack in scenario.attacks]
    sources: list[Iterable[tuple[float, Caller]]] = [people.arrivals()]
    sources.extend(attack.arrivals() for attack in attacks)
    callers = heapq.merge(*sources, key=itemgetter(0))
    run = new_run(scenario, site, defence, seed)
    return Center(site, defence, run, scenario.starts, timer).play(callers, people.past_calls())


def new_run(scenario: Scenario, site: CenterSite, defence: Defence, seed: int) -> Run:
    """Return a run in which nothing has happened yet."""
    return Run(
        scenario=scenario.name,
        defence=defence.name,
        seed=seed,
        lasts=scenario.lasts,
        judged=judged_window(scenario),
        operators=site.operators,
        minutes=[Minute() for _ in range(math.ceil(scenario.lasts / 60.0))],
    )


class Center:
    """Trunk, captcha lane, queue and operators of one run."""

    def __init__(
        self,
        site: CenterSite,
        defence: Defence,
        run: Run,
        starts: float = 0.0,
        timer: Callable[[], float] | None = None,
    ) -> None:
        self._site = site
        self._defence = defence
        self._run = run
        self._timer = timer
        self._epoch = MIDNIGHT + starts * 3600.0
        self._events: list[tuple[float, int, Act, object]] = []
        self._line: list[tuple[int, int, _Call]] = []
        self._waiting = 0
        self._count = 0
        self._channels = 0
        self._free = site.operators
        self._more = True
        self._redials = 0
        self._beyond = Minute()

    def play(self, callers: Iterable[tuple[float, Caller]], past: Sequence[PastCall] = ()) -> Run:
        """Play these first attempts, in order of time, to the last end of the last call."""
        self._defence.begin(self._site, self._epoch)
        if past:
            self._defence.learn(past, self._epoch)
        self._at(0.0, self._look, None)
        events = self._events
        for moment, caller in callers:
            while events and events[0][0] < moment:
                now, _, act, what = heapq.heappop(events)
                act(now, what)
            self._dial(moment, _Party(caller))
        self._more = False
        while events:
            now, _, act, what = heapq.heappop(events)
            act(now, what)
        return self._run

    def _at(self, moment: float, act: Act, what: object) -> None:
        self._count += 1
        heapq.heappush(self._events, (moment, self._count, act, what))

    def _look(self, now: float, _: object) -> None:
        site = self._site
        busy = site.operators - self._free
        minute = self._minute(now)
        minute.waiting, minute.channels, minute.operators_busy = self._waiting, self._channels, busy
        seen = Seen(self._waiting, busy, site.operators, self._channels, site.channels)
        try:
            self._defence.see(seen, self._epoch + now)
        except Exception:  # noqa: BLE001 - whatever a defence does, the calls go on
            self._run.faults += 1
        # Not while any event is left: how long those answered would have waited stays among them.
        if self._more or self._channels or self._redials:
            self._at(now + SEEN_EVERY_S, self._look, None)

    def _minute(self, now: float) -> Minute:
        place = int(now / 60.0)
        minutes = self._run.minutes
        return minutes[place] if place < len(minutes) else self._beyond

    def _dial(self, now: float, party: _Party) -> None:
        caller = party.caller
        if caller.person:
            if party.journey is None:
                party.journey = Journey(caller.group, now)
                self._run.journeys.append(party.journey)
            party.journey.attempts += 1
        else:
            self._run.bots.calls += 1
        if self._channels >= self._site.channels:
            self._note(now, party, "trunk-full")
            self._end(now, party, End.TRUNK_FULL)
            return
        self._channels += 1
        self._run.decisions += 1
        call_id = f"c{self._run.decisions}"
        ruling = self._rule(caller, call_id, now)
        if ruling.action is Action.DROP:
            self._drop(now, party, ruling.treatment)
            return
        call = _Call(call_id, party, ruling)
        if ruling.action is Action.ADMIT:
            self._note(now, party, "admit")
            self._join(now, call, ruling.priority)
        else:
            self._note(now, party, "challenge")
            pressed, after = caller.captcha()
            self._at(now + after, self._pressed, (call, pressed))

    def _rule(self, caller: Caller, call_id: str, now: float) -> Ruling:
        facts, timer = caller.facts(), self._timer
        begun = timer() if timer else 0.0
        try:
            ruling = self._defence.decide(facts, call_id, self._epoch + now, person=caller.person)
        except Exception:  # noqa: BLE001 - whatever a defence does, the call goes through
            self._run.faults += 1
            ruling = _ADMITTED
        if timer:
            self._run.decision_s.append(timer() - begun)
        return ruling

    def _drop(self, now: float, party: _Party, treatment: Treatment | None) -> None:
        if treatment is Treatment.BUSY:
            self._note(now, party, "busy")
            self._at(now + BUSY_HOLDS_S, self._dropped, (party, End.BUSY))
            return
        self._note(now, party, "refuse")
        holds = ANNOUNCED_HOLDS_S if treatment is Treatment.ANNOUNCE else REFUSED_HOLDS_S
        self._at(now + holds, self._dropped, (party, End.REFUSED))

    def _dropped(self, now: float, what: tuple[_Party, End]) -> None:
        self._channels -= 1
        self._end(now, *what)

    def _pressed(self, now: float, what: tuple[_Call, Pressed]) -> None:
        call, pressed = what
        if pressed is Pressed.PASSED:
            if not call.party.caller.person:
                self._run.bots.passed += 1
            self._tell(call, "challenge_passed", now)
            self._join(now, call, call.ruling.priority)
        elif pressed is Pressed.ABANDONED:
            self._tell(call, "challenge_abandoned", now)
            self._dropped(now, (call.party, End.CAPTCHA_ABANDONED))
        else:
            if call.party.journey is not None:
                call.party.journey.captcha_failed += 1
            self._tell(call, "challenge_failed", now)
            if call.ruling.priority_failed is None:
                self._dropped(now, (call.party, End.CAPTCHA_FAILED))
            else:
                self._join(now, call, call.ruling.priority_failed)

    def _join(self, now: float, call: _Call, priority: int) -> None:
        self._tell(call, "queue_joined", now)
        call.joined = now
        patience = call.party.caller.patience()
        if self._free:
            self._free -= 1
            self._answer(now, call)
            return
        call.waiting = True
        self._waiting += 1
        self._count += 1
        heapq.heappush(self._line, (-priority, self._count, call))
        if patience < math.inf:
            self._at(now + patience, self._leave, call)

    def _leave(self, now: float, call: _Call) -> None:
        if not call.waiting:
            return
        call.waiting = False
        self._waiting -= 1
        self._tell(call, "hangup", now)
        if call.party.journey is not None:
            call.party.journey.abandoned += 1
        self._dropped(now, (call.party, End.ABANDONED))

    def _answer(self, now: float, call: _Call) -> None:
        talk = call.talk = call.party.caller.talk()
        self._tell(call, "operator_answered", now)
        journey, run = call.party.journey, self._run
        if journey is None:
            begins, ends = run.judged
            run.bots.served += 1
            run.bots.stolen_s += max(0.0, min(now + talk, ends) - max(now, begins))
        else:
            journey.served_at = now
            journey.wait = now - call.joined
            run.talked_s += talk
            self._minute(now).waits.append(journey.wait)
        self._at(now + talk, self._hang_up, call)

    def _hang_up(self, now: float, call: _Call) -> None:
        self._tell(call, "hangup", now, call.talk)
        self._free += 1
        while self._free and self._waiting:
            _, _, following = heapq.heappop(self._line)
            if following.waiting:
                following.waiting = False
                self._waiting -= 1
                self._free -= 1
                self._answer(now, following)
        self._dropped(now, (call.party, End.SERVED))

    def _end(self, now: float, party: _Party, end: End) -> None:
        after = party.caller.again(end)
        if end is End.SERVED:
            # Who calls again after being served has a new matter, which is judged for itself.
            party.journey = None
        elif after is None and party.journey is not None:
            self._minute(now).missed += 1
        if after is not None:
            self._redials += 1
            self._at(now + after, self._dial_again, party)

    def _dial_again(self, now: float, party: _Party) -> None:
        self._redials -= 1
        self._dial(now, party)

    def _tell(self, call: _Call, event: str, now: float, talk: float = 0.0) -> None:
        try:
            self._defence.tell(call.call_id, event, talk, self._epoch + now)
        except Exception:  # noqa: BLE001 - whatever a defence does, the calls go on
            self._run.faults += 1

    def _note(self, now: float, party: _Party, what: str) -> None:
        journey, minute = party.journey, self._minute(now)
        if journey is None:
            minute.bots[what] += 1
            field = _BOTS_FIELDS[what]
            bots = self._run.bots
            setattr(bots, field, getattr(bots, field) + 1)
        else:
            minute.people[what] += 1
            if what != "admit":
                field = _JOURNEY_FIELDS[what]
                setattr(journey, field, getattr(journey, field) + 1)


_BOTS_FIELDS = {
    "trunk-full": "trunk_full",
    "admit": "admitted",
    "challenge": "challenged",
    "busy": "busied",
    "refuse": "refused",
}
_JOURNEY_FIELDS = {
    "trunk-full": "trunk_full",
    "challenge": "challenged",
    "busy": "busied",
    "refuse": "refused",
}
