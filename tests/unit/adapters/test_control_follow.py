"""Following the control socket on asyncio: against the real server, and against rude ones."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from screener.adapters.control import ControlServer
from screener.adapters.control_client import SilentAgentError
from screener.adapters.control_follow import PAUSES_S, AgentFollower, ask_agent
from screener.errors import MissingPartError, RemoteProtocolError, ScreenerError
from screener.service.feed import Feed

PATIENCE_S = 10.0
Message = dict[str, object]


def double(request: Message) -> Message:
    number = request.get("n")
    if not isinstance(number, int):
        raise ScreenerError("`n` must be a whole number")
    return {"twice": 2 * number}


@asynccontextmanager
async def serving(path: Path) -> AsyncIterator[Feed]:
    feed = Feed()
    server = ControlServer(path, {"double": double}, feed.subscribe)
    await server.start()
    try:
        yield feed
    finally:
        await server.close()


@asynccontextmanager
async def saying(path: Path, *lines: bytes, end: bool = True) -> AsyncIterator[None]:
    """Stand in for an agent that says these lines, whatever it is asked."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        for line in lines:
            writer.write(line)
            await writer.drain()
            await asyncio.sleep(0)
        if not end:
            await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(answer, path)
    try:
        yield
    finally:
        server.close()


class Watcher:
    """A follower, with what it took and how long it rested before each new attempt."""

    def __init__(self, path: Path, timeout_s: float = PATIENCE_S) -> None:
        self.taken: list[Message] = []
        self.rests: list[float] = []
        self.troubles: list[str] = []
        self.stirred = asyncio.Event()
        self.follower = AgentFollower(
            lambda: str(path), self._took, self._changed, rest=self._rest, timeout_s=timeout_s
        )

    def _took(self, event: Message) -> None:
        self.taken.append(event)
        self.stirred.set()

    def _changed(self) -> None:
        self.troubles.append(self.follower.trouble)
        self.stirred.set()

    async def _rest(self, seconds: float) -> None:
        self.rests.append(seconds)
        self.stirred.set()
        await asyncio.sleep(0.001)

    async def until(self, met: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not met():
                self.stirred.clear()
                await self.stirred.wait()


@asynccontextmanager
async def watching(path: Path, timeout_s: float = PATIENCE_S) -> AsyncIterator[Watcher]:
    watcher = Watcher(path, timeout_s)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(watcher.follower.run())
        yield watcher
        task.cancel()


@contextmanager
def mute(path: Path) -> Iterator[None]:
    """Take connections at a path and never say a word."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen(5)
        yield


async def test_an_agent_answers_or_refuses_in_its_own_words(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with serving(path):
        assert (await ask_agent(str(path), {"op": "double", "n": 21}))["twice"] == 42
        with pytest.raises(ScreenerError, match="must be a whole number"):
            await ask_agent(str(path), {"op": "double"})


async def test_no_agent_and_a_mute_one_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(MissingPartError, match="not running"):
        await ask_agent(str(tmp_path / "none"), {"op": "double"})
    with mute(tmp_path / "mute"), pytest.raises(SilentAgentError, match="in time"):
        await ask_agent(str(tmp_path / "mute"), {"op": "double"}, 0.05)


@pytest.mark.parametrize("line", [b"nonsense\n", b"[1]\n", b'{"ok": NaN}\n'])
async def test_what_is_no_answer_is_refused_without_quoting_it(tmp_path: Path, line: bytes) -> None:
    async with saying(tmp_path / "s", line):
        with pytest.raises(RemoteProtocolError) as refused:
            await ask_agent(str(tmp_path / "s"), {"op": "status"})
    assert "nonsense" not in str(refused.value)


async def test_an_answer_cut_short_is_no_answer(tmp_path: Path) -> None:
    async with saying(tmp_path / "s", b'{"ok": true'):
        with pytest.raises(MissingPartError, match="has ended"):
            await ask_agent(str(tmp_path / "s"), {"op": "status"})


async def test_events_are_taken_as_they_come(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with serving(path) as feed, watching(path) as watcher:
        await watcher.until(lambda: watcher.follower.is_there)
        feed._pass_on({"id": "a"})
        feed._pass_on({"id": "b"})
        await watcher.until(lambda: len(watcher.taken) == 2)
    assert [event["id"] for event in watcher.taken] == ["a", "b"]
    assert watcher.rests == []


async def test_events_may_come_in_pieces_and_several_at_once(tmp_path: Path) -> None:
    pieces = b'{"ok":true}\n', b'{"id":', b'"a"}\n{"id":"b"}\n', b'{"id":"c"'
    async with saying(tmp_path / "s", *pieces), watching(tmp_path / "s") as watcher:
        await watcher.until(lambda: bool(watcher.rests))
        assert [event["id"] for event in watcher.taken[:2]] == ["a", "b"]
        assert "has ended" in watcher.troubles[1]


async def test_an_agent_that_comes_and_goes_is_followed_again(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with watching(path) as watcher:
        await watcher.until(lambda: len(watcher.rests) >= 3)
        assert not watcher.follower.is_there
        assert "not running" in watcher.follower.trouble
        for count in (1, 2):
            async with serving(path) as feed:
                await watcher.until(lambda: watcher.follower.is_there)
                watcher.taken.clear()
                feed._pass_on({"id": str(count)})
                await watcher.until(lambda: bool(watcher.taken))
            await watcher.until(lambda: not watcher.follower.is_there)
            assert watcher.taken == [{"id": str(count)}]


async def test_the_pauses_grow_to_a_bound_and_begin_anew_after_a_link(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with watching(path) as watcher:
        await watcher.until(lambda: len(watcher.rests) > len(PAUSES_S))
        assert watcher.rests[: len(PAUSES_S)] == [*PAUSES_S[1:], PAUSES_S[-1]]
        async with serving(path):
            await watcher.until(lambda: watcher.follower.is_there)
            tried = len(watcher.rests)
        await watcher.until(lambda: len(watcher.rests) > tried)
    assert watcher.rests[tried] == PAUSES_S[0]


async def test_who_never_answers_is_no_agent(tmp_path: Path) -> None:
    with mute(tmp_path / "s"):
        async with watching(tmp_path / "s", timeout_s=0.05) as watcher:
            await watcher.until(lambda: bool(watcher.rests))
            assert "in time" in watcher.follower.trouble


async def test_an_event_that_is_none_ends_the_link_and_not_the_follower(tmp_path: Path) -> None:
    lines = b'{"ok":true}\n', b"\xff\n"
    async with saying(tmp_path / "s", *lines, end=False), watching(tmp_path / "s") as watcher:
        await watcher.until(lambda: len(watcher.rests) >= 2)
    assert "not JSON" in "".join(watcher.troubles)
