import pytest

from screener.core.call import Load
from screener.errors import ScreenerError
from screener.service.history import take_history
from tests.builders import DAY, NOW, a_call, an_engine


def record(**changes: object) -> dict[str, object]:
    plain: dict[str, object] = {
        "caller": "6515550142",
        "at": NOW - 9 * DAY,
        "outcome": "answered",
        "talk_s": 93.0,
    }
    return plain | changes


def test_a_caller_of_earlier_days_is_known_in_any_writing() -> None:
    engine = an_engine()
    assert take_history(engine, [record(), record(at=NOW - DAY, caller="+16515550142")]) == 2
    assert "known-caller" in engine.assess(a_call("+16515550142"), Load()).verdict.reasons


def test_records_of_nobody_are_passed_over() -> None:
    assert take_history(an_engine(), [record(caller="anonymous")]) == 0


@pytest.mark.parametrize(
    "broken",
    [
        record(caller=None),
        record(at="yesterday"),
        record(outcome="eaten"),
        record(talk_s=-1),
        {},
    ],
)
def test_a_broken_record_is_refused_with_its_place(broken: dict[str, object]) -> None:
    with pytest.raises(ScreenerError, match="history record 2: needs caller"):
        take_history(an_engine(), [record(), broken])
