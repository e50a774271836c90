"""A decision in the words of the decision stream."""

import pytest

from screener.core.call import Load
from screener.core.lists import ListAction, ListSpec
from screener.core.settings import Action, Mode, PolicySettings, Settings, Treatment
from screener.service.ruling import ruling_of
from screener.sim.model import Ruling
from tests.builders import a_call, a_decision, an_engine

DENIED = ListSpec("nobody", ListAction.DENY, ("+1651*",))


def test_who_is_let_in_has_a_place_in_line_and_the_strongest_reason() -> None:
    assert ruling_of(a_decision()) == Ruling(Action.ADMIT, priority=4, reason="score")


def test_who_is_asked_has_the_place_that_a_pass_leads_to() -> None:
    crowded = Load(queue_waiting=20, operators_logged_in=10)
    decision = an_engine().decide(a_call(), crowded)
    assert ruling_of(decision) == Ruling(Action.CHALLENGE, priority=4, reason="score")


@pytest.mark.parametrize(
    ("treatment", "told"),
    [
        (Treatment.BUSY, Treatment.BUSY),
        (Treatment.REFUSE, Treatment.REFUSE),
        (Treatment.ANNOUNCE, Treatment.REFUSE),
    ],
)
def test_a_drop_is_told_as_busy_or_as_a_refusal(treatment: Treatment, told: Treatment) -> None:
    policy = PolicySettings(refuse_with=treatment)
    decision = a_decision(Settings(mode=Mode.ENFORCE, lists=(DENIED,), policy=policy))
    assert ruling_of(decision) == Ruling(Action.DROP, 0, told, None, "score")
