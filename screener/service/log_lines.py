"""Log lines on their way from a call to the thread that writes them: kept, bounded, not yet made.

What every call tells goes as a bare `Line`, where our collector is all that would hear of it: the
standard library's record, and its way from logger to handler, are fourteen interpreted calls. Who
else listens to the logger gets records as ever; making the text is left to `logs`.
"""

import logging
import threading
from collections import deque

Line = tuple[float, str, str, tuple[object, ...]]
"""When (seconds since 1970), the logger's name, what is told at INFO, and what is put into that."""


class LineQueue:
    """Keeps records and lines until the writer takes them; what finds no room is counted."""

    def __init__(self, limit: int) -> None:
        self.lost = 0
        self.urgent = threading.Event()
        self._limit = limit
        self._kept: deque[logging.LogRecord | Line] = deque()

    def put(self, one: logging.LogRecord | Line) -> bool:
        """Keep one; return whether there was room."""
        if len(self._kept) >= self._limit:
            self.lost += 1
            return False
        self._kept.append(one)
        return True

    def take(self) -> list[logging.LogRecord | Line]:
        """Hand over all that is kept so far."""
        return [self._kept.popleft() for _ in range(len(self._kept))]


def queue_behind(logger: logging.Logger) -> LineQueue | None:
    """Return the queue into which all goes that the logger is told, None where there is more."""
    above = logger.parent
    if above is None or logger.handlers or logger.filters or not logger.propagate:
        return None
    if above.propagate or len(above.handlers) != 1:
        return None
    lines = getattr(above.handlers[0], "lines", None)
    return lines if isinstance(lines, LineQueue) else None
