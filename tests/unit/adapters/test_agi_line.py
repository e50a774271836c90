"""A telephone line over AGI: which commands go out, and what becomes of keys, ends and faults."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

import pytest

from screener.adapters import agi_line
from screener.adapters.agi_line import AgiLine
from screener.core.captcha_flow import Answer, AwaitKey, Command, Say, Wait
from screener.core.settings import Hold
from screener.errors import CallerGoneError, LineLostError, LocalProtocolError
from tests.unit.adapters.an_asterisk import PATIENCE_S, AnAsterisk

OK = "200 result=0"
FOUR = "200 result=52"
SILENT = "200 result=0 endpos=5920"
FAILED = "200 result=-1"
ANY = "0123456789*#"
SOON_S = 0.02

Ends = tuple[AgiLine, AnAsterisk]


class FirstProtocol(asyncio.Protocol):
    """Whoever had the connection before the line."""

    def __init__(self, made: asyncio.Future[asyncio.BaseTransport]) -> None:
        self._made = made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._made.set_result(transport)


@asynccontextmanager
async def connected(rest: bytes = b"") -> AsyncIterator[Ends]:
    loop = asyncio.get_running_loop()
    made: asyncio.Future[asyncio.BaseTransport] = loop.create_future()
    server = await loop.create_server(lambda: FirstProtocol(made), "127.0.0.1", 0)
    asterisk = await AnAsterisk.at(server.sockets[0].getsockname()[1])
    transport = await made
    assert isinstance(transport, asyncio.Transport)
    line = AgiLine(transport, rest)
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield line, asterisk
    finally:
        line.lose("the test is over")
        await asterisk.ends()
        server.close()
        await server.wait_closed()


def started(work: Coroutine[object, object, str | None]) -> asyncio.Task[str | None]:
    """Start what the test itself waits for."""
    return asyncio.get_running_loop().create_task(work)


async def performed(ends: Ends, command: Command, *talk: tuple[str, str]) -> str:
    """Have the line perform a command while Asterisk hears and says this."""
    line, asterisk = ends
    performing = started(line.perform(command))
    for heard, said in talk:
        await asterisk.hears(heard, said)
    return await performing or ""


async def test_an_answer_is_one_command() -> None:
    async with connected() as ends:
        assert await performed(ends, Answer(), ("ANSWER", OK)) == ""


async def test_sounds_follow_each_other_and_then_there_must_be_quiet() -> None:
    talk = [
        ('STREAM FILE vm-press ""', SILENT),
        ('STREAM FILE digits/4 ""', SILENT),
        ("WAIT FOR DIGIT 150", "200 result=55"),
        ("WAIT FOR DIGIT 150", "200 result=56"),
        ("WAIT FOR DIGIT 150", OK),
    ]
    async with connected() as ends:
        say = Say(("vm-press", "digits/4"), heed_keys=False)
        assert await performed(ends, say, *talk) == ""
        assert await performed(ends, AwaitKey(2.0), ("WAIT FOR DIGIT 2000", FOUR)) == "4"


async def test_a_key_that_is_heeded_ends_the_sounds() -> None:
    async with connected() as ends:
        say = Say(("vm-press", "digits/4", "vm-press"), heed_keys=True)
        talk = [
            (f'STREAM FILE vm-press "{ANY}"', SILENT),
            (f'STREAM FILE digits/4 "{ANY}"', "200 result=35 endpos=800"),
        ]
        assert await performed(ends, say, *talk) == "#"
        talk = [(f'STREAM FILE vm-press "{ANY}"', SILENT)]
        assert await performed(ends, Say(("vm-press",), heed_keys=True), *talk) == ""


async def test_a_long_wait_for_a_key_is_cut_into_steps() -> None:
    steps = [(f"WAIT FOR DIGIT {ms}", OK) for ms in (3000, 3000, 1000)]
    async with connected() as ends:
        assert await performed(ends, AwaitKey(7.0), *steps) == ""
        assert await performed(ends, AwaitKey(7.0), steps[0], (steps[1][0], FOUR)) == "4"


@pytest.mark.parametrize(
    ("how", "before", "after"),
    [
        (Hold.SILENCE, [], []),
        (Hold.RINGING, [("EXEC Ringing", OK)], []),
        (Hold.MUSIC, [("SET MUSIC ON", OK)], [("SET MUSIC OFF", OK)]),
    ],
)
async def test_a_caller_waits_and_hears_what_is_wanted(
    how: Hold, before: list[tuple[str, str]], after: list[tuple[str, str]]
) -> None:
    steps = [(f"WAIT FOR DIGIT {ms}", OK) for ms in (3000, 1000)]
    async with connected() as ends:
        assert await performed(ends, Wait(how, 4.0), *before, *steps, *after) == ""
        assert await performed(ends, Wait(how, 0.0), *before, *after) == ""


async def test_keys_pressed_while_waiting_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    async with connected() as ends:
        now = iter((100.0, 100.0, 100.5, 104.5))
        monkeypatch.setattr(ends[0], "_loop", Clock(now))
        talk = [("WAIT FOR DIGIT 2000", FOUR), ("WAIT FOR DIGIT 1500", FOUR)]
        assert await performed(ends, Wait(Hold.SILENCE, 2.0), *talk) == ""


class Clock:
    """A loop whose time is told."""

    def __init__(self, now: object) -> None:
        self.time = now.__next__  # type: ignore[attr-defined]  # an iterator, whatever its items
        self.create_future = asyncio.get_running_loop().create_future


@pytest.mark.parametrize("said", ["HANGUP", f"{FAILED}\nHANGUP\nHANGUP", "511 Dead channel"])
async def test_a_caller_who_hangs_up_is_gone(said: str) -> None:
    async with connected() as ends:
        with pytest.raises(CallerGoneError):
            await performed(ends, AwaitKey(3.0), ("WAIT FOR DIGIT 3000", said))
        if not said.startswith("511"):
            with pytest.raises(CallerGoneError):
                await ends[0].perform(Answer())


async def test_a_caller_who_hung_up_before_or_between_is_gone() -> None:
    async with connected(b"HANGUP\n") as (line, _):
        with pytest.raises(CallerGoneError):
            await line.perform(Answer())
    async with connected() as (line, asterisk):
        asterisk.says("HANGUP")
        await asterisk.ends()
        while not line.is_lost:  # noqa: ASYNC110 - the line tells nobody
            await asyncio.sleep(0)
        with pytest.raises(CallerGoneError):
            await line.perform(Answer())


async def test_a_sound_that_cannot_be_played_is_no_callers_doing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(agi_line, "HANGUP_S", SOON_S)
    async with connected() as ends:
        talk = ('STREAM FILE nosuch ""', "200 result=-1 endpos=0")
        with pytest.raises(LineLostError, match="could not play nosuch"):
            await performed(ends, Say(("nosuch",), heed_keys=False), talk)
        assert ends[0].lacks_sound
        assert not ends[0].is_lost  # what comes of it can still be told
        assert await performed(ends, Answer(), ("ANSWER", OK)) == ""


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("510 Invalid or unknown command", "Asterisk refused a command (510)"),
        ("200 result=", "a line came that is no AGI reply"),
        (f"-\n{OK}", "a line came that is no AGI reply"),
    ],
)
async def test_what_is_no_reply_loses_the_line(said: str, why: str) -> None:
    async with connected() as ends:
        with pytest.raises(LineLostError) as caught:
            await performed(ends, Answer(), ("ANSWER", said))
        assert str(caught.value) == why


async def test_a_reply_too_many_loses_the_line_for_the_next_command() -> None:
    async with connected() as ends:
        await performed(ends, Answer(), ("ANSWER", f"{OK}\n{OK}"))
        with pytest.raises(LineLostError, match="no command asked for"):
            await ends[0].perform(Answer())


async def test_the_end_of_the_connection_loses_the_line() -> None:
    async with connected() as (line, asterisk):
        performing = started(line.perform(Answer()))
        await asterisk.hears("ANSWER")
        await asterisk.ends()
        with pytest.raises(LineLostError, match="Asterisk ended the session"):
            await performing
        assert line.is_lost


async def test_a_line_that_is_given_up_fails_at_once() -> None:
    async with connected() as (line, asterisk):
        performing = started(line.perform(AwaitKey(60.0)))
        await asterisk.hears("WAIT FOR DIGIT 3000")
        line.lose("the agent is stopping")
        with pytest.raises(LineLostError, match="the agent is stopping"):
            await performing
        await asterisk.hears_the_end()


async def test_a_reply_that_takes_too_long_loses_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agi_line, "REPLY_S", SOON_S)
    async with connected() as (line, _):
        with pytest.raises(LineLostError, match="did not reply in time"):
            await line.perform(Answer())
        assert line.is_lost


async def test_a_command_that_is_cancelled_is_waited_for_before_the_next_goes_out() -> None:
    async with connected() as (line, asterisk):
        performing = started(line.perform(Wait(Hold.MUSIC, 3.0)))
        await asterisk.hears("SET MUSIC ON", OK)
        await asterisk.hears("WAIT FOR DIGIT 3000")
        performing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await performing
        stopping = started(line.stop_music())
        await asyncio.sleep(0)
        asterisk.says(FOUR)
        await asterisk.hears("SET MUSIC OFF", OK)
        await stopping
        sending = started(line.send(b"EXEC MSet\n"))
        await asterisk.hears("EXEC MSet", OK)
        await sending


async def test_a_sound_outside_the_alphabet_never_leaves() -> None:
    async with connected() as (line, _):
        with pytest.raises(LocalProtocolError):
            await line.perform(Say(('x" "\nEXEC System "id',), heed_keys=False))
