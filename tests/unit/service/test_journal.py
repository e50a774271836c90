import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.outcome import Event, Outcome
from screener.service import journal
from tests.builders import a_decision


def test_a_decision_is_one_line_with_its_reasons_and_no_number(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, "screener.calls"):
        journal.write_decision(a_decision(trunk="trunk a\nVERDICT id=forged", name="Ann"))
    (record,) = caplog.records
    line = record.getMessage()
    assert line.startswith("VERDICT id=call-1 verdict=admit would=admit")
    assert "reasons=score,new-caller" in line
    assert "\n" not in line
    assert "id=forged" not in line
    assert "5550142" not in line
    assert "Ann" not in line


def test_nothing_is_made_up_for_a_log_that_is_switched_off(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING, "screener.calls"):
        journal.write_decision(a_decision())
    assert not caplog.records


def test_an_outcome_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "screener.calls"):
        journal.write_outcome("c1", Outcome(Event.ANSWERED, 12.5))
    assert caplog.records[0].getMessage() == "OUTCOME id=c1 event=answered talk_s=12.5 ago_s=0"


@given(st.text(max_size=400))
def test_a_word_is_one_printable_word(text: str) -> None:
    shown = journal.word(text)
    assert shown.isprintable()
    assert " " not in shown
    assert "=" not in shown
    assert 1 <= len(shown) <= 160
