from hypothesis import given
from hypothesis import strategies as st

from screener.core.shared import ChallengeEnded, Counter, Note, Refund, Spent
from screener.service.shared_outbox import LONGEST_ENDED_S, MOST_DEEDS, Outbox
from tests.builders import NOW

NOTE = Note("c1", "a", "caller", "line", "trunk-a", "", challenged=True, ttl=30.0)
ENDED = ChallengeEnded("c1", "line")
COUNTER = Counter("few", ((3, 60.0),))
REFUND = Refund("c1", (COUNTER,), ((20.0,),))


def taken(outbox: Outbox, now: float = NOW, most: int = 100) -> list[object]:
    return [one.deed for one in outbox.take(most, now, 0.0)]


def test_deeds_are_told_in_their_order_and_counters_before_them() -> None:
    outbox = Outbox()
    outbox.add(NOTE, NOW)
    outbox.add(ENDED, NOW)
    outbox.spend("few", COUNTER, (NOW + 20.0,))
    assert len(outbox) == 3
    assert taken(outbox) == [Spent(COUNTER, (NOW + 20.0,)), NOTE, ENDED]
    assert len(outbox) == 0


def test_a_counter_is_told_once_as_it_is_now_by_the_stores_clock() -> None:
    outbox = Outbox()
    outbox.spend("few", COUNTER, (NOW + 20.0,))
    outbox.spend("few", COUNTER, (NOW + 40.0,))
    assert outbox.holds("few")
    deeds = [one.deed for one in outbox.take(9, NOW, ahead_s=3_600.0)]
    assert deeds == [Spent(COUNTER, (NOW - 3_560.0,))]
    assert not outbox.holds("few")


def test_what_says_nothing_any_more_is_not_told() -> None:
    outbox = Outbox()
    outbox.spend("few", COUNTER, (NOW + 20.0,))
    outbox.add(NOTE, NOW)
    outbox.add(ENDED, NOW)
    assert taken(outbox, NOW + LONGEST_ENDED_S + 1.0) == []


def test_a_note_told_late_is_kept_only_so_long_as_it_was_to_be() -> None:
    outbox = Outbox()
    outbox.add(NOTE, NOW)
    assert taken(outbox, NOW + 12.0) == [NOTE._replace(ttl=18.0)]


def test_what_could_not_be_told_is_told_again_in_order_but_no_refund() -> None:
    outbox = Outbox()
    for deed in (NOTE, REFUND, ENDED):
        outbox.add(deed, NOW)
    outbox.spend("few", COUNTER, (NOW + 20.0,))
    held = outbox.take(9, NOW, 0.0)
    outbox.add(NOTE._replace(call_id="c2"), NOW)
    outbox.put_back(held)
    assert taken(outbox) == [
        Spent(COUNTER, (NOW + 20.0,)),
        NOTE,
        ENDED,
        NOTE._replace(call_id="c2"),
    ]


def test_forgotten_counters_are_not_told() -> None:
    outbox = Outbox()
    outbox.spend("few", COUNTER, (NOW + 20.0,))
    outbox.forget(["few", "other"])
    assert taken(outbox) == []


def test_there_is_no_more_of_it_than_there_is_room_for() -> None:
    outbox = Outbox()
    for place in range(MOST_DEEDS + 5):
        outbox.add(ENDED._replace(call_id=str(place)), NOW)
    assert len(outbox) == MOST_DEEDS
    assert outbox.dropped == 5
    assert taken(outbox, most=1) == [ENDED._replace(call_id="5")]


@given(st.lists(st.sampled_from("ab"), max_size=30), st.integers(1, 7))
def test_whatever_is_taken_at_once_nothing_is_told_twice_or_left_out(
    what: list[str], most: int
) -> None:
    outbox, told = Outbox(), []
    for place, one in enumerate(what):
        outbox.add(ENDED._replace(call_id=f"{one}{place}"), NOW)
    while some := taken(outbox, most=most):
        assert len(some) <= most
        told += some
    assert told == [ENDED._replace(call_id=f"{one}{place}") for place, one in enumerate(what)]
