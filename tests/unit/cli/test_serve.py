"""What `serve` starts is tested as a whole in `tests/unit/test_daemon.py`."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.unit.cli.command import PATIENCE_S, ROOT


def test_it_serves_in_the_foreground_until_ctrl_c_and_ends_with_status_0(tmp_path: Path) -> None:
    config = tmp_path / "screener.yaml"
    config.write_text(
        f"version: 1\nlisten: {{port: 0}}\ncontrol: {{socket: {tmp_path}/control.sock}}\n"
    )
    with subprocess.Popen(
        [sys.executable, "-m", "screener", "serve", "--config", str(config)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as child:
        try:
            assert child.stderr is not None
            for line in child.stderr:
                if " READY " in line:
                    break
            os.kill(child.pid, signal.SIGINT)
            out, rest = child.communicate(timeout=PATIENCE_S)
        finally:
            child.kill()
    assert (child.returncode, out) == (0, "")
    assert [line.split()[3] for line in rest.splitlines()] == ["DRAIN", "STOPPED"]
