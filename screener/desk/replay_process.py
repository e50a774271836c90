"""One replay in a process of its own: `python -m screener.desk.replay_process`, job in, lines out.

A replay keeps a core busy for as long as it takes. Beside the pages it would slow all of them, as
Python runs one thread of a process at a time; in its own it yields to the agent (`nice`), gives its
memory back, and can be ended at any moment, which the worker of a pool cannot. It ends by itself
when whoever asked is gone. A job is JSON on stdin, each line of stdout is a pair of JSON.
"""

import base64
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Any

import screener
from screener.desk.applying import parse_candidate
from screener.desk.playing import Follow, Window, play
from screener.errors import ScreenerError

DAY_S = 86_400.0
LESS_URGENT = 10
"""How much later than the agent a replay is given the processor (`nice`)."""

Said = list[Any]
"""What it says: `done` with a share, `told` or `failed` with a sentence, `found` with figures."""


@dataclass(frozen=True, slots=True)
class ReplayJob:
    """What is played: the `days` before `until` (seconds since 1970), through two files of `path`.

    The log is that of the current one.
    """

    path: Path
    current: bytes
    candidate: bytes
    days: int
    until: float

    @property
    def window(self) -> Window:
        """Return which calls are compared."""
        return Window(self.until - self.days * DAY_S, self.until)


def start_process(job: ReplayJob) -> Popen[bytes]:
    """Start the process of a job."""
    here = str(Path(screener.__file__).parents[1])
    paths = os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
    process = Popen(  # noqa: S603 - our own module, and no shell
        [sys.executable, "-P", "-m", __name__],
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env={**os.environ, "PYTHONPATH": paths},
        start_new_session=True,  # an interrupt at a terminal is for whoever asked
    )
    if process.stdin is not None:
        try:
            process.stdin.write(_written(job))
            process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended, and its status tells
    return process


def said_by(process: Popen[bytes]) -> Iterator[Said]:
    """Yield what the process says until it ends."""
    if process.stdout is None:
        return
    with process.stdout:
        for line in process.stdout:
            if line.endswith(b"\n"):  # one that was ended in the middle of a line said nothing
                yield json.loads(line)


def _written(job: ReplayJob) -> bytes:
    files = [base64.b64encode(one).decode() for one in (job.current, job.candidate)]
    return json.dumps([str(job.path), *files, job.days, job.until]).encode()


def _read(content: bytes) -> ReplayJob:
    path, current, candidate, days, until = json.loads(content)
    files = base64.b64decode(current), base64.b64decode(candidate)
    return ReplayJob(Path(path), *files, days, until)


def _say(word: str, what: object) -> None:
    sys.stdout.write(json.dumps([word, what]) + "\n")
    sys.stdout.flush()


def _play(job: ReplayJob) -> dict[str, Any]:
    window = job.window
    follow = Follow(
        lambda seconds: _say("done", seconds / window.seconds),
        lambda text: _say("told", str(text)),
    )
    current = parse_candidate(job.current, job.path).config
    candidate = parse_candidate(job.candidate, job.path).config
    played = play(current, candidate, current, window, follow)
    return {**played.what_if.told(), "unopened": played.unopened}


def main() -> None:
    """Play the job on stdin."""
    os.nice(LESS_URGENT)
    try:
        try:
            _say("found", _play(_read(sys.stdin.buffer.read())))
        except ScreenerError as error:
            _say("failed", str(error))
    except BrokenPipeError:
        os._exit(1)  # whoever asked is gone, and nothing is left to be written


if __name__ == "__main__":
    main()
