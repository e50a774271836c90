from screener.core.call import Load
from screener.service.queue_watch import FRESH_S, QueueSight, QueueWatch
from tests.builders import HandClock

BUSY = QueueSight(waiting=12, logged_in=4, ready=0, longest_wait_s=95)
CALM = QueueSight(waiting=0, logged_in=2, ready=2, longest_wait_s=0)


def a_watch(*queues: str) -> tuple[QueueWatch, HandClock]:
    clock = HandClock()
    return QueueWatch(queues, clock), clock


def test_what_a_call_does_not_tell_is_taken_from_the_watch() -> None:
    watch, _ = a_watch("operators")
    watch.saw("operators", BUSY)
    assert watch.complete(Load(channels_in_use=7)) == Load(12, 4, 0, 7)


def test_a_calls_own_facts_win_one_by_one() -> None:
    watch, _ = a_watch("operators")
    watch.saw("operators", BUSY)
    assert watch.complete(Load(0, 9, 9, 1)) == Load(0, 9, 9, 1)
    assert watch.complete(Load(queue_waiting=0)) == Load(0, 4, 0, None)


def test_several_queues_add_up() -> None:
    watch, _ = a_watch("operators", "spanish", "operators")
    watch.saw("operators", BUSY)
    watch.saw("spanish", CALM._replace(waiting=3, longest_wait_s=400))
    assert watch.complete(Load()) == Load(15, 6, 2, None)
    assert watch.snapshot()["longest_wait_s"] == 400
    assert watch.queues == ("operators", "spanish")


def test_an_old_sight_counts_no_more() -> None:
    watch, clock = a_watch("operators")
    watch.saw("operators", BUSY)
    clock.now += FRESH_S - 0.1
    assert watch.complete(Load()).queue_waiting == 12
    clock.now += 0.1
    assert watch.complete(Load()) == Load()
    assert watch.complete(Load(queue_waiting=3)) == Load(queue_waiting=3)


def test_of_several_queues_the_fresh_ones_count() -> None:
    watch, clock = a_watch("operators", "spanish")
    watch.saw("operators", BUSY)
    clock.now += 10
    watch.saw("spanish", CALM)
    assert watch.complete(Load()).operators_logged_in == 6
    assert watch.snapshot()["age_s"] == 10.0
    clock.now += 10
    assert watch.complete(Load()).operators_logged_in == 2
    assert watch.snapshot()["unseen"] == "operators"


def test_before_anything_was_seen_nothing_is_known() -> None:
    watch, clock = a_watch("operators")
    clock.now += 2
    assert watch.complete(Load()) == Load()
    assert watch.snapshot() == {"state": "stale", "for_s": 2.0, "why": "not seen yet"}


def test_without_a_queue_the_watch_is_off() -> None:
    watch, _ = a_watch()
    assert watch.complete(Load(1)) == Load(1)
    assert watch.snapshot() == {"state": "off"}


def test_the_status_tells_age_and_figures_while_fresh() -> None:
    watch, clock = a_watch("operators")
    watch.saw("operators", BUSY)
    clock.now += 3
    assert watch.snapshot() == {
        "state": "fresh",
        "age_s": 3.0,
        "waiting": 12,
        "logged_in": 4,
        "ready": 0,
        "longest_wait_s": 95,
    }


def test_a_lost_link_is_told_once_the_sight_is_old_with_since_when() -> None:
    watch, clock = a_watch("operators")
    watch.saw("operators", BUSY)
    watch.lost("Connection refused")
    assert watch.snapshot()["state"] == "fresh"
    clock.now += FRESH_S + 4
    assert watch.snapshot() == {"state": "stale", "for_s": 4.0, "why": "Connection refused"}
    watch.saw("operators", CALM)
    assert watch.snapshot()["state"] == "fresh"


def test_a_queue_that_is_none_has_no_figures() -> None:
    watch, _ = a_watch("operators")
    watch.saw("operators", BUSY)
    watch.missing("operators")
    assert watch.complete(Load()) == Load()
    assert watch.snapshot()["why"] == "Asterisk does not know the queue"
