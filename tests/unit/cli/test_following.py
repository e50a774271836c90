import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from screener.cli.arguments import Form
from screener.cli.following import LOOK_EVERY_S, follow
from screener.storage.log_file import set_aside
from screener.storage.log_follow import Follower
from screener.storage.log_query import Filter
from tests.interrupts import heed_interrupts
from tests.unit.cli.command import PATIENCE_S, ROOT
from tests.unit.cli.logged import Logged, logged
from tests.unit.storage.logs import decided, refused


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Logged]:
    with logged(tmp_path) as found:
        found.log.decisions(decided("old"))
        yield found


def script(*steps: Callable[[], object]) -> Callable[[float], None]:
    """Return a `wait` that does one step each time, and Ctrl-C after the last."""
    left = list(steps)

    def wait(seconds: float) -> None:
        assert seconds == LOOK_EVERY_S
        if not left:
            raise KeyboardInterrupt
        left.pop(0)()

    return wait


def test_new_calls_come_as_they_are_written_and_ctrl_c_is_no_error(
    site: Logged, capsys: pytest.CaptureFixture[str]
) -> None:
    log = site.log

    def two() -> None:
        log.decisions(decided("a"))
        log.decisions(refused(decided("b")))

    wait = script(two, lambda: log.decisions(refused(decided("c"))))
    follow(Follower(log.path, Filter(verdict="drop")), [], Form.JSON, wait=wait)
    said = capsys.readouterr()
    assert [json.loads(line)["id"] for line in said.out.splitlines()] == ["b", "c"]
    assert said.err == ""


def test_it_begins_with_what_it_is_given(site: Logged, capsys: pytest.CaptureFixture[str]) -> None:
    new = Follower(site.log.path, Filter())
    follow(new, [{"id": "earlier"}], Form.JSON, wait=script())
    assert json.loads(capsys.readouterr().out)["id"] == "earlier"


def test_a_log_that_is_away_is_told_once_and_waited_for_and_so_is_its_return(
    site: Logged, capsys: pytest.CaptureFixture[str]
) -> None:
    log = site.log

    def back() -> None:
        log.decisions(decided("n"))
        log.settle(3)

    wait = script(lambda: set_aside(log.path), lambda: None, back)
    follow(Follower(log.path, Filter()), [], Form.CSV, wait=wait)
    said = capsys.readouterr()
    assert said.err.splitlines() == [
        "screener: the log cannot be read now (SQLITE_CANTOPEN): waiting",
        "screener: the log is read again",
    ]
    assert [line.split(",")[1] for line in said.out.splitlines()] == ["id", "n"]


def test_the_command_follows_until_it_is_interrupted(site: Logged) -> None:
    command = [sys.executable, "-m", "screener", "log", "-f", "--since", "2020-01-01"]
    following = subprocess.Popen(
        [*command, "-o", "json", "--config", str(site.path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
        preexec_fn=heed_interrupts,  # noqa: PLW1509 - no other thread holds a lock here
    )
    try:
        assert following.stdout is not None
        assert json.loads(following.stdout.readline())["id"] == "old"
        site.log.decisions(decided("new"))
        assert json.loads(following.stdout.readline())["id"] == "new"
        following.send_signal(signal.SIGINT)
        out, err = following.communicate(timeout=PATIENCE_S)
    finally:
        following.kill()
        following.wait()
    assert (following.returncode, out, err) == (0, "", "")
