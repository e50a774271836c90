"""One round of shipping: erasures first, then a batch of the edge's log, then what upkeep is due.

Holds the connection from round to round and gives it up at any error; the next round begins with
what was committed. When rounds are made, and what is done between them, is `shipping`'s.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from screener.storage.central.cursor import Cursor
from screener.storage.central.driver import Connection, connect
from screener.storage.central.edge_reading import behind, marked, read_batch
from screener.storage.central.erased import erase
from screener.storage.central.forgetting import forget_old
from screener.storage.central.pending import pending
from screener.storage.central.schema import prepare
from screener.storage.central.writing import CentralWriter
from screener.storage.keys import Keys
from screener.storage.retention import Retention

log = logging.getLogger("screener.ship")

MARKS_EVERY_S = 60.0
FORGET_EVERY_S = 600.0
MOST_MARKED = 2_000
"""Newest calls that were called no spam and are asked about again: a mark can be taken back."""


@dataclass(frozen=True, slots=True)
class Edge:
    """What is shipped, as whom and how: the log, the folder of pending erasures, batch size."""

    name: str
    path: Path
    keys: Keys
    retention: Retention
    batch: int


class Shipper:
    """Brings one edge's log to the central one; `timer` tells steady seconds."""

    def __init__(self, edge: Edge, dsn: str, timer: Callable[[], float]) -> None:
        self.shipped = 0
        self._edge = edge
        self._dsn = dsn
        self._timer = timer
        self._connection: Connection | None = None
        self._writer: CentralWriter | None = None
        self._cursor = Cursor()
        self._marks_at = self._forget_at = 0.0
        self._unread: list[str] = []
        self._told_keys = False

    @property
    def socket(self) -> int:
        """Return the descriptor that the server is spoken to by; -1 without one."""
        connection = self._connection
        try:
            return -1 if connection is None or connection.closed else connection.fileno()
        except Exception:  # noqa: BLE001 - asked from another thread while it closes
            return -1

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection, self._writer = self._connection, None, None
        if connection is not None:
            connection.close()

    def round(self) -> bool:
        """Do one round; return whether there is more to ship at once.

        Raises CentralError, and sqlite3.Error where the edge's own log cannot be read now.
        """
        try:
            connection, writer = self._connected()
            self._erase(connection)
            more = self._ship(writer)
            if not more:
                self._keep_up(connection, writer)
        except BaseException:
            self.close()
            raise
        return more

    def _connected(self) -> tuple[Connection, CentralWriter]:
        if self._connection is not None and self._writer is not None:
            return self._connection, self._writer
        edge = self._edge
        self._connection = connection = connect(self._dsn, f"screener ship {edge.name}")
        version = prepare(connection)
        self._writer = writer = CentralWriter(connection, edge.name, edge.keys, edge.retention)
        self._cursor = writer.cursor()
        waiting = behind(edge.path, self._cursor) if edge.path.is_file() else 0
        log.info("SHIP-UP edge=%s version=%d behind=%d", edge.name, version, waiting)
        others = writer.other_keys()
        if others and not self._told_keys:
            log.warning(
                "SHIP-KEYS edge=%s seals with the keys %s, other edges with %s: nobody is found "
                "by number in the calls of all",
                *(edge.name, edge.keys.key_id, ",".join(others)),
            )
        self._told_keys = bool(others)
        return connection, writer

    def _erase(self, connection: Connection) -> None:
        wanted, unread = pending(self._edge.path.parent, self._edge.keys)
        for one in wanted:
            gone = erase(connection, one.identity, self._edge.keys, one.at)
            one.done()
            log.info("SHIP-ERASED calls=%d", gone)
        if unread != self._unread:
            for name in unread:
                log.warning("SHIP-UNERASED %s cannot be opened: repeat `screener erase`", name)
        self._unread = unread

    def _ship(self, writer: CentralWriter) -> bool:
        if not self._edge.path.is_file():
            return False
        batch = read_batch(self._edge.path, self._cursor, self._edge.batch)
        if batch.calls or batch.outcomes or batch.cursor != self._cursor:
            written = writer.write(batch)
            self._cursor = batch.cursor
            self.shipped += written.calls
        return batch.more

    def _keep_up(self, connection: Connection, writer: CentralWriter) -> None:
        now = self._timer()
        if now >= self._marks_at and self._edge.path.is_file():
            self._marks_at = now + MARKS_EVERY_S
            if unmarked := marked(self._edge.path, writer.marked(MOST_MARKED)):
                writer.replace_outcomes(unmarked)
        if now >= self._forget_at:
            self._forget_at = now + FORGET_EVERY_S
            if gone := forget_old(connection):
                log.info("SHIP-PURGED calls=%d", gone)
