import json

from hypothesis import given
from hypothesis import strategies as st

from screener.core.call import Facts, read_call
from screener.core.number import NumberPlan
from screener.service.describe import describe
from tests.builders import NOW, an_engine

PLAN = NumberPlan("US")
ENGINE = an_engine()


def test_a_decision_is_told_whole_and_as_json() -> None:
    call, load = read_call(Facts(number="+16515550142"), PLAN, call_id="c1", now=NOW)
    told = json.loads(json.dumps(describe(ENGINE.assess(call, load))))
    assert told["verdict"] == "admit"
    assert told["signals"][0]["name"] == "new-caller"
    assert told["drop_from"] == 14.0


@given(st.integers(2_000_000, 9_999_999), st.sampled_from(["allowed", "prohib", ""]))
def test_the_number_is_in_no_field(subscriber: int, presentation: str) -> None:
    facts = Facts(number=f"+1651{subscriber}", presentation=presentation, name="Ann")
    call, load = read_call(facts, PLAN, call_id="c1", now=NOW)
    told = json.dumps(describe(ENGINE.assess(call, load)))
    assert str(subscriber) not in told
    assert "Ann" not in told
