"""What `screener import` says at its end: what was brought in, and what was left out and why."""

import time
from collections.abc import Iterator
from typing import NamedTuple

from screener.adapters.wall_clock import WallClock
from screener.cli.import_reading import LeftOut
from screener.storage.call_import import Written
from screener.storage.call_staging import Span

_CONTEXTS_TOLD = 5


class Result(NamedTuple):
    """All that the summary tells of; `own` are calls that the agent recorded itself."""

    read: LeftOut
    span: Span | None
    written: Written
    callers: int
    own: int
    without_caller: int
    clock: WallClock
    dry: bool


def summary(result: Result) -> Iterator[str]:
    """Yield the lines; nothing in them is a caller's word."""
    written, read = result.written, result.read
    unknown = written.new - written.answered - written.abandoned
    verb = "would be brought in" if result.dry else "brought in"
    yield (
        f"{_calls(written.new)} {verb}: {written.answered} answered, {written.abandoned} "
        f"abandoned, {unknown} without an outcome"
    )
    if result.span is not None:
        yield (
            f"from {_utc(result.span.first)} to {_utc(result.span.last)}, "
            f"{result.callers} distinct callers"
        )
    if written.there:
        yield f"{_calls(written.there)} were there already; {written.mended} got another outcome"
    if result.own:
        yield f"{_calls(result.own)} left out that the agent has recorded itself"
    if read.older:
        yield f"{read.older} records left out that are older than --since"
    if read.other_contexts:
        most = read.other_contexts.most_common(_CONTEXTS_TOLD)
        named = ", ".join(f"{name or '(none)'} {count}" for name, count in most)
        more = ", ..." if len(read.other_contexts) > len(most) else ""
        yield f"{read.other_contexts.total()} records left out for their context: {named}{more}"
    yield from _remarks(result)


def _remarks(result: Result) -> Iterator[str]:
    read = result.read
    if read.telephones:
        yield f"{read.telephones} records left out that telephones of this site began"
    if result.without_caller:
        yield (
            f"{_calls(result.without_caller)} left out that only the queue's log knows, without "
            "who it was"
        )
    if read.broken:
        yield f"{read.broken} broken lines left out"
    for path in read.unfinished:
        yield f"{path}: the last line has no end yet and was left out"
    if result.clock.twice:
        yield f"{result.clock.twice} times that clocks showed twice: the first is taken"
    if result.clock.never:
        yield f"{result.clock.never} times that clocks left out: an hour is added"


def _calls(count: int) -> str:
    return "1 call" if count == 1 else f"{count} calls"


def _utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
