"""Tasks on all cores."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from screener.cli.simulate_cores import cores, on_cores
from screener.errors import ScreenerError, UsageError
from tests.unit.cli.command import PATIENCE_S, ROOT

WAITING = """
import signal, sys, time
from pathlib import Path
from screener.cli.simulate_cores import on_cores

def work(place):
    Path(place).write_text("begun")
    time.sleep(60)

if __name__ == "__main__":
    # Whoever runs the tests in the background has this signal ignored, for children as well.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    on_cores(work, sys.argv[1:], 2, print)
"""


def squared(number: int) -> int:
    return number * number


def refuse(number: int) -> int:
    raise UsageError(f"not {number}")


def vanish(_: int) -> int:
    os._exit(9)


def pid_of_worker(_: int) -> int:
    return os.getpid()


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_tasks_and_progress_as_they_are_ready(jobs: int) -> None:
    told: list[int] = []
    assert on_cores(squared, [3, 1, 2], jobs, told.append) == [9, 1, 4]
    assert told == [1, 2, 3]


def test_one_task_runs_right_here_and_several_elsewhere() -> None:
    assert on_cores(pid_of_worker, [1], 8, print) == [os.getpid()]
    assert os.getpid() not in on_cores(pid_of_worker, [1, 2], 2, print)


def test_nothing_to_do_is_done_at_once() -> None:
    assert on_cores(squared, [], 2, print) == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_task_refuses_is_told(jobs: int) -> None:
    with pytest.raises(UsageError, match="not 4"):
        on_cores(refuse, [4, 4], jobs, print)


def test_a_process_that_is_ended_from_outside_is_told_in_words() -> None:
    with pytest.raises(ScreenerError, match="--jobs 1"):
        on_cores(vanish, [1, 2], 2, print)


def test_there_is_at_least_one_core() -> None:
    assert cores() >= 1


@pytest.mark.skipif(os.name != "posix", reason="sends a signal to a group of processes")
@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGKILL])
def test_whatever_ends_it_no_process_is_left(tmp_path: Path, ended_by: signal.Signals) -> None:
    script = tmp_path / "waiting.py"
    script.write_text(WAITING)
    marks = [tmp_path / name for name in ("a", "b")]
    with subprocess.Popen(
        [sys.executable, script, *marks],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    ) as parent:
        assert parent.stdout is not None
        _until(lambda: all(mark.exists() for mark in marks))
        if ended_by is signal.SIGINT:
            os.killpg(parent.pid, ended_by)  # as a terminal does
        else:
            parent.send_signal(ended_by)
        # The end of its output: every process that could write to it is gone.
        said = parent.stdout.read()
        assert parent.wait(PATIENCE_S) != 0
    # Each trace is our own parent's; a child says nothing.
    assert said.count(b"Traceback") <= (2 if ended_by is signal.SIGINT else 0)


def _until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.02)
