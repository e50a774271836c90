"""Logging that never holds up a call: records are kept, bounded, and a thread writes them.

A full disk or a stalled reader of standard error costs log lines, which are counted and told
when writing goes on, and never costs a caller time. Formats: text for people, JSON for machines.
"""

import json
import logging
import threading
import time
from contextlib import suppress
from typing import IO

from screener.service.log_lines import (
    MILLISECONDS_FORMAT,
    TIME_FORMAT,
    Line,
    LineQueue,
    LineTimes,
    folded,
    line_text,
    message_of,
)

QUEUE_LINES = 10_000

WRITE_EVERY_S = 0.25
"""How long a line may wait to be written with its neighbours, in seconds; the first one after a
time without any is written at once.

Waking a thread for each line cost a verdict more than all the rules together (measured with
`logging.handlers.QueueHandler`); a warning is still written at once.
"""

LAST_WRITE_S = 2.0
"""Seconds that the way down waits for a stalled reader, before its lines are given up."""


class _Collector(logging.Handler):
    """Puts records into a queue for the writer."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.lines = LineQueue(limit)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record; the text of an error is fixed here, while its traceback is alive."""
        if record.exc_info:
            record.exc_text = record.exc_text or logging.Formatter().formatException(
                record.exc_info
            )
            record.exc_info = None
        if self.lines.put(record) and record.levelno >= logging.WARNING:
            self.lines.urgent.set()


class TextFormatter(logging.Formatter):
    """One line a record: UTC time, level, logger, message."""

    default_time_format = TIME_FORMAT
    default_msec_format = MILLISECONDS_FORMAT

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self.converter = _utc
        self.times = LineTimes()

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - the library's name
        """Return the record's time."""
        second = int(record.created)
        if datefmt is not None or second < 0:
            return super().formatTime(record, datefmt)
        return self.times.of(second, record.msecs)

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line; a traceback is folded into it."""
        return folded(super().format(record))

    def format_line(self, line: Line) -> str:
        """Return the same of what came without a record."""
        return line_text(line, self.times)


class JsonFormatter(TextFormatter):
    """One JSON object a record, for log shippers."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        fields: dict[str, object] = {
            "at": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields |= _of(record)
        if record.exc_text:
            fields["traceback"] = record.exc_text
        return json.dumps(fields)

    def format_line(self, line: Line) -> str:
        """Return the same of what came without a record."""
        fields = {
            "at": self.times.of_line(line),
            "level": "INFO",
            "logger": line[1],
            "message": message_of(line),
        }
        return json.dumps(fields)


def _of(record: logging.LogRecord) -> dict[str, object]:
    """Return what the record's one argument tells by itself in a machine's words, if it does."""
    only = record.args[0] if isinstance(record.args, tuple) and len(record.args) == 1 else None
    told = getattr(only, "fields", None)
    return {"fields": told} if isinstance(told, dict) else {}


class LogPipe:
    """Sends all of `screener`'s log records to one stream, in a thread; close it to flush."""

    def __init__(self, stream: IO[str], level: str, style: str) -> None:
        self._stream = stream
        self._formatter = JsonFormatter() if style == "json" else TextFormatter()
        self._collector = _Collector(QUEUE_LINES)
        self._closing = False
        self._logger = logging.getLogger("screener")
        self._before = self._logger.level, self._logger.propagate
        self._logger.addHandler(self._collector)
        self._logger.propagate = False
        self.set_level(level)
        self._thread = threading.Thread(target=self._write, name="log-writer", daemon=True)
        self._thread.start()

    @property
    def lost(self) -> int:
        """How many lines found no room so far."""
        return self._collector.lines.lost

    def set_level(self, level: str) -> None:
        """Take another level, as on reload."""
        self._logger.setLevel(level.upper())

    def close(self) -> None:
        """Write what is kept and stop the thread, or give up on a reader that stays stalled.

        The logger is left as it was found.
        """
        if not self._closing:
            self._logger.removeHandler(self._collector)
            level, self._logger.propagate = self._before
            self._logger.setLevel(level)
        self._closing = True
        self._collector.lines.urgent.set()
        self._thread.join(LAST_WRITE_S)

    def _write(self) -> None:
        queue, formatter = self._collector.lines, self._formatter
        while True:
            queue.urgent.clear()  # first: what is said from here on ends the next wait
            closing = self._closing
            lines = [
                formatter.format_line(one) if isinstance(one, tuple) else formatter.format(one)
                for one in queue.take()
            ]
            if lines:
                # A reader that has gone, or a full disk, costs lines and nothing else.
                with suppress(OSError, ValueError):
                    self._stream.write("\n".join(lines) + "\n")
                    self._stream.flush()
            if closing:
                return
            if lines:
                queue.urgent.wait(WRITE_EVERY_S)
            else:
                queue.rest()


def _utc(seconds: float | None) -> time.struct_time:
    return time.gmtime(seconds)
