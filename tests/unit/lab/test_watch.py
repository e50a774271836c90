from statistics import quantiles

from screener.core.call import Facts
from screener.core.outcome import Event, Outcome
from screener.lab.watch import BY_HAND, GroupCount, Watch
from screener.service.feed import Feed
from screener.service.screening import ScreeningService
from screener.service.tally import Tally
from tests.builders import HandClock, an_engine


def decision(call_id: str, mark: str, **changes: object) -> dict[str, object]:
    """Return an event as the feed tells it, no more of it than the watch reads."""
    return {
        "id": call_id,
        "verdict": "admit",
        "treatment": None,
        "pressure": "calm",
        "latency_ms": 1.0,
        "sip_call_id": mark,
        **changes,
    }


def watched(*events: dict[str, object]) -> Watch:
    watch = Watch(["known", "one"])
    for event in events:
        watch.take(event)
    return watch


def test_a_call_counts_for_the_group_whose_mark_it_bears_and_for_all() -> None:
    watch = watched(
        decision("1", "known-1-77@127.0.0.1"),
        decision("2", "one-1-77@127.0.0.1", verdict="drop", treatment="busy"),
        decision("3", "one-2-77@127.0.0.1", verdict="drop", treatment="refuse"),
    )
    assert watch.groups["known"].verdicts == {"admit": 1}
    assert watch.groups["one"].verdicts == {"drop": 2}
    assert watch.groups["one"].treatments == {"busy": 1, "refuse": 1}
    assert (watch.all.calls, watch.all.verdicts) == (3, {"admit": 1, "drop": 2})


def test_a_call_without_a_known_mark_was_made_by_hand() -> None:
    watch = watched(
        decision("1", "f81d4fae-7dec"), decision("2", ""), decision("3", "knownish-1@127.0.0.1")
    )
    assert watch.groups[BY_HAND].calls == 3
    assert watch.groups["known"].calls == 0


def test_an_outcome_counts_for_the_group_of_its_call() -> None:
    watch = watched(
        decision("1", "known-1", verdict="challenge"),
        {"id": "1", "outcome": "challenge_passed", "talk_s": 0.0},
        {"id": "unheard of", "outcome": "answered", "talk_s": 3.0},
    )
    assert watch.groups["known"].outcomes == {"challenge_passed": 1}
    assert watch.all.outcomes == {"challenge_passed": 1}


def test_lost_events_are_counted_and_strange_ones_left_alone() -> None:
    watch = watched({"lost": 3}, {"lost": 4}, {"hello": "x"})
    assert watch.lost_events == 7
    assert watch.all.calls == 0


def test_the_pressure_is_that_of_the_last_call() -> None:
    watch = watched(decision("1", "known-1", pressure="full"), decision("2", "x", pressure="calm"))
    assert watch.pressure == "calm"
    assert watched(decision("1", "known-1", pressure="full")).pressure == "full"


def test_percentiles_are_there_from_the_first_call_on() -> None:
    assert GroupCount().latency_ms(50) == 0.0
    assert GroupCount(latencies_ms=[4.0]).latency_ms(99) == 4.0
    many = [float(place) for place in range(1, 102)]
    assert GroupCount(latencies_ms=many).latency_ms(50) == 51.0
    assert GroupCount(latencies_ms=many).latency_ms(99) == quantiles(many, n=100)[98]


def test_the_feed_of_a_real_agent_is_understood() -> None:
    feed = Feed()
    service = ScreeningService(
        an_engine(), HandClock(), Tally(), (feed,), outcome_sinks=(feed.outcome,)
    )
    with feed.subscribe() as queue:
        full = Facts(number="+16515550142", queue_waiting="60", sip_call_id="known-1-77@127.0.0.1")
        call_id = service.screen(full)["SCREENER_ID"]
        service.report(call_id, Outcome(Event.CHALLENGE_PASSED))
        watch = watched(*(queue.get_nowait() for _ in range(queue.qsize())))
    assert watch.groups["known"].verdicts == {"challenge": 1}
    assert watch.groups["known"].outcomes == {"challenge_passed": 1}
    assert watch.pressure == "full"
    assert len(watch.all.latencies_ms) == 1
