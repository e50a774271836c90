"""Bringing a batch of an edge's calls into the central log: all of it and the cursor, or nothing.

The cursor stands in the same transaction as the rows, so however either side ends nothing is lost
between the two; and a call that is there already, by its edge, id and time, is not written again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from psycopg import errors, sql

from screener.storage.central.cursor import Cursor, as_text, from_text
from screener.storage.central.driver import Connection, told_errors
from screener.storage.central.edge_reading import Batch, CallName, Ended
from screener.storage.central.erased import Erased
from screener.storage.central.error import CentralError
from screener.storage.central.schema import EDGE_LOCKS, ERASE_LOCK
from screener.storage.keys import Keys
from screener.storage.log_rows import COLUMNS
from screener.storage.retention import Retention

_ID, _AT = COLUMNS.index("id"), COLUMNS.index("at")
_NAMES = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
_STAGED = (
    "CREATE TEMP TABLE IF NOT EXISTS staged ON COMMIT DELETE ROWS AS "
    "SELECT {names}, 0 AS place FROM calls LIMIT 0"
)
_TOUCHED = (
    "CREATE TEMP TABLE IF NOT EXISTS touched (id TEXT, at DOUBLE PRECISION) ON COMMIT DELETE ROWS"
)
_ENDED = (
    "CREATE TEMP TABLE IF NOT EXISTS ended (id TEXT, came DOUBLE PRECISION, place INTEGER, "
    "at DOUBLE PRECISION, event TEXT, talk_s DOUBLE PRECISION) ON COMMIT DELETE ROWS"
)
_COPY = sql.SQL("COPY staged ({names}, place) FROM STDIN").format(names=_NAMES)
_INSERT = sql.SQL(
    "INSERT INTO calls (edge, {names}) SELECT %s, {names} FROM staged ORDER BY place "
    "ON CONFLICT (id, edge, at) DO NOTHING"
).format(names=_NAMES)
# LATERAL with its LIMIT, and the array: the server cannot know how few the staged rows are beside
# those that are there, and is left no other way than by the index of each.
_DROP_ENDED = """
DELETE FROM outcomes WHERE call_seq = ANY (ARRAY(
    SELECT there.seq FROM touched CROSS JOIN LATERAL (
        SELECT seq FROM calls WHERE id = touched.id AND edge = %s AND at = touched.at LIMIT 1
    ) AS there
))
"""
_ADD_ENDED = """
INSERT INTO outcomes SELECT there.seq, ended.place, ended.at, ended.event, ended.talk_s
FROM ended CROSS JOIN LATERAL (
    SELECT seq FROM calls WHERE id = ended.id AND edge = %s AND at = ended.came LIMIT 1
) AS there
ON CONFLICT (call_seq, place) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Written:
    """How many calls were new, and how many were left out because their caller was erased."""

    calls: int
    erased: int


