"""Log lines on their way from a call to the thread that writes them: kept, bounded, not yet made.

What every call tells goes as a bare `Line`, where our collector is all that would hear of it: the
standard library's record, and its way from logger to handler, are fourteen interpreted calls. Who
else listens to the logger gets records as ever. How such a line reads is said here, beside the
calls' compiled code; when it is made, and what a record reads like, is left to `logs`.
"""

import logging
import threading
import time
from collections import deque

from screener.service.decimals import THOUSANDTHS, three_places, two_places

Line = tuple[float, str, str, tuple[object, ...]]
"""When (seconds since 1970), the logger's name, what is told at INFO, and what is put into that."""

VERDICT = (
    "VERDICT id=%s verdict=%s would=%s mode=%s score=%.2f pressure=%s prio=%d "
    "reasons=%s class=%s caller=%s trunk=%s config=%s ms=%.3f uniqueid=%s"
)
"""The line of every call, which is put together without a look at this."""

_THOUSAND = 1_000.0

TIME_FORMAT = "%Y-%m-%dT%H:%M:%S"
MILLISECONDS_FORMAT = "%s.%03dZ"


class LineQueue:
    """Keeps records and lines until the writer takes them; what finds no room is counted.

    `urgent` is what the writer waits for between two looks.
    """

    def __init__(self, limit: int) -> None:
        self.lost = 0
        self.urgent = threading.Event()
        self._limit = limit
        self._kept: deque[logging.LogRecord | Line] = deque()
        self._awaited = False

    def put(self, one: logging.LogRecord | Line) -> bool:
        """Keep one, and wake a writer that rests; return whether there was room."""
        if len(self._kept) >= self._limit:
            self.lost += 1
            return False
        self._kept.append(one)
        if self._awaited:
            self._awaited = False
            self.urgent.set()
        return True

    def rest(self) -> None:
        """Wait, for the writer, until there is something to write or `urgent` is set.

        Looking ten times a second for what does not come was two fifths of an idle agent's CPU.
        """
        self._awaited = True
        if self._kept:  # it came before it could know that it is waited for
            self._awaited = False
        else:
            self.urgent.wait()

    def take(self) -> list[logging.LogRecord | Line]:
        """Hand over all that is kept so far."""
        return [self._kept.popleft() for _ in range(len(self._kept))]


class LineTimes:
    """Moments in UTC, to the millisecond; those of one second share what is made of it."""

    def __init__(self) -> None:
        self._second = -1
        self._told = ""

    def of(self, second: int, milliseconds: float) -> str:
        """Return a moment as text: whole seconds since 1970, and milliseconds."""
        if second != self._second:
            self._told = time.strftime(TIME_FORMAT, time.gmtime(second))
            self._second = second
        if 0.0 <= milliseconds < _THOUSAND:
            return f"{self._told}{THOUSANDTHS[int(milliseconds)]}Z"
        return MILLISECONDS_FORMAT % (self._told, milliseconds)

    def of_line(self, line: Line) -> str:
        """Return when a line was told."""
        second = int(line[0])
        return self.of(second, (line[0] - second) * 1_000.0)


def line_text(line: Line, times: LineTimes) -> str:
    """Return a line as people read it, without its end."""
    return folded(_told(f"{times.of_line(line)} INFO {line[1]} ", line))


def message_of(line: Line) -> str:
    """Return what a line tells, as one text."""
    return _told("", line)


def _told(head: str, line: Line) -> str:
    text = line[2]
    if text == VERDICT:
        told = _verdict(head, line[3])
        if told:
            return told
    return head + text % line[3]


def _verdict(head: str, told: tuple[object, ...]) -> str:
    """Return the line of a verdict; empty where what it tells is of other kinds than ever."""
    call_id, verdict, would, mode, score, pressure, priority, reasons = told[:8]
    kind, caller, trunk, config, milliseconds, uniqueid = told[8:]
    if not isinstance(score, float) or not isinstance(milliseconds, float):
        return ""
    return (
        f"{head}VERDICT id={call_id} verdict={verdict} would={would} mode={mode} "
        f"score={two_places(score)} pressure={pressure} prio={priority} reasons={reasons} "
        f"class={kind} caller={caller} trunk={trunk} config={config} "
        f"ms={three_places(milliseconds)} uniqueid={uniqueid}"
    )


def folded(text: str) -> str:
    """Return the text without line breaks, which could be taken for the ends of lines."""
    if "\r" in text or "\n" in text:
        return text.replace("\r", "\\r").replace("\n", "\\n")
    return text


def queue_behind(logger: logging.Logger) -> LineQueue | None:
    """Return the queue into which all goes that the logger is told, None where there is more."""
    above = logger.parent
    if above is None or logger.handlers or logger.filters or not logger.propagate:
        return None
    if above.propagate or len(above.handlers) != 1:
        return None
    lines = getattr(above.handlers[0], "lines", None)
    return lines if isinstance(lines, LineQueue) else None
