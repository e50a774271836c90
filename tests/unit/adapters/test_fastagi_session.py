"""One session: what it asks of the inside, its deadlines, and its end when the inside fails."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from screener.adapters.fastagi import FastAgiServer
from screener.adapters.fastagi_options import FastAgiOptions
from screener.core.call import Facts, Load
from screener.core.outcome import Origin
from screener.core.shared import Question
from screener.core.sharing import Consulted
from tests.builders import a_call
from tests.dialogs.dialog import read_dialog
from tests.dialogs.scripted import ScriptedScreening

DIALOGS = Path(__file__).parents[2] / "dialogs"
OPTIONS = FastAgiOptions(port=0, header_timeout=10.0, reply_timeout=10.0)
PATIENCE_S = 10.0
SOON_S = 0.02


def said(name: str) -> bytes:
    """What Asterisk sends in a dialogue, up to the first thing that the agent must say."""
    dialog = read_dialog(DIALOGS / f"{name}.dialog")
    lines: list[str] = []
    for mark, text in dialog.steps:
        if mark != ">>":
            break
        lines.append(text + "\n")
    return "".join(lines).encode()


ENVIRONMENT = said("ordinary")


@asynccontextmanager
async def serving(
    screening: ScriptedScreening, options: FastAgiOptions = OPTIONS
) -> AsyncIterator[FastAgiServer]:
    server = FastAgiServer(screening, options)
    await server.start()
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield server
    finally:
        await server.drain(PATIENCE_S)


async def goodbye(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def talk(server: FastAgiServer, data: bytes) -> bytes:
    """Send the bytes, leave the stream open, and return all that comes until the agent's end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(data)
    try:
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        await goodbye(writer)


@pytest.mark.parametrize("rest", [b"HANGUP\n", b"HANGUP\nHANGUP\n"])
async def test_a_call_that_has_ended_meanwhile_is_no_malformed_caller(rest: bytes) -> None:
    screening = ScriptedScreening()
    async with serving(screening) as server:
        await talk(server, ENVIRONMENT + rest)
    assert len(screening.facts) == 1


@pytest.mark.parametrize("rest", [b"\n", b"hangup\n", b"HANGUP\n" * 3, b"HANGUP\n200 result=0\n"])
async def test_anything_else_behind_the_environment_is_a_malformed_caller(rest: bytes) -> None:
    screening = ScriptedScreening()
    async with serving(screening) as server:
        await talk(server, ENVIRONMENT + rest)
    assert screening.facts == []


async def test_the_facts_reach_the_inside_under_their_names() -> None:
    screening = ScriptedScreening()
    async with serving(screening) as server:
        await talk(server, ENVIRONMENT + b"HANGUP\n")
    assert screening.facts == [
        Facts(
            number="+15551230001",
            name="Ann Lee",
            presentation="0",
            did="18005550100",
            trunk="trunk-a",
            source="192.0.2.7",
            uniqueid="1700000000.1",
            queue_waiting="3",
            operators_logged_in="12",
            operators_ready="2",
            channels_in_use="41",
        )
    ]


async def test_a_malformed_caller_is_told_with_the_channel_that_asterisk_named() -> None:
    screening = ScriptedScreening()
    async with serving(screening) as server:
        await talk(server, said("injected_line"))
    why = "line 11 of the environment is not agi_callingpres"
    assert screening.origins == [
        Origin("127.0.0.1", why, "PJSIP/trunk-a-00000001", "1700000000.1"),
    ]


async def test_control_characters_in_a_channel_name_are_inert() -> None:
    screening = ScriptedScreening()
    async with serving(screening) as server:
        await talk(server, said("injected_line").replace(b"PJSIP/", b"PJ\x1bSIP/"))
    assert screening.origins[0].channel == "PJ?SIP/trunk-a-00000001"


async def test_a_malformed_caller_is_let_go_although_the_other_side_stays() -> None:
    screening = ScriptedScreening()
    async with serving(screening) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(said("injected_line"))
        assert (await reader.read()).startswith(b"EXEC MSet ")
        assert len(server.sessions) == 1
        await goodbye(writer)
        await server.drain(PATIENCE_S)
        assert not server.sessions


@pytest.mark.parametrize("start", [b"", b"agi_network: yes\n", ENVIRONMENT[:-1]])
async def test_an_environment_that_takes_too_long_ends_the_session(start: bytes) -> None:
    screening = ScriptedScreening()
    async with serving(screening, replace(OPTIONS, header_timeout=SOON_S)) as server:
        assert await talk(server, start) == b""
    assert screening.asked == ["failed 127.0.0.1: no whole environment within 0.02 s"]


async def test_a_reply_that_takes_too_long_ends_the_session() -> None:
    screening = ScriptedScreening()
    async with serving(screening, replace(OPTIONS, reply_timeout=SOON_S)) as server:
        assert (await talk(server, ENVIRONMENT)).endswith(b'"\n')
    assert screening.failures == ["no reply to the verdict within 0.02 s"]


async def test_an_inside_that_raises_costs_the_verdict_and_no_word_of_it_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    screening = ScriptedScreening()
    screening.error = ValueError("+15551230001 is too much")
    async with serving(screening) as server:
        assert await talk(server, ENVIRONMENT) == b""
    assert screening.failures == ["the agent failed inside (ValueError)"]
    (record,) = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert "a session raised ValueError" in record.getMessage()
    assert "in screen" in record.getMessage()
    assert "5551230001" not in caplog.text


