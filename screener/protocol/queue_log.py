"""Asterisk's queue_log: one line in, what it tells of a waiting call out.

The fields are those of Asterisk's own page on queue logs; events of operators and of the system
are nothing to us. What becomes of a call by all of its lines is left to storage and core.
"""

import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple

from screener.errors import RemoteProtocolError

_FIELDS = 5
_EPOCH = re.compile(r"[0-9]{9,11}(?:\.[0-9]{1,9})?")
_SECONDS = re.compile(r"[0-9]{1,9}")
_CALL_ID = re.compile(r"[!-{}~]{1,150}")
_NO_CALL = frozenset({"", "NONE", "REALTIME", "MANAGER"})


class Step(StrEnum):
    """What happened to a call in a queue."""

    ENTERED = "entered"
    CONNECTED = "connected"
    SERVED = "served"
    LEFT = "left"
    DIALLED = "dialled"
    """FreePBX's note of the number that the caller dialled."""


class QueueEvent(NamedTuple):
    """One step at a moment (seconds since 1970).

    `number` is the caller's where it entered, the called one where it dialled, else empty;
    `talk_s` is 0 unless it was served.
    """

    at: float
    call_id: str
    step: Step
    number: str = ""
    talk_s: float = 0.0


def parse_queue_line(line: str) -> QueueEvent | None:
    """Return what a line, without its end, tells of a call; None where it is about none.

    Raises:
        RemoteProtocolError: It is no line of a queue_log; the text does not quote it.
    """
    head = line.split("|")
    if len(head) < _FIELDS:
        raise RemoteProtocolError(
            f"{len(head)} fields; expected are epoch|callid|queue|agent|event|..."
        )
    epoch, call_id, _queue, _agent, event, *data = head
    if not _EPOCH.fullmatch(epoch):
        raise RemoteProtocolError("the first field must be the time in seconds since 1970")
    reader = _READERS.get(event)
    if reader is None or call_id in _NO_CALL:
        return None
    if not _CALL_ID.fullmatch(call_id):
        raise RemoteProtocolError("the call id must be 1 to 150 visible ASCII characters")
    step, number, talk_s = reader(data)
    return QueueEvent(float(epoch), call_id, step, number, talk_s)


_Told = tuple[Step, str, float]


def _entered(data: Sequence[str]) -> _Told:
    # url|callerid|position, older ones without the position. A caller id can hold the separator.
    if len(data) < 2:  # noqa: PLR2004 - the two fields named above
        raise RemoteProtocolError("ENTERQUEUE needs url|callerid")
    return Step.ENTERED, ("|".join(data[1:-1]) if data[2:] else data[1]), 0.0


def _talked(event: str, place: int) -> Callable[[Sequence[str]], _Told]:
    def read(data: Sequence[str]) -> _Told:
        if len(data) <= max(place, -place - 1) or not _SECONDS.fullmatch(data[place]):
            raise RemoteProtocolError(f"{event} needs the seconds of the talk")
        return Step.SERVED, "", float(data[place])

    return read


def _left(_data: Sequence[str]) -> _Told:
    return Step.LEFT, "", 0.0


_READERS: dict[str, Callable[[Sequence[str]], _Told]] = {
    "ENTERQUEUE": _entered,
    "CONNECT": lambda _data: (Step.CONNECTED, "", 0.0),
    # holdtime|calltime|origposition
    "COMPLETECALLER": _talked("COMPLETECALLER", 1),
    "COMPLETEAGENT": _talked("COMPLETEAGENT", 1),
    # extension|context|holdtime|calltime|origposition; the last one is younger than the others
    "TRANSFER": _talked("TRANSFER", 3),
    "BLINDTRANSFER": _talked("BLINDTRANSFER", 3),
    # method|one or two names|holdtime|calltime|origposition
    "ATTENDEDTRANSFER": _talked("ATTENDEDTRANSFER", -2),
    **dict.fromkeys(("ABANDON", "EXITWITHTIMEOUT", "EXITEMPTY", "EXITWITHKEY", "JOINEMPTY"), _left),
    "DID": lambda data: (Step.DIALLED, data[0] if data else "", 0.0),
}
