from screener.core.outcome import LONGEST_TALK_S, Event, Outcome
from screener.core.past_call import Ending, Waiting, settled

SERVED = Waiting(connected=True, served=True, gone=False, talk_s=42.0, ended_at=200.0)
GONE = Waiting(connected=False, served=False, gone=True, talk_s=0.0, ended_at=150.0)
TAKEN = Waiting(connected=True, served=False, gone=False, talk_s=0.0, ended_at=0.0)
OPEN = Waiting(connected=False, served=False, gone=False, talk_s=0.0, ended_at=0.0)


def test_the_queue_knows_better_than_the_legs_what_became_of_a_call() -> None:
    assert settled(Event.ANSWERED, 99.0, 250.0, GONE) == Ending(
        Outcome(Event.ABANDONED), 150.0, certain=True
    )
    assert settled(Event.ABANDONED, 0.0, 250.0, SERVED) == Ending(
        Outcome(Event.ANSWERED, 42.0), 200.0, certain=True
    )


def test_where_the_queue_does_not_say_the_end_the_legs_do() -> None:
    for waiting in (None, TAKEN, OPEN):
        assert settled(Event.ANSWERED, 99.0, 250.0, waiting) == Ending(
            Outcome(Event.ANSWERED, 99.0), 250.0, certain=False
        )
    assert settled(Event.ABANDONED, 0.0, 250.0, OPEN).outcome == Outcome(Event.ABANDONED)


def test_a_call_that_reached_nobody_has_no_outcome() -> None:
    assert settled(None, 0.0, 250.0, None) == Ending(None, 250.0, certain=False)


def test_who_was_connected_and_then_went_is_not_said_to_have_waited_in_vain() -> None:
    assert settled(None, 0.0, 250.0, GONE._replace(connected=True)).outcome is None


def test_no_talk_is_longer_than_an_outcome_may_be() -> None:
    endless = settled(Event.ANSWERED, 1e9, 250.0, None).outcome
    assert endless == Outcome(Event.ANSWERED, LONGEST_TALK_S)
    waited = settled(None, 0.0, 0.0, SERVED._replace(talk_s=1e9)).outcome
    assert waited == Outcome(Event.ANSWERED, LONGEST_TALK_S)
