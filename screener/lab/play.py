"""A trial from start to end: fetch, set up, play the groups, show what happens, sum up, stay.

The only place of the lab that talks to the terminal and reads a clock for the traffic.
"""

import asyncio
import signal
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import TypeVar

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from screener.errors import MissingPartError
from screener.lab.fetch import Progress, ensure_lab
from screener.lab.groups import Group, Trial, mixed_trial
from screener.lab.root import LabRoot
from screener.lab.show import by_hand, live_table, summary_table
from screener.lab.sipp import Sipp
from screener.lab.stage import Stage
from screener.lab.watch import Watch

T = TypeVar("T")

LAST_CALLS_S = 25.0
"""Seconds after the traffic in which the callers under way may still be served."""

_REFRESH_S = 0.25
_CALLED = "+16515392200"
_PATIENCE_S = 45.0


@dataclass(frozen=True, slots=True)
class LabRun:
    """How to run: seconds of traffic, whether to stay up after it, whether to enforce."""

    seconds: float = 60.0
    stay: bool = True
    enforce: bool = True


@dataclass(frozen=True, slots=True)
class Show:
    """What is played and where it is shown."""

    console: Console
    run: LabRun
    trial: Trial
    watch: Watch


def play(console: Console, run: LabRun) -> None:
    """Run a whole trial; raises MissingPartError where a part of it cannot be had."""
    root = fetch_with_progress(console)
    try:
        asyncio.run(_play(console, run, root))
    except KeyboardInterrupt:
        console.print("Stopped; nothing is left running.")


def fetch_with_progress(console: Console) -> LabRoot:
    """Make sure of the lab, with a bar for what takes longer."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Bar(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        tasks = {}

        def show(step: Progress) -> None:
            if step.unit != "bytes":
                return
            if step.step not in tasks:
                tasks[step.step] = bar.add_task(step.step, total=step.total)
            bar.update(tasks[step.step], completed=step.done, total=step.total)

        return ensure_lab(console.print, show)


async def _play(console: Console, run: LabRun, root: LabRoot) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    trial = mixed_trial(run.seconds, time.time())  # noqa: TID251 - the lab's own clock
    watch = Watch([group.key for group in trial.groups])
    async with AsyncExitStack() as around:
        setting_up = around.enter_async_context(Stage(root, console.print, enforce=run.enforce))
        stage = await _unless(stop, setting_up)
        if stage is None:
            console.print("Stopping.")
            return
        stage.agent.teach(trial.history)
        stage.agent.listen_in()
        runs = await _traffic(Show(console, run, trial, watch), stage, stop)
        if stop.is_set():
            console.print("Stopping.")
            return
        console.print(summary_table(trial.groups, watch))
        console.print(wire_summary(runs, watch))
        if run.stay:
            console.print(by_hand(stage, str(trial.history[0]["caller"])), soft_wrap=True)
            await _stay(stage, watch, stop)
    console.print("Everything is stopped; nothing is left running.")


async def _unless(stop: asyncio.Event, work: Coroutine[object, object, T]) -> T | None:
    """Do some work; once `stop` is set, cancel it, wait for its end and return None."""
    doing = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait((doing, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    doing.cancel()  # nothing to one that is done
    await asyncio.wait((doing,))
    return None if doing.cancelled() else doing.result()


async def _traffic(show: Show, stage: Stage, stop: asyncio.Event) -> dict[str, Sipp]:
    """Play the groups in their time and show it, until the last call is over or `stop` is set."""
    run, trial, watch = show.run, show.trial, show.watch
    began = time.monotonic()
    runs: dict[str, Sipp] = {}
    with Live(console=show.console, refresh_per_second=1 / _REFRESH_S, transient=True) as live:
        while not stop.is_set():
            elapsed = time.monotonic() - began
            for group in trial.groups:
                if group.key not in runs and elapsed >= group.start * run.seconds:
                    runs[group.key] = _call(stage, group, run.seconds)
            for event in stage.agent.events():
                watch.take(event)
            live.update(live_table(trial.groups, watch, elapsed, run.seconds))
            over = len(runs) == len(trial.groups) and not any(one.running for one in runs.values())
            if over or elapsed > run.seconds + LAST_CALLS_S:
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _REFRESH_S)
    await asyncio.sleep(0.2)  # the feed's last events are still on their way
    for event in stage.agent.events():
        watch.take(event)
    return runs


def _call(stage: Stage, group: Group, seconds: float) -> Sipp:
    rows = [
        (
            caller.number,
            "",
            _CALLED,
            str(int(1000 * (caller.talk_s if group.unwanted else _PATIENCE_S))),
        )
        for caller in group.callers
    ]
    limit = (group.stop - group.start) * seconds + _PATIENCE_S + LAST_CALLS_S
    return stage.callers(group.key, rows, group.rate, limit, listens=group.listens)


def wire_summary(runs: dict[str, Sipp], watch: Watch) -> str:
    """Say what the callers themselves saw on the wire, beside what the agent said."""
    counts = [run.counts() for run in runs.values()]
    made = sum(count.created for count in counts)
    answered = sum(count.code(200) for count in counts)
    refused = sum(count.code(code) for count in counts for code in (486, 603))
    failed = sum(count.failed for count in counts)
    return (
        f"On the wire: {made} calls made, {answered} answered, {refused} refused with 486 or 603 "
        f"(the agent dropped {watch.all.verdicts['drop']}), {failed} failed in any other way."
    )


async def _stay(stage: Stage, watch: Watch, stop: asyncio.Event) -> None:
    """Stay up and show calls made by hand, until a signal comes or a part has died."""
    while not stop.is_set():
        for event in stage.agent.events():
            watch.take(event)
        if stage.part_that_died():
            raise MissingPartError(f"the lab's {stage.part_that_died()} has ended by itself")
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _REFRESH_S)
