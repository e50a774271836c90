"""A decision in the words of the decision stream."""

from dataclasses import replace

import pytest

from screener.core.decision import Decision
from screener.core.settings import Action, Treatment
from screener.service.ruling import ruling_of
from screener.sim.model import Ruling
from tests.builders import a_decision


def ruled(**verdict: object) -> Decision:
    """Return a decision whose verdict has these fields."""
    decision = a_decision()
    changed = replace(decision.verdict, **{"reasons": ("score", "withheld"), **verdict})  # type: ignore[arg-type]  # names of fields
    return replace(decision, verdict=changed)


def test_who_is_let_in_has_a_place_in_line_and_the_strongest_reason() -> None:
    decision = ruled(action=Action.ADMIT, priority=4, once_passed=9, no_key=True)
    assert ruling_of(decision) == Ruling(Action.ADMIT, 4, None, None, "score")


def test_who_is_asked_has_the_place_that_a_pass_leads_to() -> None:
    decision = ruled(action=Action.CHALLENGE, priority=4, once_passed=7, no_key=False)
    assert ruling_of(decision) == Ruling(Action.CHALLENGE, 7, None, None, "score")


def test_who_may_stay_without_a_key_waits_last_in_line() -> None:
    decision = ruled(action=Action.CHALLENGE, priority=4, once_passed=7, no_key=True)
    assert ruling_of(decision).priority_failed == 0


@pytest.mark.parametrize(
    ("treatment", "told"),
    [
        (Treatment.BUSY, Treatment.BUSY),
        (Treatment.REFUSE, Treatment.REFUSE),
        (Treatment.ANNOUNCE, Treatment.REFUSE),
    ],
)
def test_a_drop_is_told_as_busy_or_as_a_refusal(treatment: Treatment, told: Treatment) -> None:
    decision = ruled(action=Action.DROP, priority=0, treatment=treatment, no_key=True)
    assert ruling_of(decision) == Ruling(Action.DROP, 0, told, None, "score")
