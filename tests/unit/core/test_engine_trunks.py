"""A trunk that people denied: strangers who come by it are refused, nobody else is."""

import pytest

from screener.core.call import Attestation, Load
from screener.core.engine import Engine
from screener.core.lists import ListAction, ListSpec
from screener.core.number import NumberPlan
from screener.core.outcome import Event, Outcome
from screener.core.policy import Verdict
from screener.core.review import Review, read_entry
from screener.core.settings import Action, Mode, Settings
from tests.builders import NOW, a_call, an_engine
from tests.unit.core.engines import PERSON, known

PLAN = NumberPlan("US")
ALLOW, DENY, EXEMPT = ListAction.ALLOW, ListAction.DENY, ListAction.EXEMPT


def denying(engine: Engine, text: str = "trunk:trunk-a", action: ListAction = DENY) -> None:
    book = engine._memory.reviews
    book.put(Review(len(book) + 1, action, read_entry(text, PLAN), NOW + 600.0))


def judged(engine: Engine, number: str = PERSON, **changes: object) -> Verdict:
    call = a_call(number, caller=PLAN.read(number), **changes)
    return engine.assess(call, Load()).verdict


def listing(action: ListAction, entry: str, until: float | None = None) -> Engine:
    lists = (ListSpec("of-file", action, (entry,), until),)
    return an_engine(Settings(mode=Mode.ENFORCE, lists=lists))


def test_a_stranger_by_a_denied_trunk_is_refused_as_one_of_a_denied_prefix_is() -> None:
    by_trunk, by_prefix = an_engine(), an_engine()
    denying(by_trunk)
    denying(by_prefix, "+1651*")
    verdict, like = judged(by_trunk), judged(by_prefix)
    assert verdict.action is Action.DROP
    assert (verdict.treatment, verdict.sip_code) == (like.treatment, like.sip_code)
    assert verdict.score.total == like.score.total
    assert verdict.reasons == ("score", "denied-trunk", "new-caller")
    assert judged(by_trunk, trunk="trunk-b").action is Action.ADMIT
    assert judged(by_trunk, arrived_at=NOW + 600.0).action is Action.ADMIT
    assert judged(by_trunk, attestation=Attestation.FULL).action is Action.DROP
    assert judged(by_trunk, "").action is Action.DROP
    hit = by_trunk.assess(a_call(), Load()).list_hit
    assert hit is not None
    assert (hit.list_name, hit.action) == ("reviewed", DENY)


def test_who_is_known_or_lately_passed_a_captcha_comes_through() -> None:
    engine = an_engine()
    denying(engine)
    known(engine)
    engine.learn("+16515559999", Outcome(Event.CHALLENGE_PASSED), at=NOW - 60.0)
    assert judged(engine).action is Action.ADMIT
    assert judged(engine, "+16515559999").action is Action.ADMIT


@pytest.mark.parametrize("until", [None, NOW + 60.0])
def test_who_is_on_an_allow_list_comes_through(until: float | None) -> None:
    engine = listing(ALLOW, PERSON, until)
    denying(engine)
    assert judged(engine).action is Action.ADMIT


def test_who_is_exempt_or_allowed_by_a_person_comes_through() -> None:
    engine = listing(EXEMPT, "+16515559999")
    denying(engine)
    denying(engine, PERSON, ALLOW)
    assert judged(engine).action is Action.ADMIT
    assert judged(engine, "+16515559999").action is Action.ADMIT


def test_a_denied_number_is_denied_by_a_denied_trunk_as_well() -> None:
    engine = an_engine()
    denying(engine)
    denying(engine, PERSON)
    assert "deny-list" in judged(engine).reasons


def test_while_observing_it_is_only_recorded() -> None:
    engine = an_engine(Settings(mode=Mode.OBSERVE))
    denying(engine)
    assert (judged(engine).action, judged(engine).would) == (Action.ADMIT, Action.DROP)
