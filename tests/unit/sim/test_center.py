from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise

import pytest

from screener.core.call import Facts
from screener.core.settings import Action, Treatment
from screener.sim.center import Center, judged_window, new_run, play
from screener.sim.chance import chances, moments
from screener.sim.defences import DEFENCES, CaptchaForAll, NoDefence, Truth
from screener.sim.erlang import erlang_a, erlang_c, erlang_c_wait
from screener.sim.model import (
    Attack,
    Caller,
    CenterSite,
    End,
    Lognormal,
    Numbers,
    PastCall,
    Pressed,
    Redial,
    Ruling,
    Scenario,
    Seen,
    Solving,
    Wave,
)
from screener.sim.result import Run

SITE = CenterSite("small", 5, 14, (90.0,) * 10, service=Lognormal(112.4, 0.953), history_days=1)
FLOOD = Attack(
    "flood",
    Wave(2000.0, 600.0, 600.0),
    solving=Solving.SOLVE,
    solves=0.3,
    redial_busy=Redial(0.5, Lognormal(5.0, 0.2)),
    redial_refused=Redial(0.5, Lognormal(5.0, 0.2)),
)
DAY = Scenario("flood", "small", "", (FLOOD,), lasts=2400.0)


@dataclass
class Scripted:
    """A caller that does as it is told and notes how each attempt ended."""

    talks: float = 10.0
    waits: float = 1e9
    presses: tuple[Pressed, float] = (Pressed.PASSED, 13.0)
    redials: list[float] = field(default_factory=list)
    person: bool = True
    group: str = "unknown"
    ends: list[End] = field(default_factory=list)

    def facts(self) -> Facts:
        return Facts(number="+16125550100")

    def captcha(self) -> tuple[Pressed, float]:
        return self.presses

    def patience(self) -> float:
        return self.waits

    def talk(self) -> float:
        return self.talks

    def again(self, end: End) -> float | None:
        self.ends.append(end)
        return self.redials.pop(0) if self.redials else None


class Listening(NoDefence):
    """Gives its rulings in turn (the last one for good) and keeps all that it is told."""

    name = "listening"

    def __init__(self, *rulings: Ruling) -> None:
        self.rulings = list(rulings) or [Ruling(Action.ADMIT)]
        self.told: list[tuple[str, str, float]] = []
        self.loads: list[tuple[float, Seen]] = []
        self.past: list[PastCall] = []
        self.moments: list[float] = []

    def learn(self, past: Sequence[PastCall], now: float) -> None:
        self.past.extend(past)
        self.moments.append(now)

    def see(self, seen: Seen, now: float) -> None:
        self.loads.append((now, seen))
        self.moments.append(now)

    def decide(self, facts: Facts, call_id: str, now: float, *, person: bool) -> Ruling:
        assert facts.number or facts.presentation
        assert person in {True, False}
        self.told.append((call_id, "call", 0.0))
        self.moments.append(now)
        return self.rulings.pop(0) if len(self.rulings) > 1 else self.rulings[0]

    def tell(self, call_id: str, event: str, talk_s: float, now: float) -> None:
        self.told.append((call_id, event, talk_s))
        self.moments.append(now)

    def of(self, call_id: str) -> list[str]:
        return [event for told, event, _ in self.told if told == call_id]


def _play(callers: list[tuple[float, Caller]], defence: NoDefence, **site: int) -> Run:
    small = replace(SITE, **site)  # type: ignore[arg-type] # operators and channels are counts
    run = new_run(replace(DAY, attacks=()), small, defence, 1)
    return Center(small, defence, run).play(callers)


@pytest.mark.parametrize("name", DEFENCES)
def test_every_call_ends_once_and_everything_is_given_back(name: str) -> None:
    run = new_run(DAY, SITE, DEFENCES[name](), 1)
    played = play(DAY, SITE, DEFENCES[name](), 1)
    bots = played.bots

    decided = bots.calls - bots.trunk_full
    assert bots.admitted + bots.challenged + bots.busied + bots.refused == decided
    people = sum(one.attempts - one.trunk_full for one in played.journeys)
    assert played.decisions == decided + people
    assert played.faults == 0
    assert len(played.minutes) == len(run.minutes) == 40


