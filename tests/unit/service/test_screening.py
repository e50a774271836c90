import logging
import math
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

import pytest

from screener.core.call import Facts, Load
from screener.core.decision import Decision
from screener.core.engine import Engine
from screener.core.outcome import Event, Origin, Outcome
from screener.core.settings import Action, Level, Mode, PolicySettings, Settings
from screener.service.answer import Route
from screener.service.screening import ScreeningService, new_call_id
from screener.service.tally import Tally
from tests.builders import HandClock, an_engine
from tests.unit.core.engines import challenging

PERSON = Facts(number="+16515550142", presentation="allowed", uniqueid="1700000000.7")
FULL = Facts(number="+16515550142", queue_waiting="7", operators_logged_in="3")


class Bench:
    """A service with everything it tells at hand."""

    def __init__(self, engine: Engine | None = None) -> None:
        self.decisions: list[Decision] = []
        self.outcomes: list[tuple[str, Outcome]] = []
        self.tally = Tally()
        self.engine = engine or an_engine(challenging())
        self.service = ScreeningService(
            self.engine,
            HandClock(),
            self.tally,
            (self._take,),
            outcome_sinks=(lambda call_id, outcome: self.outcomes.append((call_id, outcome)),),
        )

    def _take(self, decision: Decision) -> None:
        self.decisions.append(decision)

    def screen(self, facts: Facts = PERSON) -> Mapping[str, str]:
        return self.service.screen(facts)


class BrokenEngine(Engine):
    """An engine with a bug, as no test of ours foresaw it."""

    def decide(self, *_: object, **__: object) -> Decision:
        raise ZeroDivisionError("+16515550142 divided by nothing")


def test_a_call_is_decided_told_and_counted() -> None:
    bench = Bench()
    answer = bench.screen()
    assert answer["SCREENER_VERDICT"] == "admit"
    assert bench.decisions[0].call.call_id == answer["SCREENER_ID"]
    assert bench.tally.verdicts["admit"] == 1


def test_a_challenge_comes_with_fresh_digits_each_time() -> None:
    bench = Bench()
    numbers = [f"+1651555014{n}" for n in range(8)]
    asked = {bench.screen(replace(FULL, number=one))["SCREENER_CAPTCHA"] for one in numbers}
    assert len(asked) > 1
    assert all(len(digits) == 2 and digits.isdigit() for digits in asked)


def test_a_challenged_caller_is_asked_over_the_route_of_the_moment_and_others_need_none() -> None:
    routes = iter([Route("ari", "screener"), Route("agi")])
    service = ScreeningService(
        an_engine(challenging()), HandClock(), Tally(), route=lambda: next(routes)
    )
    assert "SCREENER_LANE" not in service.screen(PERSON)
    asked = [service.screen(FULL) for _ in range(2)]
    assert [told["SCREENER_LANE"] for told in asked] == ["ari", "agi"]


def test_an_admitted_call_gets_no_digits() -> None:
    assert "SCREENER_CAPTCHA" not in Bench().screen()


