"""The steps of waiting calls in a queue_log file, with what is wrong with its lines gathered.

The lines are `protocol.queue_log`'s; what becomes of a call by its steps is left to storage.
"""

import re
from collections.abc import Iterator

from screener.adapters.call_files import LINE_LIMIT, NUMBER_LIMIT, CallFile
from screener.adapters.line_problems import LineProblems
from screener.core.past_call import Waiting, WaitStep
from screener.errors import RemoteProtocolError, ScreenerError
from screener.protocol.queue_log import QueueEvent, Step, parse_queue_line

_DIALLED = re.compile(r"\+?[0-9]{3,20}")


class QueueCalls:
    """Reads one file; `events` and `older` are whole when `steps` has ended."""

    def __init__(
        self, file: CallFile, problems: LineProblems, *, since: float | None = None
    ) -> None:
        self.events = 0
        self.older = 0
        self._file = file
        self._problems = problems
        self._since = since

    def steps(self) -> Iterator[WaitStep]:
        """Yield every step of a call; raises ScreenerError at the end where lines were broken."""
        for place, line in enumerate(self._file.lines(), start=1):
            text = line.rstrip("\r\n")
            if not text:
                continue
            try:
                event = parse_queue_line(text)
            except RemoteProtocolError as error:
                self._problems.add(place, str(error))
                continue
            if event is None:
                continue
            self.events += 1
            if self._since is not None and event.at < self._since:
                self.older += 1
            else:
                yield _step(event)
        for place in self._file.too_long:
            self._problems.add(place, f"the line is longer than {LINE_LIMIT} bytes")
        self._problems.check()
        if not self.events:
            raise ScreenerError(f"{self._file.path} tells of no calls")


def _step(event: QueueEvent) -> WaitStep:
    step = event.step
    over = step in {Step.SERVED, Step.LEFT}
    waiting = Waiting(
        connected=step is Step.CONNECTED,
        served=step is Step.SERVED,
        gone=step is Step.LEFT,
        talk_s=event.talk_s,
        ended_at=event.at if over else 0.0,
    )
    number = event.number[:NUMBER_LIMIT] if step is Step.ENTERED else None
    dialled = step is Step.DIALLED and _DIALLED.fullmatch(event.number)
    return WaitStep(event.call_id, event.at, waiting, number, event.number if dialled else "")
