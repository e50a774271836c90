"""Many independent tasks on all cores, each in a process of its own; Ctrl-C ends all of them.

What a task does is the caller's: a function of a module, and arguments that can be pickled. With
one core or one task it runs right here.
"""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import TypeVar

from screener.errors import ScreenerError

Task = TypeVar("Task")
Result = TypeVar("Result")


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def on_cores(
    work: Callable[[Task], Result],
    tasks: Sequence[Task],
    jobs: int,
    done: Callable[[int], object],
) -> list[Result]:
    """Return what `work` makes of each task, in their order; `done` is told how many are ready.

    Raises what `work` raises, and ScreenerError where a process is ended from outside.
    """
    jobs = min(jobs, len(tasks))
    if jobs <= 1:
        return _one_by_one(work, tasks, done)
    try:
        with _pool(jobs) as pool:
            futures = [pool.submit(work, task) for task in tasks]
            for count, future in enumerate(as_completed(futures), 1):
                future.result()
                done(count)
            return [future.result() for future in futures]
    except BrokenProcessPool:
        raise ScreenerError(
            "a process of the simulation was ended from outside, by want of memory perhaps: "
            "try fewer at once (--jobs 1)"
        ) from None


def _one_by_one(
    work: Callable[[Task], Result], tasks: Sequence[Task], done: Callable[[int], object]
) -> list[Result]:
    results = []
    for count, task in enumerate(tasks, 1):
        results.append(work(task))
        done(count)
    return results


@contextmanager
def _pool(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Lend processes that end when we do, whatever ends us."""
    others = set(active_children())
    # Spawned, not forked: a fork copies whatever threads and locks the progress bar has.
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _begin)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in set(active_children()) - others:
            child.terminate()
        raise
    finally:
        pool.shutdown()


def _begin() -> None:
    """Prepare a process: Ctrl-C is for its parent alone, and without a parent it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
