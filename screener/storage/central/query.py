"""Finding calls in the central log: one by its id, and the newest that a filter lets through.

The same answers as `log_query`'s, in order of time: an edge that was away brings its calls late.
"""

from collections.abc import Iterable, Mapping, Sequence

from screener.storage.central.driver import Connection
from screener.storage.log_query import Filter, Found, Page
from screener.storage.log_rows import SHOWN, read_row

_SELECT = f"SELECT edge, {', '.join(SHOWN)} FROM calls"  # noqa: S608 - our own column names
_OUTCOMES = (
    "SELECT call_seq, at, event, talk_s FROM outcomes WHERE call_seq = ANY(%s) "
    "ORDER BY call_seq, place"
)
_PLACE = "SELECT at, seq FROM calls WHERE seq = %s"
# A call that is gone: its neighbours arrived with it, and so came about when it did.
_NEAR = (
    "SELECT max(at) FROM ((SELECT at FROM calls WHERE seq > %(seq)s ORDER BY seq LIMIT 1) "
    "UNION ALL (SELECT at FROM calls WHERE seq < %(seq)s ORDER BY seq DESC LIMIT 1)) AS near"
)
_LAST_SEQ = (1 << 63) - 1


def find(connection: Connection, call_id: str) -> Found | None:
    """Return the call with its outcomes, or None; of several edges' the newest."""
    rows = connection.execute(
        f"{_SELECT} WHERE id = %s ORDER BY at DESC, seq DESC LIMIT 1", (call_id,)
    ).fetchall()
    return next(iter(_all(connection, rows)), None)


def page(
    connection: Connection, wanted: Filter, *, limit: int = 50, before: int | None = None
) -> Page:
    """Return up to `limit` calls older than the call `before`, newest first.

    Where that call is gone meanwhile, a few calls may come twice and none is passed by.
    """
    clauses, values = conditions(wanted)
    if before is not None:
        place = _place(connection, before)
        if place is None:
            return Page([], None)
        clauses.append("(at, seq) < (%s, %s)")
        values += place
    where = f"WHERE {' AND '.join(clauses)} " if clauses else ""
    rows = connection.execute(
        f"{_SELECT} {where}ORDER BY at DESC, seq DESC LIMIT %s", (*values, limit)
    ).fetchall()
    return Page(_all(connection, rows), int(str(rows[-1][1])) if len(rows) == limit else None)


def calls_at(
    connection: Connection, seqs: Iterable[int], wanted: Filter | None = None
) -> list[Found]:
    """Return the calls at these places that fit, in the order of their arrival."""
    clauses, values = conditions(wanted or Filter())
    where = " AND ".join(["seq = ANY(%s)", *clauses])
    rows = connection.execute(
        f"{_SELECT} WHERE {where} ORDER BY seq", (list(seqs), *values)
    ).fetchall()
    return _all(connection, rows)


def tip(connection: Connection) -> int:
    """Return the place of what arrived last, 0 without any."""
    row = connection.execute("SELECT max(seq) FROM calls").fetchone()
    return int(str(row[0])) if row and row[0] is not None else 0


def behind(connection: Connection, wanted: Filter, seq: int, limit: int) -> list[Found]:
    """Return what fits and arrived behind a place: the newest `limit`, newest first."""
    clauses, values = conditions(wanted)
    where = " AND ".join(["seq > %s", *clauses])
    rows = connection.execute(
        f"{_SELECT} WHERE {where} ORDER BY seq DESC LIMIT %s", (seq, *values, limit)
    ).fetchall()
    return _all(connection, rows)


def number_key_of(connection: Connection, call_id: str) -> bytes | None:
    """Return the pseudonym of a call's caller, None where it names none."""
    row = connection.execute(
        "SELECT number_key FROM calls WHERE id = %s ORDER BY at DESC, seq DESC LIMIT 1", (call_id,)
    ).fetchone()
    return row[0] if row and isinstance(row[0], bytes) else None


def number_keys_at(connection: Connection, seqs: Iterable[int]) -> dict[int, bytes]:
    """Return the pseudonyms of the calls at these places that have one."""
    rows = connection.execute(
        "SELECT seq, number_key FROM calls WHERE seq = ANY(%s) AND number_key IS NOT NULL",
        (list(seqs),),
    )
    return {int(str(seq)): key for seq, key in rows if isinstance(key, bytes)}


def conditions(wanted: Filter) -> tuple[list[str], list[object]]:
    """Return the conditions of a filter and their values, in one order."""
    found: list[tuple[str, object]] = [
        (f"{column} = %s", word)
        for column in ("verdict", "would", "did", "trunk", "edge")
        if (word := getattr(wanted, column))
    ]
    for column, key in (("number_key", wanted.number), ("prefix_key", wanted.prefix)):
        if key is not None:
            found.append((f"{column} = %s", key))
    if wanted.caller:
        found.append(("caller LIKE %s", like_of(wanted.caller)))
    if wanted.since is not None:
        found.append(("at >= %s", wanted.since))
    if wanted.until is not None:
        found.append(("at < %s", wanted.until))
    if wanted.reason:
        found.append(("strpos(',' || reasons || ',', %s) > 0", f",{wanted.reason},"))
    if wanted.outcome:
        found.append(
            (
                "EXISTS (SELECT FROM outcomes WHERE call_seq = calls.seq AND event = %s)",
                wanted.outcome,
            )
        )
    return [clause for clause, _ in found], [value for _, value in found]


def like_of(pattern: str) -> str:
    r"""Return the pattern, whose one wildcard is `*`, as LIKE reads it with its escape `\`."""
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")


def _place(connection: Connection, before: int) -> tuple[object, object] | None:
    found = connection.execute(_PLACE, (before,)).fetchone()
    if found is not None:
        return found[0], found[1]
    near = connection.execute(_NEAR, {"seq": before}).fetchone()
    return None if near is None or near[0] is None else (near[0], _LAST_SEQ)


def _all(connection: Connection, rows: Sequence[Sequence[object]]) -> list[Found]:
    became = _became(connection, [row[1] for row in rows])
    return [
        {**read_row(row[1:]), "edge": row[0], "outcomes": became.get(row[1], [])} for row in rows
    ]


def _became(connection: Connection, seqs: list[object]) -> Mapping[object, list[Found]]:
    found: dict[object, list[Found]] = {}
    for seq, at, event, talk_s in connection.execute(_OUTCOMES, (seqs,)) if seqs else ():
        found.setdefault(seq, []).append({"at": at, "event": event, "talk_s": talk_s})
    return found
