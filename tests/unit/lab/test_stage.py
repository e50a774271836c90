"""What of a stage can be seen without Asterisk; a whole one is set up in `tests/e2e`."""

import asyncio
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from screener.errors import MissingPartError
from screener.lab.agent_process import AgentProcess
from screener.lab.asterisk import BOOT_LIMIT_S, Asterisk
from screener.lab.ports import LOOPBACK
from screener.lab.root import LabRoot
from screener.lab.stage import Stage
from screener.lab.web_process import WebProcess
from tests.unit.agents import ended


def a_program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


ASTERISK = """\
case "$*" in
*-rx*) echo "Asterisk has fully booted." ;;
*) touch run/asterisk.ctl; exec sleep 60 ;;
esac"""
"""What looks like a booted Asterisk to whoever starts it."""


def a_stage(folder: Path, monkeypatch: pytest.MonkeyPatch, asterisk: str) -> Stage:
    a_program(folder, "asterisk", asterisk)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return Stage(LabRoot("22.10.1", folder, folder), lambda _: None, enforce=True)


async def test_an_asterisk_that_does_not_start_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = a_stage(tmp_path, monkeypatch, "echo no modules here; exit 1")
    with pytest.raises(MissingPartError, match="Asterisk ended while starting: no modules here"):
        await stage.__aenter__()
    assert not stage.folder.exists()


async def test_an_agent_that_does_not_start_takes_asterisk_down_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = a_stage(tmp_path, monkeypatch, ASTERISK)
    with (
        socket.create_server((LOOPBACK, stage.ports.agent)),
        pytest.raises(MissingPartError, match="another program holds it"),
    ):
        await stage.__aenter__()
    assert not stage.asterisk.running
    assert not stage.folder.exists()


@pytest.mark.parametrize("begun", [False, True])
async def test_a_start_that_is_called_off_does_not_wait_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, begun: bool
) -> None:
    """Before Asterisk has begun, or in the middle of its boot."""
    mark = tmp_path / "begun"
    stage = a_stage(tmp_path, monkeypatch, f"touch {mark}; exec sleep 60")  # never booted
    saying = asyncio.Event()
    stage._say = lambda _: saying.set()
    entering = asyncio.ensure_future(stage.__aenter__())
    async with asyncio.timeout(BOOT_LIMIT_S / 2):
        await saying.wait()
        if begun:
            await asyncio.to_thread(there, mark)
        entering.cancel()
        await asyncio.wait((entering,))
    assert entering.cancelled()
    assert not stage.asterisk.running
    assert not stage.folder.exists()


def there(path: Path) -> None:
    """Wait until somebody has made a file."""
    while not path.exists():
        time.sleep(0.01)


def test_two_stages_do_not_get_in_each_others_way(tmp_path: Path) -> None:
    root = LabRoot("22.10.1", tmp_path, tmp_path)
    one, other = (Stage(root, lambda _: None, enforce=True).ports for _ in range(2))
    ports = {one.sip, one.operators, one.agent, one.http, one.ami}
    assert len(ports) == 5
    assert ports.isdisjoint({other.sip, other.operators, other.agent, other.http, other.ami})


def test_the_part_that_died_is_named(tmp_path: Path) -> None:
    root = LabRoot("22.10.1", tmp_path, tmp_path)
    stage = Stage(root, lambda _: None, enforce=True)
    stage.agent = AgentProcess(tmp_path, stage.ports.agent, enforce=True)
    stage.asterisk = Asterisk(root, tmp_path / "asterisk", stage.ports)
    stage.agent.start()
    stage.web = WebProcess(stage.agent.config, tmp_path / "web.log")
    try:
        assert stage.part_that_died() == "web admin"
        stage.web.start()
        assert stage.part_that_died() == "Asterisk"
        os.kill(stage.agent.pid, signal.SIGKILL)
        ended(stage.agent)
        assert stage.part_that_died() == "agent"
    finally:
        stage.web.stop()
        stage.agent.stop()
