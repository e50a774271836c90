import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from screener.core.call import Load
from screener.core.number import CallerClass, NumberPlan
from screener.core.outcome import Event, Outcome
from screener.core.recorded import CallerReader, RecordedCall, RecordedOutcome, is_good
from screener.core.settings import Action
from tests.builders import NOW, a_call

PLAN = NumberPlan("US")
numbers = st.one_of(
    st.from_regex(r"\+?[1-9][0-9]{1,14}(;ext=[0-9]{1,4})?(;isub=[a-z]{1,3})?", fullmatch=True),
    st.from_regex(r"[0-9]{1,8}(;phone-context=\+[1-9][0-9]{0,2})?", fullmatch=True),
    st.from_regex(r"\+1?651555[0-9]{4}", fullmatch=True),
)


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


@given(numbers)
@example("911")
@example("+12345")
@example("6515550142;ext=12;isub=a")
def test_a_caller_is_what_parsing_its_number_says(number: str) -> None:
    caller = PLAN.read(number)
    if caller.identity:
        read = CallerReader(PLAN).read(caller.kind, caller.identity, caller.masked)
        assert read == caller
    if caller.e164:
        assert PLAN.read(caller.identity) == caller


def test_a_valid_number_is_at_home_or_abroad_as_the_present_plan_sees_it() -> None:
    british = CallerReader(NumberPlan("GB", prefix_tail=3))
    seen = british.again(PLAN.read("+16515550142"))
    assert (seen.kind, seen.prefix) == (CallerClass.FOREIGN, "+16515550")
    assert CallerReader(PLAN).again(seen) == PLAN.read("+16515550142")


def test_who_names_nobody_stays_as_it_is() -> None:
    withheld = PLAN.read("+16515550142", "prohib")
    assert CallerReader(NumberPlan("GB")).again(withheld) is withheld