def test_a_center_is_empty_when_its_last_call_has_ended() -> None:
    callers: list[tuple[float, Caller]] = [
        (float(at), Scripted(waits=20.0 + at % 50, talks=30.0, redials=[5.0, 5.0]))
        for at in range(300)
    ]
    defence = Listening()
    small = replace(SITE, operators=3, channels=20)
    center = Center(small, defence, new_run(DAY, small, defence, 1))

    run = center.play(callers)

    assert (center._channels, center._free, center._waiting) == (0, 3, 0)
    ends = [end for _, caller in callers if isinstance(caller, Scripted) for end in caller.ends]
    assert len(ends) == sum(one.attempts for one in run.journeys)
    counts = Counter(ends)
    assert counts[End.TRUNK_FULL] == sum(one.trunk_full for one in run.journeys) > 0
    assert counts[End.ABANDONED] == sum(one.abandoned for one in run.journeys) > 0
    assert counts[End.SERVED] > 0


def test_the_same_seed_gives_the_same_run() -> None:
    assert asdict(play(DAY, SITE, CaptchaForAll(), 3)) == asdict(
        play(DAY, SITE, CaptchaForAll(), 3)
    )
    assert asdict(play(DAY, SITE, CaptchaForAll(), 3)) != asdict(
        play(DAY, SITE, CaptchaForAll(), 4)
    )


def test_who_first_calls_and_when_does_not_depend_on_the_defence() -> None:
    once = replace(SITE, people=replace(SITE.people, after_service=Redial(0.0, Lognormal(1, 1))))

    def first(defence: NoDefence) -> list[tuple[float, str]]:
        return [(one.first_at, one.group) for one in play(DAY, once, defence, 2).journeys]

    assert first(NoDefence()) == first(Truth()) == first(CaptchaForAll())


def test_a_full_trunk_screens_nobody() -> None:
    first, second = Scripted(talks=100.0), Scripted()
    defence = Listening()

    run = _play([(0.0, first), (1.0, second)], defence, channels=1)

    assert second.ends == [End.TRUNK_FULL]
    assert run.decisions == 1
    assert [call_id for call_id, event, _ in defence.told if event == "call"] == ["c1"]
    assert run.journeys[1].trunk_full == 1
    assert run.minutes[0].people["trunk-full"] == 1
    assert run.minutes[0].missed == 1


@pytest.mark.parametrize(
    ("treatment", "end", "holds"),
    [
        (Treatment.BUSY, End.BUSY, 0.2),
        (Treatment.REFUSE, End.REFUSED, 0.7),
        (None, End.REFUSED, 0.7),
        (Treatment.ANNOUNCE, End.REFUSED, 8.0),
    ],
)
def test_a_dropped_call_keeps_its_channel_for_its_time_and_has_no_events(
    treatment: Treatment | None, end: End, holds: float
) -> None:
    dropped, sooner, later = Scripted(), Scripted(), Scripted()
    defence = Listening(Ruling(Action.DROP, treatment=treatment), Ruling(Action.ADMIT))

    _play([(0.0, dropped), (holds - 0.01, sooner), (holds + 0.01, later)], defence, channels=1)

    assert dropped.ends == [end]
    assert defence.of("c1") == ["call"]
    assert sooner.ends == [End.TRUNK_FULL]
    assert later.ends == [End.SERVED]


def test_larger_priority_is_served_sooner_and_first_come_within_one() -> None:
    rulings = [Ruling(Action.ADMIT, priority=at) for at in (5, 1, 5, 9, 5)]
    callers: list[tuple[float, Caller]] = [(float(at), Scripted(talks=100.0)) for at in range(5)]

    run = _play(callers, Listening(*rulings), operators=1)

    served = [one.served_at for one in run.journeys]
    assert served == [0.0, 400.0, 200.0, 100.0, 300.0]
    assert [one.wait for one in run.journeys] == [0.0, 399.0, 198.0, 97.0, 296.0]


