"""Whom somebody had erased: deleted from the central log, and kept from coming back.

An edge may still hold calls of theirs, waiting to be shipped or read a second time; so their
pseudonyms stay behind, worth nothing without the keys, until no edge can hold such a call any
more. Under a lock, so that no call slips in between the list and the deletion.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from screener.core.number import LONGEST_TAIL
from screener.errors import ScreenerError
from screener.storage.central.driver import Connection, connect, told_errors
from screener.storage.central.schema import ERASE_LOCK, look
from screener.storage.keys import Keys
from screener.storage.log_rows import COLUMNS
from screener.storage.pseudonyms import pseudonym
from screener.storage.sealing import Sealer

NUMBER, COUNTER, NEAR = "number", "counter", "near"
DELETE = (
    "WITH gone AS (DELETE FROM calls WHERE {which} RETURNING seq), "
    "became AS (DELETE FROM outcomes USING gone WHERE call_seq = gone.seq) "
    "SELECT count(*) FROM gone"
)
"""Deletes calls, and with them what became of them."""

_AT, _IMPORTED = COLUMNS.index("at"), COLUMNS.index("imported_at")
_SECRET = tuple(
    COLUMNS.index(name)
    for name in ("id", "number_key", "prefix_key", "key_id", "sealed", "counter_key")
)


def pseudonyms_to_erase(identity: str, keys: Keys) -> Iterator[tuple[str, bytes]]:
    """Yield what leads to calls of an identity, by kind.

    To a number without an extension belong those with one (found near it, by its prefixes), and
    those that withheld it.
    """
    yield NUMBER, pseudonym("number", identity, keys)
    if identity.startswith("+") and ";" not in identity:
        yield COUNTER, pseudonym("counter", f"withheld:{identity}", keys)
        for tail in range(1, LONGEST_TAIL + 1):
            yield NEAR, pseudonym("prefix", identity[:-tail], keys)


def erase_at(dsn: str, identity: str, keys: Keys, at: float) -> int:
    """Connect and `erase`; raises CentralError, also where there is no central log yet."""
    connection = connect(dsn, "screener erase")
    try:
        look(connection)
        return erase(connection, identity, keys, at)
    finally:
        connection.close()


def erase(connection: Connection, identity: str, keys: Keys, at: float) -> int:
    """Delete every call of the identity, whatever edge it came through; return how many.

    What an edge still holds from before `at` (seconds since 1970) is not taken any more. Raises
    CentralError.
    """
    wanted = list(pseudonyms_to_erase(identity, keys))
    with told_errors():
        with connection.transaction():
            # Waits for those who write now, so that what they brought is deleted as well.
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (ERASE_LOCK,))
            connection.cursor().executemany(
                "INSERT INTO erased VALUES (%s, %s, %s) ON CONFLICT (kind, key) "
                "DO UPDATE SET at = greatest(erased.at, excluded.at)",
                [(kind, key, at) for kind, key in wanted],
            )
        extensions = near(connection, [key for kind, key in wanted if kind == NEAR], identity, keys)
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (ERASE_LOCK,))
            row = connection.execute(
                DELETE.format(
                    which="number_key = ANY(%s) OR counter_key = ANY(%s) OR seq = ANY(%s)"
                ),
                (
                    [key for kind, key in wanted if kind == NUMBER],
                    [key for kind, key in wanted if kind == COUNTER],
                    extensions,
                ),
            ).fetchone()
    return int(str(row[0])) if row else 0


def near(connection: Connection, prefixes: list[bytes], identity: str, keys: Keys) -> list[int]:
    """Return the calls of the number's extensions: whoever shares its prefix is opened."""
    if not prefixes:
        return []
    sealer = Sealer(keys)
    rows = connection.execute(
        "SELECT seq, id, sealed, key_id FROM calls WHERE prefix_key = ANY(%s) "
        "AND sealed IS NOT NULL",
        (prefixes,),
    )
    return [
        int(str(seq))
        for seq, call_id, sealed, key_id in rows
        if _base(sealer, sealed, str(call_id), str(key_id)) == identity
    ]


@dataclass(slots=True)
class Erased:
    """Who is erased, and until when; `holds` says whether a row of an edge is theirs."""

    keys: Keys
    at: Mapping[tuple[str, bytes], float] = field(default_factory=dict)

    def read(self, connection: Connection) -> None:
        """Take in who is erased now; to be called under a shared `ERASE_LOCK`."""
        rows = connection.execute("SELECT kind, key, at FROM erased").fetchall()
        self.at = {(str(kind), _bytes(key)): float(str(at)) for kind, key, at in rows}

    def holds(self, row: Sequence[object]) -> bool:
        """Say whether the call (values of `COLUMNS`) is to be left out."""
        if not self.at:
            return False
        call_id, number, prefix, key_id, sealed, counter = (row[place] for place in _SECRET)
        known = row[_IMPORTED] if row[_IMPORTED] is not None else row[_AT]
        came = float(str(known))
        if self._is_erased(NUMBER, number, came) or self._is_erased(COUNTER, counter, came):
            return True
        if not self._is_erased(NEAR, prefix, came):
            return False
        base = _base(Sealer(self.keys), sealed, str(call_id), str(key_id))
        return self._is_erased(NUMBER, pseudonym("number", base, self.keys), came)

    def _is_erased(self, kind: str, key: object, came: float) -> bool:
        return isinstance(key, bytes) and came <= self.at.get((kind, key), float("-inf"))


def _base(sealer: Sealer, sealed: object, call_id: str, key_id: str) -> str:
    """Return the number without its extension; empty where these keys do not open it."""
    try:
        return sealer.unseal(_bytes(sealed), call_id, key_id).partition(";")[0]
    except (ScreenerError, UnicodeDecodeError):
        return ""


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""
