from dataclasses import replace

from screener.core.call import Load
from screener.core.recorded import RecordedCall
from screener.core.settings import Action
from screener.service.fidelity import Fidelity, leading_reason
from tests.builders import a_call, an_engine

VERDICT = an_engine().assess(a_call(), Load()).verdict
RECORD = RecordedCall(
    *(1, a_call(), Load(), Action.ADMIT, Action.ADMIT, ("score",), "default", False, False)
)


def test_nothing_compared_has_no_share() -> None:
    fidelity = Fidelity("default")
    fidelity.add(replace(RECORD, imported=True), VERDICT)
    assert (fidelity.compared, fidelity.share) == (0, None)


def test_what_differs_is_told_by_verdicts_and_reason_the_most_first() -> None:
    fidelity = Fidelity("now")
    for would in (Action.ADMIT, Action.DROP, Action.CHALLENGE, Action.DROP):
        fidelity.add(replace(RECORD, would=would), VERDICT)
    assert fidelity.share == 0.25
    told = fidelity.told()
    assert told["under_other_configurations"] == 4
    assert told["differing"] == [
        {"recorded": was, "replayed": "admit", "reason": "new-caller", "calls": calls}
        for was, calls in (("drop", 2), ("challenge", 1))
    ]


def test_what_is_compared_is_what_enforcing_would_have_done() -> None:
    fidelity = Fidelity("default")
    fidelity.add(replace(RECORD, action=Action.ADMIT, would=Action.DROP), VERDICT)
    assert fidelity.share == 0.0


def test_the_leading_reason_is_the_strongest_signal_unless_another_cause_decided() -> None:
    assert leading_reason(VERDICT) == "new-caller"
    assert leading_reason(replace(VERDICT, reasons=("score",))) == "score"
    assert leading_reason(replace(VERDICT, reasons=("lane-full", "new-caller"))) == "lane-full"