@pytest.mark.parametrize(
    ("presses", "failed", "events", "end"),
    [
        (Pressed.PASSED, None, ["challenge_passed", "queue_joined"], End.SERVED),
        (Pressed.FAILED, None, ["challenge_failed"], End.CAPTCHA_FAILED),
        (Pressed.SILENT, None, ["challenge_failed"], End.CAPTCHA_FAILED),
        (Pressed.FAILED, 0, ["challenge_failed", "queue_joined"], End.SERVED),
        (Pressed.SILENT, 0, ["challenge_failed", "queue_joined"], End.SERVED),
        (Pressed.ABANDONED, 0, ["challenge_abandoned"], End.CAPTCHA_ABANDONED),
    ],
)
def test_a_challenge_is_told_and_leads_on_by_how_it_ended(
    presses: Pressed, failed: int | None, events: list[str], end: End
) -> None:
    caller = Scripted(presses=(presses, 13.0), talks=40.0)
    defence = Listening(Ruling(Action.CHALLENGE, priority_failed=failed))

    _play([(0.0, caller)], defence)

    served = ["operator_answered", "hangup"] if end is End.SERVED else []
    assert defence.of("c1") == ["call", *events, *served]
    assert caller.ends == [end]


def test_who_failed_waits_behind_who_was_admitted() -> None:
    busy, failed, admitted = (
        Scripted(talks=100.0),
        Scripted(presses=(Pressed.FAILED, 1.0)),
        Scripted(),
    )
    ask = Ruling(Action.CHALLENGE, priority_failed=0)
    defence = Listening(Ruling(Action.ADMIT), ask, Ruling(Action.ADMIT))

    run = _play([(0.0, busy), (1.0, failed), (50.0, admitted)], defence, operators=1)

    assert [one.served_at for one in run.journeys] == [0.0, 110.0, 100.0]


def test_a_hangup_tells_the_talk_and_that_of_who_gave_up_none() -> None:
    defence = Listening()

    _play([(0.0, Scripted(talks=60.0)), (1.0, Scripted(waits=9.0))], defence, operators=1)

    assert defence.told == [
        ("c1", "call", 0.0),
        ("c1", "queue_joined", 0.0),
        ("c1", "operator_answered", 0.0),
        ("c2", "call", 0.0),
        ("c2", "queue_joined", 0.0),
        ("c2", "hangup", 0.0),
        ("c1", "hangup", 60.0),
    ]


def test_the_load_is_told_every_five_seconds_and_time_never_runs_back() -> None:
    defence = Listening()

    play(DAY, SITE, defence, 1)

    times = [now for now, _ in defence.loads]
    assert {round(b - a, 6) for a, b in pairwise(times)} == {5.0}
    assert defence.moments == sorted(defence.moments)
    assert max(seen.waiting for _, seen in defence.loads) > 0
    assert max(seen.operators_busy for _, seen in defence.loads) == 5
    assert max(seen.channels_in_use for _, seen in defence.loads) == 14
    assert defence.past


def test_a_served_caller_who_calls_again_has_a_new_matter() -> None:
    run = _play([(0.0, Scripted(redials=[100.0]))], Listening())

    assert [(one.first_at, one.attempts) for one in run.journeys] == [(0.0, 1), (110.0, 1)]


def test_a_redial_after_busy_belongs_to_the_same_matter() -> None:
    busy = Ruling(Action.DROP, treatment=Treatment.BUSY)

    run = _play([(0.0, Scripted(redials=[45.0]))], Listening(busy, Ruling(Action.ADMIT)))

    [journey] = run.journeys
    assert (journey.attempts, journey.busied) == (2, 1)
    assert journey.served_at == pytest.approx(45.2)


