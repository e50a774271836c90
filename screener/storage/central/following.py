"""Following the central log: each new call once, in the order of its arrival, of whatever edge.

Edges write at the same time, and a transaction that drew earlier places may end later. So what is
known is not one place but a floor, below which nobody writes any more, and what was seen above it.
The server's snapshots tell when the floor may rise: a place was drawn by a transaction that had
its number then, so once all of those have ended, it is there or never will be.
"""

import random
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NamedTuple

from screener.storage.central import query
from screener.storage.central.driver import Connection, connect, told_errors
from screener.storage.central.error import CentralError
from screener.storage.central.patience import patient
from screener.storage.central.schema import look as look_at_version
from screener.storage.central.shipping import wait_before
from screener.storage.log_query import Filter, Found

AT_ONCE = 2_000
"""Calls taken up at one look; more wait for the next."""
WINDOW = 20_000
"""Places that the floor stays behind at most, however long a transaction hangs on the server."""
PATIENCE_S = 20.0
"""How long one look may take before its connection is cut; it takes some milliseconds."""

_CHANCE = random.SystemRandom().random
# All of one moment: what ended then, and what there is.
_MOMENT = (
    "SELECT pg_snapshot_xmin(now)::text::bigint, pg_snapshot_xmax(now)::text::bigint, "
    "(SELECT coalesce(max(seq), 0) FROM calls) FROM pg_current_snapshot() AS now"
)
_NEW = "SELECT seq FROM calls WHERE seq > %s ORDER BY seq LIMIT %s"


class _Mark(NamedTuple):
    """All up to `place` is settled once the transactions before `before` have ended."""

    place: int
    before: int


class _Moment(NamedTuple):
    """What one snapshot tells: transactions before `ended` are over, none from `next` on began."""

    ended: int
    next: int
    top: int


class _Seen(NamedTuple):
    """What one look saw: all up to `reached`, of which these places were `new`."""

    moment: _Moment
    reached: int
    new: list[int]
    found: list[Found]


class CentralFollower:
    """The new calls of all edges that a filter lets through, from when it is built.

    `first` are up to `earlier` calls that were there and fit, oldest first. While the server is
    away it is tried again, ever more slowly; what arrived meanwhile comes at the first good look.
    """

    def __init__(
        self,
        dsn: str,
        wanted: Filter,
        earlier: int = 0,
        *,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin behind the calls that are there; raises CentralError."""
        self.trouble = ""
        self.newest = 0
        self.first: list[Found] = []
        self._dsn, self._wanted, self._timer = dsn, wanted, timer
        self._floor = 0
        self._seen: set[int] = set()
        self._marks: deque[_Mark] = deque(maxlen=1_000)
        self._failed, self._again_at = 0, 0.0
        self._connection: Connection | None = None
        try:
            self._begin(self._connected(), earlier)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def look(self) -> list[Found]:
        """Return the calls since the last look, in the order of arrival; raises nothing of ours."""
        if self._connection is None and self._timer() < self._again_at:
            return []
        try:
            connection = self._connected()
            with patient(connection, PATIENCE_S), told_errors(), connection.transaction():
                seen = self._looked(connection)
        except CentralError as error:
            self.close()
            self._failed += 1
            self._again_at = self._timer() + wait_before(self._failed, _CHANCE())
            self.trouble = str(error)
            return []
        self._failed, self.trouble = 0, ""
        self._take_in(seen)
        return seen.found

    def number_keys(self, seqs: Iterable[int]) -> dict[int, bytes]:
        """Return the pseudonyms of these calls' callers, none where they cannot be read now."""
        if self._connection is not None:
            with suppress(CentralError), patient(self._connection, PATIENCE_S), told_errors():
                return query.number_keys_at(self._connection, seqs)
        return {}

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = connect(self._dsn, "screener follow", read_only=True)
            with patient(self._connection, PATIENCE_S):
                look_at_version(self._connection)
        return self._connection

    def _begin(self, connection: Connection, earlier: int) -> None:
        with patient(connection, PATIENCE_S), told_errors(), connection.transaction():
            moment = _moment(connection)
            self.newest = moment.top
            # Who writes just now may have drawn a place below the newest.
            self._floor = max(moment.top - WINDOW, 0)
            if moment.ended >= moment.next:
                self._floor = moment.top
            self._seen = set(_places(connection, self._floor, WINDOW))
            self._marks.append(_Mark(moment.top, moment.next))
            if earlier:
                found = query.page(connection, self._wanted, limit=earlier).calls
                self.first = found[::-1]

    def _looked(self, connection: Connection) -> _Seen:
        """Look, changing nothing here: what was found counts once the look is whole."""
        moment = _moment(connection)
        floor = min(self._floor, moment.top)
        most = len(self._seen) + AT_ONCE
        places = _places(connection, floor, most)
        new = [place for place in places if place not in self._seen]
        found = query.calls_at(connection, new, self._wanted) if new else []
        return _Seen(moment, places[-1] if len(places) == most else moment.top, new, found)

    def _take_in(self, seen: _Seen) -> None:
        moment = seen.moment
        if moment.top < self.newest:  # the newest were erased, or a backup was put back
            self._step_back(moment.top)
        self._seen.update(seen.new)
        self.newest = max(self.newest, seen.reached)
        self._settle(_Mark(seen.reached, moment.next), moment.ended)

    def _step_back(self, top: int) -> None:
        self.newest, self._floor = top, min(self._floor, top)
        self._marks.clear()
        self._seen = {place for place in self._seen if place <= top}

    def _settle(self, mark: _Mark, ended: int) -> None:
        """Raise the floor to what is settled."""
        if not self._marks or mark.place > self._marks[-1].place:
            self._marks.append(mark)
        floor = max(self._floor, self.newest - WINDOW)
        while self._marks and self._marks[0].before <= ended:
            floor = max(floor, self._marks.popleft().place)
        if floor > self._floor:
            self._floor = floor
            self._seen = {place for place in self._seen if place > floor}


def _moment(connection: Connection) -> _Moment:
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    row = connection.execute(_MOMENT).fetchone() or (0, 0, 0)
    return _Moment(*(int(str(value)) for value in row))


def _places(connection: Connection, floor: int, most: int) -> list[int]:
    return [int(str(row[0])) for row in connection.execute(_NEW, (floor, most))]
