"""Telling the running agent of calls of earlier days: records in batches that its socket takes.

What the agent makes of them is `service.history`'s.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from screener.adapters.control_client import ask
from screener.protocol.control import REQUEST_LIMIT, encode

MOST_RECORDS = 200
"""Records of one request: the agent learns them in about 3 ms, in which no call is judged."""

PAUSE_S = 0.02
SAVE_S = 30.0
"""How long the agent may take to keep what it learned, seconds: about two with full tables."""

_ROOM = 1_024


def teach(
    socket: Path,
    records: Iterable[Mapping[str, object]],
    *,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Tell the agent of the records, oldest first, and return how many it took.

    It keeps them for its next start before this returns. A record is as of
    `service.history.take_history`. Raises as `control_client.ask`.
    """
    taken = 0
    for batch in batches(records):
        reply = ask(socket, {"op": "learn", "records": batch})
        taken += int(str(reply.get("taken", 0)))
        pause(PAUSE_S)
    if taken:
        ask(socket, {"op": "save"}, SAVE_S)
    return taken


def batches(records: Iterable[Mapping[str, object]]) -> Iterator[list[Mapping[str, object]]]:
    """Yield the records in lists that fit into one request each."""
    batch: list[Mapping[str, object]] = []
    size = 0
    for record in records:
        bytes_of_it = len(encode(record))
        if batch and (len(batch) >= MOST_RECORDS or size + bytes_of_it > REQUEST_LIMIT - _ROOM):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += bytes_of_it
    if batch:
        yield batch
