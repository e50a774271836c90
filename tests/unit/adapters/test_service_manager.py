"""Telling a service manager over a real socket, and not being held up by one."""

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from screener.adapters.service_manager import ServiceManager

BEAT_US = 20_000
PATIENCE_S = 20.0


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[socket.socket]:
    """The socket of a service manager; nothing that is read from it is waited for."""
    name = f"\0screener-{secrets.token_hex(8)}"
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listening:
        listening.bind(str(tmp_path / "notify") if request.param == "path" else name)
        listening.settimeout(0.0)
        yield listening


def environment(manager: socket.socket, **more: str) -> dict[str, str]:
    name = manager.getsockname()
    address = name if isinstance(name, str) else f"@{name[1:].decode()}"
    return {"NOTIFY_SOCKET": address, **more}


def heard(manager: socket.socket) -> list[str]:
    """Return all that was told by now."""
    told = []
    while True:
        try:
            told.append(manager.recv(4_096).decode())
        except BlockingIOError:
            return told


def test_ready_reloading_and_the_end_are_told_in_their_order(manager: socket.socket) -> None:
    statuses = iter(("takes calls", "takes more calls"))
    service = ServiceManager(lambda: next(statuses), environment(manager))
    before = time.monotonic_ns() // 1000
    with service.serving():
        assert heard(manager) == ["READY=1\nSTATUS=takes calls"]
        with service.reloading():
            words, _, moment = heard(manager)[0].partition("MONOTONIC_USEC=")
            assert words == "RELOADING=1\n"
            assert before <= int(moment) <= time.monotonic_ns() // 1000
        assert heard(manager) == ["READY=1\nSTATUS=takes more calls"]
    assert heard(manager) == ["STOPPING=1\nSTATUS=ending"]


def test_a_reload_that_is_refused_ends_as_well(manager: socket.socket) -> None:
    service = ServiceManager(lambda: "as before", environment(manager))
    with service.serving():
        heard(manager)
        with pytest.raises(ValueError, match="no such mode"), service.reloading():
            raise ValueError("no such mode")
        assert heard(manager)[-1] == "READY=1\nSTATUS=as before"


def test_without_a_watchdog_a_step_says_nothing(manager: socket.socket) -> None:
    service = ServiceManager(str, environment(manager))
    with service.serving():
        heard(manager)
        service.step()
        assert heard(manager) == []


def test_another_process_is_not_kept_alive_by_this_one(manager: socket.socket) -> None:
    watchdog = {"WATCHDOG_USEC": str(BEAT_US), "WATCHDOG_PID": str(os.getpid() + 1)}
    ServiceManager(str, environment(manager, **watchdog)).step()
    assert heard(manager) == []


def test_beats_come_from_the_event_loop_and_not_while_it_hangs(manager: socket.socket) -> None:
    service = ServiceManager(str, environment(manager, WATCHDOG_USEC=str(BEAT_US)))

    async def beat() -> None:
        """Wait for one; what was told before is heard and gone."""
        async with asyncio.timeout(PATIENCE_S):
            while await asyncio.get_running_loop().sock_recv(manager, 4_096) != b"WATCHDOG=1":
                pass

    async def serve() -> tuple[list[str], list[str]]:
        with service.serving():
            await beat()
            await beat()  # not only the first, which comes with the word that it is ready
            heard(manager)
            time.sleep(10 * service.beat_s)  # noqa: ASYNC251 - the hang
            hung = heard(manager)
            await beat()
            heard(manager)
        await asyncio.sleep(4 * service.beat_s)
        return hung, heard(manager)

    hung, draining = asyncio.run(serve())
    assert hung == []
    assert draining[0] == "STOPPING=1\nSTATUS=ending"
    assert set(draining[1:]) == {"WATCHDOG=1"}  # what drains is alive


def test_a_manager_that_is_away_is_told_the_newest_word_when_it_is_back(tmp_path: Path) -> None:
    path = tmp_path / "notify"
    service = ServiceManager(lambda: "takes calls", {"NOTIFY_SOCKET": str(path)})
    with service.serving():
        service.step()
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as manager:
            manager.bind(str(path))
            manager.settimeout(0.0)
            service.step()
            service.step()
            assert heard(manager) == ["READY=1\nSTATUS=takes calls"]


def test_a_manager_that_reads_nothing_holds_nobody_up(manager: socket.socket) -> None:
    service = ServiceManager(str, environment(manager, WATCHDOG_USEC=str(BEAT_US)))
    for _ in range(3_000):  # more than any queue of datagrams holds
        service.step()
    beats = heard(manager)
    assert 0 < len(beats) < 3_000
    service.step()
    assert heard(manager) == ["WATCHDOG=1"]


@pytest.mark.parametrize("address", ["", "/", "/" + 200 * "x", "@" + 200 * "x", "vsock:2:1"])
def test_an_address_that_is_none_is_no_fault(address: str) -> None:
    service = ServiceManager(str, {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000"})
    with service.serving(), service.reloading():
        service.step()
