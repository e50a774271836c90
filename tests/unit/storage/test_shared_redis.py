import asyncio
from pathlib import Path

import pytest
from redis.exceptions import NoScriptError, ResponseError

from screener.config.options import RedisOptions
from screener.core.shared import Question
from screener.errors import SharedRefusedError, SharedStoreError
from screener.storage.redis_place import RedisPlace
from screener.storage.shared_redis import SharedRedis, _after, _place

# What it keeps and tells is in tests/contract/test_shared_stores.py, on real servers.


def store() -> SharedRedis:
    return SharedRedis(RedisPlace(RedisOptions(("127.0.0.1:1",)), Path.read_text), prefix="t")


class Link:
    """A link that answers by a list, and keeps what was asked."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[object, ...]] = []
        self.why = ""

    async def ask(self, *words: object) -> object:
        self.asked.append(words)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def abort(self, why: str) -> None:
        self.why = why


def with_links(calls: Link, feed: Link) -> SharedRedis:
    made = store()
    made._calls, made._feed = calls, feed  # type: ignore[assignment] # the one method that is used
    return made


async def test_nothing_is_asked_before_a_ping_and_none_but_a_ping_connects() -> None:
    with pytest.raises(SharedStoreError, match="not connected"):
        await store().consult(Question("call", "", "", ()))
    with pytest.raises(SharedStoreError, match=r"127\.0\.0\.1:1: "):
        await store().ping()


async def test_a_script_that_is_not_known_is_told_whole_once() -> None:
    link = Link(NoScriptError("No matching script"), b"\0" * 16)
    told = await with_links(link, Link()).consult(Question("call", "", "", ()))
    assert told.open_challenges == 0
    assert [asked[0] for asked in link.asked] == [b"EVALSHA", b"EVAL"]
    assert link.asked[0][2:] == link.asked[1][2:]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ResponseError("no", status_code="NOPERM"), "ACL"),
        (ResponseError("used", status_code="OOM"), "memory is full"),
        (ResponseError("MISCONF can't save +15551234567"), "cannot save"),
        (ResponseError("1 127.0.0.1:1", status_code="MOVED"), "Cluster is not supported"),
        (ResponseError("SURPRISE +15551234567"), "SURPRISE"),
    ],
)
async def test_a_refusal_is_told_in_our_words_and_quotes_nothing_asked(
    error: ResponseError, told: str
) -> None:
    link = Link(error)
    with pytest.raises(SharedStoreError, match=told) as caught:
        await with_links(link, Link()).standing("caller")
    assert "5551234567" not in str(caught.value)
    assert link.why == ""


async def test_a_server_that_became_a_replica_is_left() -> None:
    link = Link(ResponseError("You can't write", status_code="READONLY"))
    await with_links(link, Link()).tell([])  # nothing to tell, nothing asked
    with pytest.raises(SharedStoreError, match="replica"):
        await with_links(link, Link()).standing("caller")
    assert "replica" in link.why


async def test_a_feed_that_does_not_answer_is_left_and_calls_go_on() -> None:
    calls, feed = Link(asyncio.CancelledError(), None), Link(asyncio.CancelledError())
    made = with_links(calls, feed)
    with pytest.raises(asyncio.CancelledError):
        await made.since("lists", "")
    assert feed.why
    with pytest.raises(asyncio.CancelledError):
        await made.standing("caller")
    assert calls.why == ""
    assert await made.standing("caller") is None


async def test_after_a_new_connection_the_last_seconds_are_told_again() -> None:
    feed = Link([b"1700000000000-3", b"edge", b"x"], [], [], [])
    made = with_links(Link(), feed)
    (entry,) = await made.since("lists", "")
    assert entry.at == "001700000000000-0000000003"
    await made.since("lists", entry.at)
    made._made += 1
    await made.since("lists", entry.at)
    await made.since("lists", entry.at)
    assert [asked[4] for asked in feed.asked] == [
        "-",
        "(1700000000000-3",
        "1699999990000",
        "(1700000000000-3",
    ]


@pytest.mark.parametrize("at", ["x", "1", "1-x", "-", "1-2-3", "(1-2"])
async def test_what_is_no_place_is_refused(at: str) -> None:
    with pytest.raises(SharedRefusedError):
        await with_links(Link(), Link([])).since("lists", at)


def test_places_order_as_text_and_lead_back() -> None:
    entries = [b"999-9", b"999-10", b"1000-0", b"1700000000000-0"]
    places = [_place(entry) for entry in entries]
    assert places == sorted(places)
    assert [_after(place, 0) for place in places] == [f"({entry.decode()}" for entry in entries]


async def test_closed_it_connects_no_more() -> None:
    made = store()
    await made.close()
    with pytest.raises(SharedStoreError, match="closed"):
        await made.ping()
