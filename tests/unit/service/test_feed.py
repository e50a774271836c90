import pytest

from screener.core.outcome import Event, Outcome
from screener.service import feed as feed_module
from screener.service.feed import Feed
from tests.builders import a_decision


async def test_a_subscriber_sees_decisions_and_outcomes_in_order() -> None:
    feed = Feed()
    with feed.subscribe() as queue:
        feed(a_decision())
        feed.outcome("call-1", Outcome(Event.ANSWERED, 30.0))
        assert queue.get_nowait()["verdict"] == "admit"
        assert queue.get_nowait() == {
            "id": "call-1",
            "outcome": "answered",
            "talk_s": 30.0,
            "ago_s": 0.0,
        }


async def test_nothing_is_passed_on_before_or_after_a_subscription() -> None:
    feed = Feed()
    feed(a_decision())
    with feed.subscribe() as queue:
        pass
    feed(a_decision())
    assert queue.empty()


async def test_a_slow_subscriber_loses_the_newest_and_is_told_how_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed_module, "QUEUE_SIZE", 3)
    feed = Feed()
    with feed.subscribe() as slow:
        for place in range(10):
            feed(a_decision(call_id=f"c{place}"))
        assert [slow.get_nowait()["id"] for _ in range(3)] == ["c0", "c1", "c2"]
        feed(a_decision(call_id="after"))
        assert slow.get_nowait() == {"lost": 7}
        assert slow.get_nowait()["id"] == "after"


async def test_a_slow_subscriber_does_not_cost_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed_module, "QUEUE_SIZE", 2)
    feed = Feed()
    with feed.subscribe(), feed.subscribe() as quick:
        for place in range(10):
            feed(a_decision(call_id=f"c{place}"))
            assert quick.get_nowait()["id"] == f"c{place}"
