"""The FastAGI server: where it listens, whom it refuses, how it ends."""

import asyncio
import resource
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from screener.adapters.fastagi import FastAgiServer
from screener.adapters.fastagi_options import FastAgiOptions
from screener.errors import ScreenerError
from tests.dialogs.dialog import read_dialog
from tests.dialogs.scripted import ScriptedScreening

OPTIONS = FastAgiOptions(port=0)
PATIENCE_S = 10.0
ORDINARY = read_dialog(Path(__file__).parents[2] / "dialogs" / "ordinary.dialog")
VERDICT = b'EXEC MSet "SCREENER_VERDICT=admit,SCREENER_ID=7"\n'
ENVIRONMENT = ORDINARY.sent.removesuffix(b"200 result=0\n")


async def goodbye(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def connected(server: FastAgiServer) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", server.port)


async def closed_at_once(server: FastAgiServer) -> bool:
    reader, writer = await connected(server)
    async with asyncio.timeout(PATIENCE_S):
        nothing = await reader.read() == b""
    await goodbye(writer)
    return nothing


async def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        server = FastAgiServer(ScriptedScreening(), replace(OPTIONS, port=port))
        with pytest.raises(ScreenerError) as caught:
            await server.start()
    assert str(caught.value) == (
        f"cannot listen for AGI on 127.0.0.1 port {port}: another program holds it; "
        "stop that program or choose another port"
    )
    assert server.port == 0
    await server.drain(0)


async def test_an_address_of_another_machine_is_one_clear_line() -> None:
    server = FastAgiServer(ScriptedScreening(), replace(OPTIONS, host="192.0.2.1"))
    with pytest.raises(ScreenerError, match="this machine has no such address"):
        await server.start()


async def test_a_peer_that_is_not_allowed_is_closed_at_once_and_counted() -> None:
    screening = ScriptedScreening()
    server = FastAgiServer(screening, replace(OPTIONS, peers=(ip_network("192.0.2.0/24"),)))
    await server.start()
    assert await closed_at_once(server)
    await server.drain(PATIENCE_S)
    assert screening.asked == ["failed 127.0.0.1: not one of the allowed peers"]


async def test_sessions_over_the_cap_are_closed_at_once_and_the_others_go_on() -> None:
    screening = ScriptedScreening()
    server = FastAgiServer(screening, replace(OPTIONS, max_sessions_per_peer=1))
    await server.start()
    reader, writer = await connected(server)
    writer.write(ENVIRONMENT)
    assert await reader.readline() == VERDICT
    assert await closed_at_once(server)
    assert screening.failures == ["too many sessions of this peer"]
    writer.write(b"200 result=0\n")
    assert await reader.read() == b""
    await goodbye(writer)
    await server.drain(PATIENCE_S)
    assert server.gate.open_sessions == 0


async def test_options_can_be_replaced_while_running() -> None:
    screening = ScriptedScreening()
    server = FastAgiServer(screening, OPTIONS)
    await server.start()
    server.options = replace(OPTIONS, max_sessions=0)
    assert server.options.max_sessions == 0
    assert await closed_at_once(server)
    await server.drain(PATIENCE_S)
    assert screening.failures == ["too many sessions"]


async def test_a_drain_lets_a_session_end_and_takes_no_new_one() -> None:
    server = FastAgiServer(ScriptedScreening(), OPTIONS)
    await server.start()
    port = server.port
    reader, writer = await connected(server)
    writer.write(ENVIRONMENT)
    assert await reader.readline() == VERDICT
    async with asyncio.TaskGroup() as group:
        drained = group.create_task(server.drain(PATIENCE_S))
        await asyncio.sleep(0)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        assert not drained.done()
        writer.write(b"200 result=0\n")
        assert await reader.read() == b""
    await goodbye(writer)
    assert not server.sessions


async def test_a_drain_cuts_what_does_not_end_in_time() -> None:
    screening = ScriptedScreening()
    server = FastAgiServer(screening, OPTIONS)
    await server.start()
    reader, writer = await connected(server)
    silent = await connected(server)
    writer.write(ENVIRONMENT[:100])
    while [s.begun for s in server.sessions] not in ([True, False], [False, True]):  # noqa: ASYNC110 - nobody else is told of it
        await asyncio.sleep(0)
    await server.drain(0.01)
    assert await reader.read() == b""
    await goodbye(writer)
    await goodbye(silent[1])
    assert screening.failures == ["the agent is stopping"]


async def test_two_hundred_sessions_at_once_each_get_their_verdict() -> None:
    screening = ScriptedScreening()
    server = FastAgiServer(screening, OPTIONS)
    await server.start()

    async def one() -> bytes:
        reader, writer = await connected(server)
        writer.write(ENVIRONMENT)
        verdict = await reader.readline()
        writer.write(b"200 result=0\n")
        assert await reader.read() == b""
        await goodbye(writer)
        return verdict

    async with asyncio.timeout(PATIENCE_S):
        assert set(await asyncio.gather(*(one() for _ in range(200)))) == {VERDICT}
    await server.drain(PATIENCE_S)
    assert screening.failures == []


async def test_deadlines_are_looked_at_while_there_are_sessions_and_no_longer() -> None:
    screening = ScriptedScreening()
    server = FastAgiServer(screening, replace(OPTIONS, header_timeout=0.02))
    await server.start()
    for _ in range(2):  # again once it has rested
        began = time.perf_counter()
        assert await closed_at_once(server)
        assert time.perf_counter() - began >= 0.02
        while server._sweeping:  # noqa: ASYNC110 - nobody is told of it
            await asyncio.sleep(0.001)
    await server.drain(PATIENCE_S)
    assert screening.failures == ["no whole environment within 0.02 s"] * 2


LIMITED = """
import resource
from screener.adapters.fastagi import require_descriptors
from screener.errors import ScreenerError
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 200))
require_descriptors(50)
assert resource.getrlimit(resource.RLIMIT_NOFILE) == (100, 200)
require_descriptors(200)
assert resource.getrlimit(resource.RLIMIT_NOFILE) == (200, 200)
try:
    require_descriptors(201)
except ScreenerError as error:
    print(error)
"""


def test_descriptors_are_made_sure_of_before_listening() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.startswith(
        "the FastAGI server needs 201 open files and the system allows 200: raise the limit"
    )


async def test_options_that_need_too_many_descriptors_change_nothing() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard == resource.RLIM_INFINITY:
        pytest.skip("this machine sets no limit")
    server = FastAgiServer(ScriptedScreening(), OPTIONS)
    with pytest.raises(ScreenerError, match="open files"):
        server.options = replace(OPTIONS, max_sessions=hard)
    assert server.options == OPTIONS
