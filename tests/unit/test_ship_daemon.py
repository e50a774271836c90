"""What the shipper's process is, without a server; with one it is tests/e2e/test_central_log.py."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from screener.config.options import ShipOptions
from screener.ship_daemon import edge_name


def test_an_edge_is_called_as_told_or_as_its_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert edge_name(ShipOptions(edge="edge-1")) == "edge-1"
    for host, name in [("pbx1.example.org", "pbx1.example.org"), ("a b/c", "a-b-c"), ("", "edge")]:
        monkeypatch.setattr("socket.gethostname", lambda host=host: host)
        assert edge_name(ShipOptions()) == name


def test_it_runs_without_a_server_says_so_and_ends_when_told(tmp_path: Path) -> None:
    path = tmp_path / "screener.yaml"
    path.write_text(
        f"version: 1\nstorage: {{folder: {tmp_path}, keys: {tmp_path}/keys.json}}\n"
        f'ship: {{dsn: "host={tmp_path} dbname=x user=x", edge: edge-1}}\n'
    )
    with subprocess.Popen(
        [sys.executable, "-m", "screener", "ship", "-c", str(path)],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        told = [process.stderr.readline() for _ in range(2)]
        os.kill(process.pid, signal.SIGTERM)
        told += process.stderr.readlines()
        assert process.wait(20.0) == 0
    words = [line.split()[3] for line in told]
    assert words == ["SHIP-READY", "SHIP-DOWN", "SHIP-STOPPED"], told
    assert "edge=edge-1" in told[0]