def test_a_bug_of_ours_lets_the_call_pass_and_is_recorded(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench(BrokenEngine(Settings(mode=Mode.ENFORCE), an_engine()._memory))
    with caplog.at_level(logging.ERROR, "screener.calls"):
        answer = bench.screen()
    assert answer["SCREENER_VERDICT"] == "admit"
    assert answer["SCREENER_REASON"] == "screener-error"
    assert bench.tally.faults["fail-open"] == 1
    assert "FAIL-OPEN" in caplog.text
    assert "1700000000.7" in caplog.text
    assert "5550142" not in caplog.text


def test_a_call_let_pass_by_a_bug_is_told_to_who_keeps_them() -> None:
    told: list[tuple[str, str, str]] = []
    broken = BrokenEngine(Settings(mode=Mode.ENFORCE), an_engine()._memory)
    service = ScreeningService(
        broken,
        HandClock(),
        Tally(),
        fault_sinks=(lambda *fault: told.append(fault),),
        new_id=lambda: "f1",
    )
    service.screen(PERSON)
    assert told == [("f1", "1700000000.7", "ZeroDivisionError")]


def test_sinks_have_a_call_before_its_answer_is_returned() -> None:
    bench = Bench()
    kept = [len(bench.decisions) for _ in range(3) if bench.screen()]
    assert kept == [1, 2, 3]


def told_in_order(*, send: Callable[[Mapping[str, str]], None] | None = None) -> list[str]:
    """Screen a call; return who heard of it, in order."""
    heard: list[str] = []
    service = ScreeningService(
        an_engine(),
        HandClock(),
        Tally(),
        (lambda _: heard.append("sink"),),
        keep=(lambda _: heard.append("kept"),),
    )

    def sent(answer: Mapping[str, str]) -> None:
        heard.append(answer["SCREENER_VERDICT"])
        if send is not None:
            send(answer)

    with suppress(ZeroDivisionError):
        service.screen(PERSON, send=sent)
    return heard


def test_an_answer_leaves_once_its_call_is_kept_and_before_the_rest_is_told() -> None:
    assert told_in_order() == ["kept", "admit", "sink"]


def test_an_answer_that_cannot_leave_is_told_all_the_same_and_its_fault_raised() -> None:
    def broken(_: Mapping[str, str]) -> None:
        raise ZeroDivisionError

    assert told_in_order(send=broken) == ["kept", "admit", "sink"]
    service = ScreeningService(an_engine(), HandClock(), Tally())
    with pytest.raises(ZeroDivisionError):
        service.screen(PERSON, send=broken)


def test_a_call_let_pass_by_a_bug_is_answered_once_it_is_kept() -> None:
    heard: list[str] = []
    broken = BrokenEngine(Settings(mode=Mode.ENFORCE), an_engine()._memory)
    service = ScreeningService(
        broken, HandClock(), Tally(), fault_sinks=(lambda *_: heard.append("kept"),)
    )
    service.screen(PERSON, send=lambda answer: heard.append(answer["SCREENER_REASON"]))
    assert heard == ["kept", "screener-error"]


def test_a_sink_that_fails_costs_neither_the_call_nor_the_other_sinks() -> None:
    def broken(decision: Decision) -> None:
        raise OSError(f"disk full, {decision.verdict.action} lost")

    def working(decision: Decision) -> None:
        seen.append(decision)

    seen: list[Decision] = []
    tally = Tally()
    service = ScreeningService(an_engine(), HandClock(), tally, (broken, working))
    assert service.screen(PERSON)["SCREENER_VERDICT"] == "admit"
    assert len(seen) == 1
    assert tally.faults["fail-open"] == 1


def test_a_malformed_caller_is_judged_by_its_own_policy_without_its_data() -> None:
    rules = Settings(mode=Mode.ENFORCE, policy=PolicySettings(malformed=Action.DROP))
    bench = Bench(an_engine(rules))
    origin = Origin("127.0.0.1", "agi_callerid: a line too many", "PJSIP/trunk-1", "1700.1")
    answer = bench.service.screen_malformed(origin)
    assert answer["SCREENER_VERDICT"] == "drop"
    assert bench.tally.faults["malformed-caller"] == 1
    assert bench.decisions[0].call.uniqueid == "1700.1"


def test_an_outcome_is_learned_and_told_once_its_call_is_known() -> None:
    bench = Bench()
    call_id = bench.screen(FULL)["SCREENER_ID"]
    assert bench.service.report(call_id, Outcome(Event.CHALLENGE_PASSED))
    assert bench.outcomes == [(call_id, Outcome(Event.CHALLENGE_PASSED))]
    assert bench.screen(FULL)["SCREENER_VERDICT"] == "admit"


def test_a_made_up_outcome_is_counted_and_teaches_nothing() -> None:
    bench = Bench()
    assert not bench.service.report("feedfacefeedface", Outcome(Event.CHALLENGE_PASSED))
    assert bench.outcomes == []
    assert bench.tally.faults["unknown-outcome"] == 1


def test_a_session_without_a_verdict_is_counted() -> None:
    bench = Bench()
    bench.service.session_failed("127.0.0.1", "no whole environment within 2 s")
    assert bench.tally.faults["no-verdict"] == 1


def test_call_ids_do_not_repeat_and_hold_64_bits() -> None:
    ids = {new_call_id() for _ in range(1_000)}
    assert len(ids) == 1_000
    assert all(len(one) == 16 and int(one, 16) >= 0 for one in ids)


FORKED = """
import os
from screener.service.screening import new_call_id
new_call_id()  # more than one is drawn
child = os.fork()
os.write(1, f"{new_call_id()}\\n".encode())  # one write: two prints may interleave
if child:
    os.waitpid(child, 0)
"""


def test_a_fork_gives_ids_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKED], capture_output=True, text=True, check=True
    )
    assert len(set(done.stdout.split())) == 2


def test_what_a_call_does_not_tell_of_the_load_is_completed() -> None:
    decisions: list[Decision] = []
    service = ScreeningService(
        an_engine(),
        HandClock(),
        Tally(),
        (decisions.append,),
        complete=lambda load: replace(load, queue_waiting=60),
    )
    service.screen(PERSON)
    service.screen_malformed(Origin(peer="127.0.0.1:1", why="x"))
    assert [one.load.queue_waiting for one in decisions] == [60, 60]
    assert [one.verdict.pressure.level for one in decisions] == [Level.FULL, Level.FULL]


def test_a_fault_in_completing_lets_the_call_through() -> None:
    def broken(_: Load) -> Load:
        raise ZeroDivisionError

    service = ScreeningService(an_engine(), HandClock(), Tally(), complete=broken)
    assert service.screen(PERSON)["SCREENER_VERDICT"] == "admit"


def test_with_its_wait_the_end_of_a_call_tells_that_it_joined_the_queue() -> None:
    bench = Bench()
    call_id = bench.screen()["SCREENER_ID"]
    assert bench.service.report(call_id, Outcome(Event.ANSWERED, 93.0), wait_s=40.0)
    assert bench.outcomes == [
        (call_id, Outcome(Event.QUEUE_JOINED, ago_s=133.0)),
        (call_id, Outcome(Event.ANSWERED, 93.0)),
    ]


@pytest.mark.parametrize("wait_s", [None, -1.0, 86_401.0, math.nan])
def test_of_a_wait_that_cannot_be_only_the_end_is_learned(wait_s: float | None) -> None:
    bench = Bench()
    call_id = bench.screen()["SCREENER_ID"]
    assert bench.service.report(call_id, Outcome(Event.ABANDONED), wait_s=wait_s)
    assert bench.outcomes == [(call_id, Outcome(Event.ABANDONED))]


def test_a_made_up_outcome_with_a_wait_is_counted_once() -> None:
    bench = Bench()
    assert not bench.service.report("feedfacefeedface", Outcome(Event.ABANDONED), wait_s=3.0)
    assert bench.outcomes == []
    assert bench.tally.faults["unknown-outcome"] == 1
