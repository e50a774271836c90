import pytest

from screener.core.call import Load
from screener.core.outcome import Event, Outcome
from screener.core.recorded import RecordedCall, RecordedOutcome, is_good
from screener.core.settings import Action
from tests.builders import NOW, a_call


def a_record(*outcomes: Outcome, cleared: bool = False) -> RecordedCall:
    told = tuple(
        RecordedOutcome(NOW + 60, "call-1", "+16515550142", "trunk-a", one, NOW) for one in outcomes
    )
    return RecordedCall(
        *(1, a_call(), Load(), Action.ADMIT, Action.ADMIT, ("score",), "default"),
        imported=False,
        malformed=False,
        outcomes=told,
        cleared=cleared,
    )


@pytest.mark.parametrize(
    ("outcome", "good"),
    [
        (Outcome(Event.ANSWERED, 20.0), True),
        (Outcome(Event.ANSWERED, 19.9), False),
        (Outcome(Event.ABANDONED), False),
        (Outcome(Event.CHALLENGE_PASSED), True),
        (Outcome(Event.CHALLENGE_FAILED), False),
        (Outcome(Event.CHALLENGE_ABANDONED), False),
    ],
)
def test_talk_and_a_passed_challenge_show_a_person(outcome: Outcome, *, good: bool) -> None:
    assert is_good(outcome, 20.0) is good
    assert a_record(outcome).went_well(20.0) is good


def test_one_good_outcome_among_others_is_enough() -> None:
    call = a_record(Outcome(Event.CHALLENGE_PASSED), Outcome(Event.ABANDONED))
    assert call.went_well(20.0)


def test_a_call_of_which_nothing_is_told_did_not_go_well_unless_a_person_says_so() -> None:
    assert not a_record().went_well(0.0)
    assert a_record(cleared=True).went_well(20.0)
