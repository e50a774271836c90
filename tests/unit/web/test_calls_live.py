import asyncio
import threading
from pathlib import Path

from screener.desk.log_reading import told_errors
from screener.storage.keys import load_keys
from screener.storage.log_follow import Follower
from screener.storage.log_query import Filter
from screener.storage.pseudonyms import pseudonym
from screener.web.calls_live import QUEUE, Listener, LiveCall, LiveCalls
from tests.builders import NOW
from tests.unit.storage.logs import OpenLog, a_log, at
from tests.unit.web.calls_site import ALICE, BOB

SOON_S = 0.01
PATIENCE_S = 10.0


def came(log: OpenLog, call_id: str, number: str = ALICE, **facts: str) -> None:
    log.decisions(at(NOW, call_id, number, **facts))
    log.upkeep.step()


def begun(path: Path) -> Follower:
    with told_errors():
        return Follower(path, Filter())


def watching() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "live calls"]


async def ids(listener: Listener, count: int) -> list[object]:
    """Return the ids of the next calls that a listener is given."""
    found: list[object] = []
    while len(found) < count:
        calls, _ = await listener.take(PATIENCE_S)
        found += [one.call["id"] for one in calls]
    return found


async def test_each_listener_is_given_the_calls_that_fit_from_one_thread(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        came(log, "0" * 16)
        live = LiveCalls(lambda: Follower(log.path, Filter()), SOON_S)
        key = pseudonym("number", BOB, load_keys(log.keys))
        with (
            live.listening(Filter()) as every,
            live.listening(Filter(trunk="b")) as by_trunk,
            live.listening(Filter(number=key)) as by_number,
        ):
            await live.ready()
            assert len(live) == 3
            (thread,) = watching()
            came(log, "1" * 16)
            came(log, "2" * 16, trunk="b")
            came(log, "3" * 16, BOB)
            assert await ids(every, 3) == ["1" * 16, "2" * 16, "3" * 16]
            assert await ids(by_trunk, 1) == ["2" * 16]
            assert await ids(by_number, 1) == ["3" * 16]
        assert len(live) == 0
        await asyncio.to_thread(thread.join, PATIENCE_S)
        assert not thread.is_alive()


async def test_who_comes_again_is_followed_again(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        live = LiveCalls(lambda: Follower(log.path, Filter()), SOON_S)
        for call_id in ("1" * 16, "2" * 16):
            with live.listening(Filter()) as listener:
                await live.ready()
                came(log, call_id)
                assert await ids(listener, 1) == [call_id]


async def test_a_log_that_is_made_later_is_followed_then(tmp_path: Path) -> None:
    live = LiveCalls(lambda: begun(tmp_path / "state" / "decisions.db"), SOON_S)
    with live.listening(Filter()) as listener:
        assert await listener.take(0.03) == ([], 0)
        with a_log(tmp_path) as log:
            await live.ready()
            came(log, "1" * 16)
            assert await ids(listener, 1) == ["1" * 16]


async def test_who_is_slow_loses_the_oldest_and_is_told_how_many() -> None:
    listener = Listener(Filter(verdict="drop"))
    for number in range(QUEUE + 7):
        for verdict in ("drop", "admit"):
            listener.put(LiveCall({"id": number, "verdict": verdict}, None))
    calls, missed = await listener.take(PATIENCE_S)
    assert missed == 7
    assert [one.call["id"] for one in calls] == list(range(7, QUEUE + 7))
    assert await listener.take(0.0) == ([], 0)
