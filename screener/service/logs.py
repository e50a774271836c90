"""Logging that never holds up a call: a bounded queue, drained by a thread of its own.

A full disk or a stalled reader of standard error costs log lines, which are counted and told
when writing goes on, and never costs a caller time. Formats: text for people, JSON for machines.
"""

import copy
import json
import logging
import queue
import time
from contextlib import suppress
from logging.handlers import QueueHandler, QueueListener
from typing import IO

QUEUE_LINES = 10_000
LAST_WRITE_S = 2.0
"""Seconds that the way down waits for a stalled reader, before its lines are given up."""


class _BoundedHandler(QueueHandler):
    """Queues records without ever waiting; what finds no room is counted."""

    lost = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Fix the record's text here, in the thread whose objects it speaks of."""
        fixed = copy.copy(record)
        fixed.msg, fixed.args = record.getMessage(), None
        if record.exc_info:
            fixed.exc_text = logging.Formatter().formatException(record.exc_info)
            fixed.exc_info = None
        return fixed

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self.lost += 1


class _PatientListener(QueueListener):
    """Ends after what is queued is written, or gives up on a reader that stays stalled."""

    def __init__(
        self, lines: queue.Queue[logging.LogRecord | None], writer: logging.Handler
    ) -> None:
        super().__init__(lines, writer)
        self._bounded = lines

    def enqueue_sentinel(self) -> None:
        with suppress(queue.Full):
            self._bounded.put(None, timeout=LAST_WRITE_S)

    def stop(self) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            self.enqueue_sentinel()
            thread.join(LAST_WRITE_S)


class TextFormatter(logging.Formatter):
    """One line a record: UTC time, level, logger, message."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self.converter = _utc

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line; a traceback is folded into it."""
        return super().format(record).replace("\r", "\\r").replace("\n", "\\n")


class JsonFormatter(TextFormatter):
    """One JSON object a record, for log shippers."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        fields = {
            "at": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_text:
            fields["traceback"] = record.exc_text
        return json.dumps(fields)


class LogPipe:
    """Sends all of `screener`'s log records to one stream, in a thread; close it to flush."""

    def __init__(self, stream: IO[str], level: str, style: str) -> None:
        lines: queue.Queue[logging.LogRecord | None] = queue.Queue(QUEUE_LINES)
        self._handler = _BoundedHandler(lines)
        writer = logging.StreamHandler(stream)
        writer.setFormatter(JsonFormatter() if style == "json" else TextFormatter())
        self._listener = _PatientListener(lines, writer)
        self._logger = logging.getLogger("screener")
        self._logger.addHandler(self._handler)
        self._logger.propagate = False
        self.set_level(level)
        self._listener.start()

    @property
    def lost(self) -> int:
        """How many lines found no room in the queue so far."""
        return self._handler.lost

    def set_level(self, level: str) -> None:
        """Take another level, as on reload."""
        self._logger.setLevel(level.upper())

    def close(self) -> None:
        """Write what is queued and stop the thread."""
        self._logger.removeHandler(self._handler)
        self._listener.stop()


def _utc(seconds: float | None) -> time.struct_time:
    return time.gmtime(seconds)
