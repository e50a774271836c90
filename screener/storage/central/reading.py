"""The central log as people read it: `call_log.CallLog` over PostgreSQL, changing nothing.

A log of its own role may be read by others than the edges: SELECT on its tables is enough.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from screener.errors import MissingPartError, ScreenerError
from screener.storage.central import query, subjects
from screener.storage.central.driver import Connection, connect, told_errors
from screener.storage.central.patience import patient
from screener.storage.central.schema import look
from screener.storage.keys import Keys, load_keys
from screener.storage.log_query import Filter, Found, Page
from screener.storage.log_stats import By, Stats, counted
from screener.storage.sealing import Sealer

_GROUP = (
    "calls.at, calls.did, calls.trunk, calls.caller_class, calls.reasons, calls.config, calls.edge"
)
_IN_TIME = " WHERE calls.at >= %s AND calls.at < %s"
_CALLS = (
    f"SELECT {_GROUP}, verdict, would, treatment, latency_ms, error, number_key, imported_at "  # noqa: S608 - our own words
    f"FROM calls{_IN_TIME}"
)
_OUTCOMES = (
    f"SELECT {_GROUP}, calls.seq, outcomes.at, event, talk_s, number_key FROM calls "  # noqa: S608 - our own words
    f"JOIN outcomes ON outcomes.call_seq = calls.seq{_IN_TIME} ORDER BY calls.seq, outcomes.place"
)
_LATEST = 1e12
_AT_ONCE = 2_000


@contextmanager
def opened(dsn: str, patience_s: float | None = None) -> Iterator["CentralLog"]:
    """Open the central log to read it, and close it; raises CentralError.

    What is done with it in longer than `patience_s` is cut short.
    """
    connection = connect(dsn, "screener", read_only=True)
    with ExitStack() as ends:
        ends.callback(connection.close)
        if patience_s is not None:
            ends.enter_context(patient(connection, patience_s))
        look(connection)
        yield CentralLog(connection)


class CentralLog:
    """A `CallLog` over an open connection; raises CentralError."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def find(self, call_id: str) -> Found | None:
        """Return the call with its outcomes and its edge, or None."""
        with told_errors():
            return query.find(self.connection, call_id)

    def page(self, wanted: Filter, *, limit: int = 50, before: int | None = None) -> Page:
        """Return up to `limit` calls older than the call `before`, newest first."""
        with told_errors(), self.connection.transaction():
            return query.page(self.connection, wanted, limit=limit, before=before)

    def call_at(self, seq: int) -> Found | None:
        """Return the call at a place, or None."""
        with told_errors():
            return next(iter(query.calls_at(self.connection, [seq])), None)

    def tip(self) -> int:
        """Return the place of what arrived last, 0 without any."""
        with told_errors():
            return query.tip(self.connection)

    def behind(self, wanted: Filter, seq: int, limit: int) -> list[Found]:
        """Return what fits and arrived behind a place: the newest `limit`, newest first."""
        with told_errors(), self.connection.transaction():
            return query.behind(self.connection, wanted, seq, limit)

    def number_key(self, call_id: str) -> bytes | None:
        """Return the pseudonym of a call's caller, None where it names none."""
        with told_errors():
            return query.number_key_of(self.connection, call_id)

    def number_keys(self, seqs: Iterable[int]) -> dict[int, bytes]:
        """Return the pseudonyms of the calls at these places that have one."""
        with told_errors():
            return query.number_keys_at(self.connection, seqs)

    def stats(
        self, since: float | None = None, until: float | None = None, by: By | None = None
    ) -> Stats:
        """Count what came in that span, as of one moment."""
        ends = since or 0.0, _LATEST if until is None else until
        with told_errors(), self.connection.transaction():
            self.connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            with (
                self.connection.cursor("outcomes_of_span") as outcomes,
                self.connection.cursor("calls_of_span") as calls,
            ):
                outcomes.itersize = calls.itersize = _AT_ONCE
                outcomes.execute(_OUTCOMES, ends)
                calls.execute(_CALLS, ends)
                return counted(outcomes, calls, by)

    def keys(self, path: Path) -> Keys:
        """Return the keys of the file; raises ScreenerError where no edge seals with them."""
        try:
            keys = load_keys(path)
        except FileNotFoundError:
            raise MissingPartError(
                f"there is no key file at {path}: copy the one that the edges share"
            ) from None
        except OSError as error:
            raise ScreenerError(f"the key file {path} cannot be read: {error.strerror}") from None
        held = self._key_ids()
        if held and keys.key_id not in held:
            raise ScreenerError(
                f"the central log's numbers are sealed with the keys {', '.join(sorted(held))}, "
                f"and {path} holds {keys.key_id}: copy the file that the edges share"
            )
        return keys

    def closed_to(self, keys: Keys) -> str:
        """Return a sentence on edges whose calls these keys do not open."""
        others = sorted(self._key_ids() - {keys.key_id})
        if not others:
            return ""
        return (
            f"some edges seal with the keys {', '.join(others)}: their calls are not found by "
            f"number with the keys {keys.key_id}"
        )

    def caller_of(self, call_id: str, keys: Keys) -> str:
        """Return a call's caller; raises as `Sealer.unseal`."""
        with told_errors():
            row = self.connection.execute(
                "SELECT sealed, key_id FROM calls WHERE id = %s AND sealed IS NOT NULL "
                "ORDER BY at DESC LIMIT 1",
                (call_id,),
            ).fetchone()
        if row is None or not isinstance(row[0], bytes):
            return ""
        return Sealer(keys).unseal(row[0], call_id, str(row[1]))

    def calls_of_number(self, identity: str, keys: Keys) -> Iterator[Found]:
        """Yield every call of a number with the number itself, as `subjects.calls_of_number`."""
        with told_errors():
            yield from subjects.calls_of_number(self.connection, identity, keys)

    def _key_ids(self) -> set[str]:
        with told_errors():
            rows = self.connection.execute("SELECT DISTINCT key_id FROM edges").fetchall()
        return {str(row[0]) for row in rows}
