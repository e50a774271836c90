"""Replays of a draft in the background: one at a time, each in a process of its own.

That process is `replay_process`'s, what it plays `playing`'s. Kept here is who began which, how far
it is and what it found, as long as this process runs.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from subprocess import Popen
from threading import Lock, Thread
from typing import Any

from screener.desk.applying import parse_candidate
from screener.desk.replay_process import ReplayJob, Said, said_by, start_process
from screener.errors import ScreenerError

MOST_KEPT = 20
"""Runs whose findings are kept in memory; the oldest go first."""


class ReplayState(StrEnum):
    """What became of a replay."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(slots=True)
class ReplayRun:
    """A replay that was begun: how far it is, and what it found (as `WhatIf.told`).

    `pair` are the hashes of both configurations, `share` says how much of its time is played.
    """

    number: str
    who: str
    job: ReplayJob
    pair: tuple[str, str]
    state: ReplayState = ReplayState.RUNNING
    share: float = 0.0
    took_s: float = 0.0
    error: str = ""
    notes: list[str] = field(default_factory=list)
    found: dict[str, Any] | None = None

    @property
    def alarms(self) -> list[str]:
        """Return why its impact is large, in words."""
        return [] if self.found is None else list(self.found["large_impact"])


class Replays:
    """The replays of one site; `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._runs: dict[str, ReplayRun] = {}
        self._process: Popen[bytes] | None = None
        self._follower: Thread | None = None

    def start(self, job: ReplayJob, who: str) -> ReplayRun:
        """Begin a replay; raises ScreenerError where one runs, or a file is refused."""
        pair = tuple(
            parse_candidate(one, job.path).config.settings.config_hash
            for one in (job.current, job.candidate)
        )
        with self._lock:
            if (busy := self.running) is not None:
                raise ScreenerError(f"a replay that {busy.who} began is under way: one at a time")
            run = ReplayRun(secrets.token_hex(8), who, job, (pair[0], pair[1]))
            self._begin(run)
            self._runs[run.number] = run
            for old in list(self._runs)[:-MOST_KEPT]:
                del self._runs[old]
        return run

    @property
    def running(self) -> ReplayRun | None:
        """Return the replay that is under way."""
        found = (run for run in list(self._runs.values()) if run.state is ReplayState.RUNNING)
        return next(found, None)

    def get(self, number: str) -> ReplayRun | None:
        """Return a replay by its number."""
        return self._runs.get(number)

    def latest(self, pair: tuple[str, str]) -> ReplayRun | None:
        """Return the last replay of these two configurations that came to its end."""
        done = (run for run in reversed(list(self._runs.values())) if run.state is ReplayState.DONE)
        return next((run for run in done if run.pair == pair), None)

    def cancel(self, number: str) -> None:
        """End a replay; nothing where it has ended already."""
        with self._lock:
            run = self._runs.get(number)
            if run is None or run.state is not ReplayState.RUNNING or self._process is None:
                return
            run.state = ReplayState.CANCELLED
            self._process.kill()
        self.wait()

    def wait(self) -> None:
        """Wait until the replay that is under way has ended."""
        follower = self._follower
        if follower is not None:
            follower.join()

    def close(self) -> None:
        """End what is under way."""
        if (run := self.running) is not None:
            self.cancel(run.number)

    def _begin(self, run: ReplayRun) -> None:
        process = start_process(run.job)
        self._process = process
        args = run, process
        self._follower = Thread(target=self._follow, args=args, name="replay", daemon=True)
        self._follower.start()

    def _follow(self, run: ReplayRun, process: Popen[bytes]) -> None:
        begun = self._clock()
        for said in said_by(process):
            if run.state is ReplayState.RUNNING:  # what was cancelled says no more
                _take(run, said)
            run.took_s = self._clock() - begun
        status = process.wait()
        if run.state is ReplayState.RUNNING:
            run.state = ReplayState.FAILED
            run.error = f"its process ended with status {status}"


def _take(run: ReplayRun, said: Said) -> None:
    match said:
        case ["done", float(share)]:
            run.share = max(0.0, min(1.0, share))
        case ["told", str(text)]:
            run.notes.append(text)
        case ["found", dict(found)]:
            run.found, run.share, run.state = found, 1.0, ReplayState.DONE
        case ["failed", str(text)]:
            run.error, run.state = text, ReplayState.FAILED