class CentralWriter:
    """Writes as one edge over a connection of its own; raises CentralError.

    Building it takes the edge's name for the connection, so that no second shipper uses it.
    """

    def __init__(self, connection: Connection, edge: str, keys: Keys, retention: Retention) -> None:
        self.edge = edge
        self._connection = connection
        self._erased = Erased(keys)
        with told_errors():
            self._take_name()
            for stage in (_STAGED, _TOUCHED, _ENDED):
                connection.execute(sql.SQL(stage).format(names=_NAMES))
            connection.execute(
                "INSERT INTO edges VALUES (%s, '{}', %s, %s, %s, 0.0) ON CONFLICT (edge) DO UPDATE "
                "SET key_id = excluded.key_id, keep_admitted = excluded.keep_admitted, "
                "keep_refused = excluded.keep_refused",
                (edge, keys.key_id, retention.admitted_s, retention.refused_s),
            )

    def cursor(self) -> Cursor:
        """Return how far this edge's log is here."""
        with told_errors():
            row = self._connection.execute(
                "SELECT cursor FROM edges WHERE edge = %s", (self.edge,)
            ).fetchone()
        return from_text(str(row[0])) if row else Cursor()

    def other_keys(self) -> list[str]:
        """Return the ids of keys that other edges seal with and this one does not."""
        with told_errors():
            rows = self._connection.execute(
                "SELECT DISTINCT key_id FROM edges WHERE key_id <> %s ORDER BY key_id",
                (self._erased.keys.key_id,),
            ).fetchall()
        return [str(row[0]) for row in rows]

    def write(self, batch: Batch) -> Written:
        """Write all of the batch, and the cursor, or nothing."""
        with told_errors(), self._connection.transaction():
            self._connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", (ERASE_LOCK,))
            self._erased.read(self._connection)
            rows = [row for row in batch.calls if not self._erased.holds(row)]
            new = self._add_calls(rows)
            self._replace_outcomes(batch.outcomes, fresh=rows if new == len(rows) else ())
            self._connection.execute(
                "UPDATE edges SET cursor = %s, shipped_at = extract(epoch FROM now()) "
                "WHERE edge = %s",
                (as_text(batch.cursor), self.edge),
            )
        return Written(new, len(batch.calls) - len(rows))

    def replace_outcomes(self, outcomes: Mapping[CallName, Sequence[Ended]]) -> None:
        """Write what became of calls that are there, in place of what was told of them before."""
        with told_errors(), self._connection.transaction():
            self._connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", (ERASE_LOCK,))
            self._replace_outcomes(outcomes)

    def marked(self, most: int) -> list[CallName]:
        """Return the newest calls of this edge that somebody called no spam, as known here."""
        with told_errors():
            rows = self._connection.execute(
                "SELECT calls.id, calls.at FROM outcomes JOIN calls ON calls.seq = call_seq "
                "WHERE event = 'not_spam' AND edge = %s ORDER BY call_seq DESC LIMIT %s",
                (self.edge, most),
            ).fetchall()
        return [CallName(str(call_id), float(str(at))) for call_id, at in rows]

    def _take_name(self) -> None:
        try:
            with self._connection.transaction():
                # A shipper that just ended, or was killed, may hold it for a moment still.
                self._connection.execute("SET LOCAL lock_timeout = '3s'")
                self._connection.execute(
                    "SELECT pg_advisory_lock(%s, hashtext(%s))", (EDGE_LOCKS, self.edge)
                )
        except errors.LockNotAvailable:
            raise CentralError(
                f"another `screener ship` brings the log of the edge {self.edge}: give each edge "
                "a ship.edge of its own"
            ) from None

    def _add_calls(self, rows: Sequence[tuple[object, ...]]) -> int:
        if not rows:
            return 0
        with self._connection.cursor() as cursor:
            with cursor.copy(_COPY) as copy:
                for place, row in enumerate(rows):
                    copy.write_row((*row, place))
            cursor.execute(_INSERT, (self.edge,))
            return cursor.rowcount

    def _replace_outcomes(
        self,
        outcomes: Mapping[CallName, Sequence[Ended]],
        fresh: Sequence[Sequence[object]] = (),
    ) -> None:
        """Write outcomes; of calls that are `fresh` none are here that they could replace."""
        new = {(row[_ID], row[_AT]) for row in fresh}
        if touched := [name for name in outcomes if name not in new]:
            self._copy("COPY touched FROM STDIN", touched)
            self._connection.execute(_DROP_ENDED, (self.edge,))
        ended = [
            (*name, place, *one)
            for name, became in outcomes.items()
            for place, one in enumerate(became)
        ]
        if ended:
            self._copy("COPY ended FROM STDIN", ended)
            self._connection.execute(_ADD_ENDED, (self.edge,))

    def _copy(self, command: str, rows: Iterable[Sequence[object]]) -> None:
        with self._connection.cursor() as cursor, cursor.copy(command.encode()) as copy:
            for row in rows:
                copy.write_row(row)