def test_the_operators_time_of_bots_counts_within_the_judged_window() -> None:
    bot = Scripted(person=False, group="bot", talks=100.0)
    defence = Listening()
    run = replace(new_run(DAY, SITE, defence, 1), judged=(50.0, 80.0))

    Center(SITE, defence, run).play([(0.0, bot)])

    assert (run.bots.calls, run.bots.served, run.bots.stolen_s) == (1, 1, 30.0)


class Failing(NoDefence):
    """Raises wherever it is asked or told."""

    def decide(self, facts: Facts, call_id: str, now: float, *, person: bool) -> Ruling:
        raise ValueError(facts, call_id, now, person)

    def tell(self, call_id: str, event: str, talk_s: float, now: float) -> None:
        raise ValueError(call_id, event, talk_s, now)


def test_whatever_a_defence_raises_the_call_goes_through_and_is_counted() -> None:
    caller = Scripted()

    run = _play([(0.0, caller)], Failing())

    assert caller.ends == [End.SERVED]
    assert run.faults == 4


def test_a_timer_measures_each_decision() -> None:
    ticks = iter(range(10**6))

    run = play(DAY, SITE, NoDefence(), 1, timer=lambda: float(next(ticks)))

    assert run.decision_s == [1.0] * run.decisions


def test_the_judged_window_is_the_scenarios_then_the_attacks_then_the_rush() -> None:
    late = Attack("late", Wave(1.0, 1000.0, 9000.0), Numbers.FRESH)

    assert judged_window(replace(DAY, judged=(1.0, 2.0))) == (1.0, 2.0)
    assert judged_window(replace(DAY, attacks=(FLOOD, late))) == (600.0, 2400.0)
    assert judged_window(replace(DAY, attacks=(), rushes=((5.0, 6.0, 2.0),))) == (5.0, 11.0)
    assert judged_window(replace(DAY, attacks=())) == (0.0, 2400.0)
    assert judged_window(replace(DAY, attacks=(), lasts=10800.0)) == (3600.0, 7200.0)


SERVICE, SERVERS, LOAD = 100.0, 10, 8.5
HOURS = 250


def _exponential(seed: int, patience: float | None) -> Iterator[tuple[float, Caller]]:
    rng = chances(seed)
    hourly = LOAD / SERVICE * 3600
    for moment in moments(chances(seed + 1), [(0.0, HOURS * 3600.0, hourly)]):
        waits = rng.expovariate(1 / patience) if patience else float("inf")
        yield moment, Scripted(talks=rng.expovariate(1 / SERVICE), waits=waits)


def _waits(patience: float | None) -> Run:
    site = replace(SITE, operators=SERVERS, channels=10**9)
    defence = NoDefence()
    return Center(site, defence, new_run(DAY, site, defence, 1)).play(_exponential(7, patience))


def test_with_endless_patience_the_center_is_erlang_c() -> None:
    # 76,000 calls; their waits hang together, which leaves about 5 % of error in the mean.
    run = _waits(None)
    waits = [one.wait for one in run.journeys]

    delayed = sum(wait > 0 for wait in waits) / len(waits)
    assert delayed == pytest.approx(erlang_c(SERVERS, LOAD), rel=0.05)
    assert sum(waits) / len(waits) == pytest.approx(erlang_c_wait(SERVERS, LOAD, SERVICE), rel=0.12)


def test_with_exponential_patience_the_center_is_erlang_a() -> None:
    patience = 150.0
    run = _waits(patience)
    expected = erlang_a(SERVERS, LOAD, SERVICE, patience)

    gone = sum(one.abandoned for one in run.journeys) / len(run.journeys)
    late = sum(one.abandoned > 0 or one.wait > 0 for one in run.journeys) / len(run.journeys)
    assert gone == pytest.approx(expected.abandons, rel=0.05)
    assert late == pytest.approx(expected.delayed, rel=0.03)
