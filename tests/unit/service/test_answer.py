import re

from hypothesis import given
from hypothesis import strategies as st

from screener.core.call import Facts, read_call
from screener.core.number import NumberPlan
from screener.core.settings import Action
from screener.service.answer import open_answer, variables_of
from tests.builders import NOW, a_decision, an_engine

PLAN = NumberPlan("US")
ENGINE = an_engine()
CLEAN = re.compile(r"[A-Za-z0-9_.:-]*")


def test_an_admit_tells_its_place_in_line_and_no_treatment() -> None:
    told = variables_of(a_decision())
    assert told["SCREENER_VERDICT"] == "admit"
    assert told["SCREENER_PRIO"] == "4"
    assert "SCREENER_TREATMENT" not in told


def test_a_refusal_tells_its_sip_code() -> None:
    engine = an_engine()
    for _ in range(60):
        call, load = read_call(
            Facts(number="+16515559999"),
            PLAN,
            call_id="c",
            now=NOW,
        )
        decision = engine.decide(call, load)
    told = variables_of(decision)
    assert decision.verdict.action is Action.DROP
    assert told["SCREENER_TREATMENT"] == "refuse"
    assert told["SCREENER_CODE"] == "603"


def test_a_fault_of_ours_reads_as_admit() -> None:
    assert open_answer("c1")["SCREENER_VERDICT"] == "admit"


@given(st.builds(Facts, *[st.text(max_size=60)] * 17))
def test_no_caller_data_goes_back_to_asterisk(facts: Facts) -> None:
    call, load = read_call(facts, PLAN, call_id="c1", now=NOW)
    told = variables_of(ENGINE.assess(call, load))
    assert all(CLEAN.fullmatch(value) for value in told.values())
    assert sum(len(key) + len(value) + 2 for key, value in told.items()) < 600