async def test_an_answer_outside_the_alphabet_never_leaves() -> None:
    screening = ScriptedScreening()
    screening.answer = {"SCREENER_VERDICT": 'admit"\nEXEC System "id'}
    async with serving(screening) as server:
        assert await talk(server, ENVIRONMENT) == b""
    assert screening.failures == ["the agent failed inside (LocalProtocolError)"]


async def test_a_report_that_raises_ends_the_session() -> None:
    screening = ScriptedScreening()
    screening.error = KeyError("7")
    async with serving(screening) as server:
        assert await talk(server, said("outcome")) == b""
    assert screening.failures == ["the agent failed inside (KeyError)"]


async def test_bytes_behind_the_environment_are_a_malformed_caller() -> None:
    screening = ScriptedScreening()
    async with serving(screening) as server:
        answer = await talk(server, ENVIRONMENT + b"200 result=0\n")
    assert answer == b'EXEC MSet "SCREENER_VERDICT=drop,SCREENER_REASON=malformed"\n'
    assert [origin.why for origin in screening.origins] == ["bytes came after the environment"]


async def test_nothing_of_a_caller_is_ever_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("ordinary", "injected_line", "other_number", "misshaped_reply", "unknown_path"):
        async with serving(ScriptedScreening()) as server:
            await talk(server, read_dialog(DIALOGS / f"{name}.dialog").sent)
    assert "5551230001" not in caplog.text
    assert "Ann" not in caplog.text


def a_consulted() -> Consulted:
    """Return what an asking came to that was not answered."""
    return Consulted(a_call(), Load(), (), Question("call-1", "", "", ()))


async def until_consulted(screening: ScriptedScreening) -> asyncio.Future[Consulted]:
    while not screening.consulted:  # noqa: ASYNC110 - the server says nothing of it
        await asyncio.sleep(0.001)
    assert screening.asking is not None
    return screening.asking


async def test_where_other_edges_are_asked_the_verdict_waits_for_their_answer() -> None:
    screening = ScriptedScreening()
    async with serving(screening) as server:
        screening.asking = server.loop.create_future()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(ENVIRONMENT)
        asking = await until_consulted(screening)
        assert screening.facts == []
        consulted = a_consulted()
        asking.set_result(consulted)
        assert b"SCREENER_VERDICT=admit" in await reader.readline()
        writer.write(b"200 result=0\n")
        assert await reader.read() == b""
        await goodbye(writer)
    assert screening.told == [consulted]
    assert screening.failures == []


async def test_who_hangs_up_while_other_edges_are_asked_is_decided_and_told_nothing() -> None:
    screening = ScriptedScreening()
    async with serving(screening) as server:
        screening.asking = server.loop.create_future()
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(ENVIRONMENT)
        asking = await until_consulted(screening)
        writer.transport.abort()
        while server.sessions:  # noqa: ASYNC110 - the server says nothing of it
            await asyncio.sleep(0.001)
        asking.set_result(a_consulted())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert len(screening.facts) == 1
    assert screening.failures == []


@pytest.mark.parametrize("said_meanwhile", [b"HANGUP\n", b"HANGUP\nHANGUP\n", b"x" * 100_000])
async def test_what_comes_while_other_edges_are_asked_costs_no_verdict(
    said_meanwhile: bytes,
) -> None:
    screening = ScriptedScreening()
    async with serving(screening) as server:
        screening.asking = server.loop.create_future()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(ENVIRONMENT)
        asking = await until_consulted(screening)
        writer.write(said_meanwhile)
        await asyncio.sleep(SOON_S)
        asking.set_result(a_consulted())
        assert b"SCREENER_VERDICT=admit" in await reader.readline()
        await goodbye(writer)
    assert len(screening.facts) == 1


async def test_no_deadline_for_the_environment_runs_while_other_edges_are_asked() -> None:
    screening = ScriptedScreening()
    async with serving(screening, replace(OPTIONS, header_timeout=SOON_S)) as server:
        screening.asking = server.loop.create_future()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(ENVIRONMENT)
        asking = await until_consulted(screening)
        await asyncio.sleep(4 * SOON_S)
        asking.set_result(a_consulted())
        assert b"SCREENER_VERDICT=admit" in await reader.readline()
        await goodbye(writer)
    assert screening.failures == []


@pytest.mark.parametrize("how", ["cancelled", "inside"])
async def test_an_asking_that_goes_wrong_costs_no_telephone_call(how: str) -> None:
    screening = ScriptedScreening()
    async with serving(screening) as server:
        screening.asking = server.loop.create_future()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(ENVIRONMENT)
        asking = await until_consulted(screening)
        if how == "cancelled":
            asking.cancel()
            assert b"SCREENER_VERDICT=admit" in await reader.readline()
            assert screening.told == [None]
        else:
            screening.error = ZeroDivisionError("a bug")
            asking.set_result(a_consulted())
            assert await reader.read() == b""
        await goodbye(writer)


async def test_a_malformed_caller_costs_other_edges_no_question() -> None:
    screening = ScriptedScreening()
    async with serving(screening) as server:
        screening.asking = server.loop.create_future()
        await talk(server, said("injected_line"))
    assert screening.consulted == []
    assert len(screening.origins) == 1
