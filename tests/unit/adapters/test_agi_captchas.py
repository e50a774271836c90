"""Captchas over FastAGI sessions: taken over, asked, told; none where that cannot be."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from screener.adapters import agi_captchas, agi_line
from screener.adapters.fastagi import FastAgiServer
from screener.adapters.fastagi_options import FastAgiOptions
from screener.core.captcha_flow import AwaitKey, Command, Ending, Say, Wait
from screener.core.settings import Hold
from screener.errors import CallerGoneError, LineLostError
from screener.ports import Line
from tests.dialogs.scripted import ScriptedScreening
from tests.unit.adapters.an_asterisk import PATIENCE_S, AnAsterisk
from tests.unit.fastagi_client import environment

OPTIONS = FastAgiOptions(port=0, max_sessions=2, max_sessions_per_peer=1)
BEGIN = 'EXEC Exec "MSet(SCREENER_STAGE=asked,TIMEOUT(absolute)=${SCREENER_LIMIT})"'
OK = "200 result=0"
CALL = "0123456789abcdef"
SOON_S = 0.02


class ScriptedAsking:
    """Asks by performing one command, and ends as it is told."""

    def __init__(self, ending: Ending = Ending.PASSED, command: Command | None = None) -> None:
        self.ending = ending
        self.command = command or AwaitKey(1.0)
        self.told: list[str] = []
        self.limit_s = PATIENCE_S
        self.error: Exception | None = None

    def is_open(self, call_id: str) -> bool:
        return call_id == CALL

    async def ask(self, call_id: str, line: Line) -> Ending:
        if self.error is not None:
            raise self.error
        try:
            async with asyncio.timeout(self.limit_s):
                keys = await line.perform(self.command)
        except CallerGoneError:
            keys, self.ending = "gone", Ending.ABANDONED
        except LineLostError as error:
            keys, self.ending = str(error), Ending.LOST
        except TimeoutError:
            keys, self.ending = "time", Ending.SILENT
        self.told.append(f"{call_id} {keys or '-'}")
        return self.ending

    def give_up(self, call_id: str) -> None:
        self.told.append(f"{call_id} given up")


def wanted(call_id: str = CALL, argument: str | None = None) -> str:
    """Return the environment of AGI(agi://host/captcha/ID,ID), less its last line end."""
    named = call_id if argument is None else argument
    digest = hashlib.md5(named.encode(), usedforsecurity=False).hexdigest()
    text = environment("captcha", named).decode().replace(f"captcha/{digest}", f"captcha/{call_id}")
    return text.removesuffix("\n")


@asynccontextmanager
async def serving(
    asking: ScriptedAsking | None, options: FastAgiOptions = OPTIONS
) -> AsyncIterator[tuple[FastAgiServer, ScriptedScreening]]:
    screening = ScriptedScreening()
    server = FastAgiServer(screening, options, asking)
    await server.start()
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield server, screening
    finally:
        await server.drain(PATIENCE_S)
    assert not server.sessions
    assert server.gate.open_sessions == 0
    assert len(server.captchas) == 0


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110 - nobody is told of it
        await asyncio.sleep(0)


@pytest.mark.parametrize("ending", [Ending.PASSED, Ending.FAILED, Ending.SILENT])
async def test_the_dialplan_is_told_that_a_caller_is_asked_and_how_it_ended(ending: Ending) -> None:
    asking = ScriptedAsking(ending)
    async with serving(asking) as (server, screening):
        asterisk = await AnAsterisk.at(server.port)
        asterisk.says(wanted())
        await asterisk.hears(BEGIN, OK)
        await asterisk.hears("WAIT FOR DIGIT 1000", "200 result=52")
        await asterisk.hears(f'EXEC MSet "SCREENER_STAGE={ending}"', OK)
        await asterisk.hears_the_end()
    assert asking.told == [f"{CALL} 4"]
    assert screening.asked == []


async def test_who_hangs_up_is_told_to_the_inside_alone() -> None:
    asking = ScriptedAsking()
    async with serving(asking) as (server, _):
        asterisk = await AnAsterisk.at(server.port)
        asterisk.says(wanted())
        await asterisk.hears(BEGIN, OK)
        await asterisk.hears("WAIT FOR DIGIT 1000", "200 result=-1", "HANGUP")
        await asterisk.hears_the_end()
        early = await AnAsterisk.at(server.port)
        early.says(wanted(), "HANGUP")
        await early.hears_the_end()
    assert asking.told == [f"{CALL} gone"] * 2


async def test_an_asterisk_that_refuses_to_begin_is_left_to_its_dialplan(
    caplog: pytest.LogCaptureFixture,
) -> None:
    asking = ScriptedAsking()
    async with serving(asking) as (server, _):
        asterisk = await AnAsterisk.at(server.port)
        asterisk.says(wanted())
        await asterisk.hears(BEGIN, "510 Invalid or unknown command")
        await asterisk.hears_the_end()
    assert asking.told == []
    assert "a captcha could not begin: Asterisk refused a command (510)" in caplog.text


async def test_a_lost_captcha_is_given_up_and_told_where_it_can_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(agi_line, "HANGUP_S", SOON_S)
    asking = ScriptedAsking()
    async with serving(asking) as (server, _):
        asterisk = await AnAsterisk.at(server.port)
        asterisk.says(wanted())
        await asterisk.hears(BEGIN, OK)
        await asterisk.hears("WAIT FOR DIGIT 1000", "200 result=-1")
        await asterisk.hears('EXEC MSet "SCREENER_STAGE=lost"', OK)
        await asterisk.hears_the_end()
    assert asking.told == [f"{CALL} Asterisk could not carry out a command", f"{CALL} given up"]


async def test_where_a_sound_is_missing_the_dialplan_asks_and_the_place_is_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(agi_line, "HANGUP_S", SOON_S)
    asking = ScriptedAsking(command=Say(("nosuch",), heed_keys=True))
    async with serving(asking) as (server, _):
        asterisk = await AnAsterisk.at(server.port)
        asterisk.says(wanted())
        await asterisk.hears(BEGIN, OK)
        await asterisk.hears('STREAM FILE nosuch "0123456789*#"', "200 result=-1 endpos=0")
        await asterisk.hears('EXEC MSet "SCREENER_STAGE=challenge"', OK)
        await asterisk.hears_the_end()
    assert asking.told == [f"{CALL} Asterisk could not play nosuch"]


async def test_at_the_end_of_the_time_the_music_is_ended_before_the_ending_is_told() -> None:
    asking = ScriptedAsking(command=Wait(Hold.MUSIC, 3.0))
    asking.limit_s = SOON_S
    async with serving(asking) as (server, _):
        asterisk = await AnAsterisk.at(server.port)
        asterisk.says(wanted())
        await asterisk.hears(BEGIN, OK)
        await asterisk.hears("SET MUSIC ON", OK)
        await asterisk.hears("WAIT FOR DIGIT 3000")
        await until(lambda: asking.told == [f"{CALL} time"])
        asterisk.says("200 result=52")
        await asterisk.hears("SET MUSIC OFF", OK)
        await asterisk.hears('EXEC MSet "SCREENER_STAGE=silent"', OK)
        await asterisk.hears_the_end()


async def test_a_drain_ends_captchas_at_once_as_lost() -> None:
    asking = ScriptedAsking()
    async with serving(asking) as (server, _):
        asterisk = await AnAsterisk.at(server.port)
        asterisk.says(wanted())
        await asterisk.hears(BEGIN, OK)
        await asterisk.hears("WAIT FOR DIGIT 1000")
        await server.drain(PATIENCE_S)
        await asterisk.hears_the_end()
    assert asking.told == [f"{CALL} the agent is stopping", f"{CALL} given up"]


async def test_captchas_take_no_verdicts_session_away() -> None:
    async with serving(ScriptedAsking()) as (server, screening):
        asked = await AnAsterisk.at(server.port)
        asked.says(wanted())
        await asked.hears(BEGIN, OK)
        assert (len(server.captchas), server.gate.open_sessions) == (1, 0)
        other = await AnAsterisk.at(server.port)
        other.says(environment("outcome", "id=7&event=abandoned&wait=9").decode().rstrip("\n"), "")
        await other.hears_the_end()
        await asked.ends()
    assert screening.asked == ["report 7 abandoned 0 after 9"]


async def closed(server: FastAgiServer, *lines: str) -> None:
    asterisk = await AnAsterisk.at(server.port)
    asterisk.says(*lines)
    await asterisk.hears_the_end()


async def test_no_captcha_is_taken_that_nobody_wants_or_is_asked_already() -> None:
    asking = ScriptedAsking()
    options = replace(OPTIONS, max_sessions_per_peer=2)
    async with serving(asking, options) as (server, screening):
        await closed(server, wanted("feedfacefeedface"))
        asked = await AnAsterisk.at(server.port)
        asked.says(wanted())
        await asked.hears(BEGIN, OK)
        await closed(server, wanted())
        await asked.ends()
        await until(lambda: len(server.captchas) == 0)
    async with serving(None) as (server, screening):
        await closed(server, wanted())
    assert screening.asked == []
    assert asking.told == [f"{CALL} Asterisk ended the session", f"{CALL} given up"]


async def test_captchas_have_a_share_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agi_captchas, "MOST_CAPTCHAS", 0)
    async with serving(ScriptedAsking()) as (server, screening):
        await closed(server, wanted())
    assert screening.asked == []


@pytest.mark.parametrize(
    "lines",
    [
        (wanted(argument="0123456789abcdee"),),
        (wanted(argument=""),),
        (wanted().replace("agi_callerid: unknown", "agi_callerid: 1\nagi_uniqueid: x"),),
        (wanted(), "200 result=0"),
        (wanted().replace("agi_rdnis: unknown", "agi_rdnis: 1\n\n200 result=0"),),
    ],
)
async def test_a_malformed_caller_is_told_no_command(lines: tuple[str, ...]) -> None:
    asking = ScriptedAsking()
    async with serving(asking) as (server, screening):
        await closed(server, *lines)
    assert asking.told == []
    (failure,) = screening.failures
    assert failure.startswith("an outcome or a captcha was malformed: ")


async def test_an_inside_that_raises_ends_the_captcha_and_no_word_of_it_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    asking = ScriptedAsking()
    asking.error = ValueError("+15551230001 is too much")
    async with serving(asking) as (server, _):
        asterisk = await AnAsterisk.at(server.port)
        asterisk.says(wanted())
        await asterisk.hears(BEGIN, OK)
        await asterisk.hears_the_end()
    (record,) = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert record.getMessage() == "a captcha raised ValueError"
