import subprocess
import sys
from pathlib import Path

import pytest

from screener.errors import MissingPartError
from screener.lab.child import Child

STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True)\n"


class Program(Child):
    """Python at work until it is ended."""

    what = "the test's program"
    stop_limit_s = 0.5

    def __init__(self, folder: Path, code: str = "") -> None:
        self.output = folder / "output"
        self._code = code + "import time; time.sleep(60)"

    def start(self) -> None:
        self._spawn([sys.executable, "-c", self._code], self.output)


def test_it_runs_between_start_and_stop(tmp_path: Path) -> None:
    program = Program(tmp_path)
    assert not program.running
    with program:
        assert program.running
        assert program.pid > 0
    assert not program.running
    program.stop()


def test_what_does_not_run_has_no_process_id(tmp_path: Path) -> None:
    with pytest.raises(MissingPartError, match="the test's program is not running"):
        _ = Program(tmp_path).pid


def test_a_program_that_will_not_end_is_killed(tmp_path: Path) -> None:
    program = Program(tmp_path, STUBBORN)
    program.start()
    child = program._child
    assert isinstance(child, subprocess.Popen)
    while "up" not in program.output.read_text():
        assert child.poll() is None
    program.stop()
    assert child.returncode == -9


def test_a_ctrl_c_for_us_is_none_for_it(tmp_path: Path) -> None:
    with Program(tmp_path, "import os; print(os.getsid(0), flush=True)\n") as program:
        while not program.output.read_text():
            assert program.running
        assert int(program.output.read_text()) == program.pid
