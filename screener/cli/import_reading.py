"""The reading half of `screener import`: both files into the staging, and what was left out.

Nothing is written yet: whatever is wrong with a file is raised here. The command is
`import_calls`.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from screener.adapters.call_files import CallFile
from screener.adapters.cdr_calls import CdrCalls
from screener.adapters.line_problems import LineProblems
from screener.adapters.queue_calls import QueueCalls
from screener.adapters.wall_clock import WallClock
from screener.storage.call_staging import CallStaging

Progress = Callable[[str, int], AbstractContextManager[Callable[[int], object]]]
"""Shows how far a step is: its name and its whole size, then what is done of it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be read and how; `since` is seconds since 1970."""

    cdr: Path | None
    queue_log: Path | None
    clock: WallClock
    contexts: Sequence[str] = ()
    since: float | None = None
    skip_broken: bool = False


@dataclass(slots=True)
class LeftOut:
    """What was read and not taken, and why."""

    records: int = 0
    older: int = 0
    telephones: int = 0
    other_contexts: Counter[str] = field(default_factory=Counter)
    broken: int = 0
    unfinished: list[Path] = field(default_factory=list)


def read_files(wanted: Wanted, staging: CallStaging, progress: Progress) -> LeftOut:
    """Stage what both files tell; raises ScreenerError where anything is wrong with one."""
    found = LeftOut()
    if wanted.cdr is not None:
        _read_cdr(wanted.cdr, wanted, staging, found, progress)
    if wanted.queue_log is not None:
        _read_queue_log(wanted.queue_log, wanted, staging, found, progress)
    staging.flush()
    return found


def _read_cdr(
    path: Path, wanted: Wanted, staging: CallStaging, found: LeftOut, progress: Progress
) -> None:
    problems = LineProblems(path, skipping=wanted.skip_broken)
    with CallFile(path) as file, progress(f"reading {path.name}", file.size) as file.told:
        calls = CdrCalls(file, wanted.clock, problems, contexts=wanted.contexts, since=wanted.since)
        for leg in calls.legs():
            staging.add_leg(leg)
        _note(found, file, problems)
    found.records += calls.records
    found.older += calls.older
    found.telephones += calls.telephones
    found.other_contexts += calls.other_contexts


def _read_queue_log(
    path: Path, wanted: Wanted, staging: CallStaging, found: LeftOut, progress: Progress
) -> None:
    problems = LineProblems(path, skipping=wanted.skip_broken)
    with CallFile(path) as file, progress(f"reading {path.name}", file.size) as file.told:
        calls = QueueCalls(file, problems, since=wanted.since)
        for step in calls.steps():
            staging.add_wait(step)
        _note(found, file, problems)
    found.records += calls.events
    found.older += calls.older


def _note(found: LeftOut, file: CallFile, problems: LineProblems) -> None:
    found.broken += problems.count
    if file.unfinished:
        found.unfinished.append(file.path)
