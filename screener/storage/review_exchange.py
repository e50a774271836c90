"""The reviews of this edge as other edges get them, and a summary by which they are compared.

What was not told yet, what another edge asks for, and what two edges lack of one another. How
theirs are taken in is `review_intake`'s; sending and receiving is left to
`service.shared_reviews`, which calls this in a thread.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from screener.core.number import NumberPlan
from screener.core.review import write_entry
from screener.errors import ScreenerError
from screener.service.shared_reviews import Lack, Taken, Untold
from screener.storage.keys import Keys, load_or_make_keys
from screener.storage.review_file import open_reviews, trouble
from screener.storage.review_intake import Intake
from screener.storage.review_merge import BETWEEN
from screener.storage.review_parcels import (
    MOST_ENTRIES,
    MOST_FACTS,
    ActionFact,
    EntryFact,
    ErasedFact,
    Parcel,
    Undone,
    decode,
    encode,
)
from screener.storage.review_rows import EntrySealer, Opener
from screener.storage.transaction import transaction

MOST_SUMMED = 10_000
"""Actions in a summary, the latest ones: so many live deeds of people no site has."""

_WAIT_S = 5.0
_DIGEST_BYTES = 4
_ACTION = (
    "SELECT number, uid, edge, stamp, at, who, what, list_name, until, reason, call_id, replaces, "
    "undone_at, undone_by FROM actions WHERE "
)
_ENTRIES = (
    "SELECT place, speaks, entry_key, sealed, key_id, "
    "undone_at IS NOT NULL AND undone_in IS NULL, undone_at, undone_by "
    "FROM reviews WHERE action = ? AND place > ? ORDER BY place LIMIT ?"
)
_LIVE = "undone_at IS NULL AND (until IS NULL OR until > ?)"


@dataclass(frozen=True, slots=True)
class _Summary:
    """What is in force: each action's uid with a digest of its entries, and one of the erased."""

    actions: dict[str, str]
    erased: str


class ReviewExchange:
    """One edge's file of reviews, read for other edges; raises ScreenerError.

    `edge` is this edge's name, `plan` the agent's, `now` the machine's wall clock, `mark` makes
    what stands for an erased number at all edges.
    """

    def __init__(
        self,
        path: Path,
        keys: Path,
        plan: Callable[[], NumberPlan],
        *,
        edge: str,
        now: Callable[[], float],
        mark: Callable[[str], bytes],
    ) -> None:
        self._path, self.edge, self._now = path, edge, now
        self._keys, self._plan, self._mark = keys, plan, mark
        self._summed: tuple[int, float, _Summary] | None = None

    def untold(self) -> Untold:
        """Return what was done here that other edges were not told yet, oldest first."""
        with self._opened() as connection:
            ((change,),) = connection.execute("SELECT change FROM state").fetchall()
            uids = connection.execute(
                "SELECT uid FROM actions WHERE told = 0 ORDER BY number LIMIT ?", (MOST_FACTS,)
            ).fetchall()
            erased = connection.execute(
                "SELECT mark, stamp FROM erased WHERE told = 0 LIMIT ?", (MOST_FACTS,)
            ).fetchall()
        return Untold(change, tuple(row[0] for row in uids), tuple(erased))

    def told(self, untold: Untold) -> None:
        """Note that this was told; where anything was changed meanwhile all is told again."""
        with self._opened() as connection, transaction(connection):
            ((change,),) = connection.execute("SELECT change FROM state").fetchall()
            if change != untold.change:
                return
            connection.executemany(
                "UPDATE actions SET told = 1 WHERE uid = ?", [(uid,) for uid in untold.uids]
            )
            connection.executemany(
                "UPDATE erased SET told = 1 WHERE mark = ? AND stamp = ?", untold.erased
            )

    def tell(self, untold: Untold) -> Iterator[object]:
        """Yield what tells it, as far as it is here and can be opened."""
        if untold.erased:
            yield encode(Parcel(erased=tuple(ErasedFact(*one) for one in untold.erased)))
        with self._opened() as connection:
            opened = EntrySealer(self._load()).opener(self._plan())
            pending: list[ActionFact] = []
            room = MOST_ENTRIES
            for uid in untold.uids:
                for part in _parts(connection, uid, opened, self.edge):
                    if pending and (len(part.entries) > room or len(pending) >= MOST_FACTS):
                        yield encode(Parcel(tuple(pending)))
                        pending, room = [], MOST_ENTRIES
                    pending.append(part)
                    room -= len(part.entries)
            if pending:
                yield encode(Parcel(tuple(pending)))

    def tell_erased(self) -> Iterator[object]:
        """Yield what tells of all erased numbers."""
        with self._opened() as connection:
            rows = connection.execute("SELECT mark, stamp FROM erased ORDER BY mark").fetchall()
        for start in range(0, len(rows), MOST_FACTS):
            some = rows[start : start + MOST_FACTS]
            yield encode(Parcel(erased=tuple(ErasedFact(*row) for row in some)))

    def ask(self, uids: Sequence[str]) -> object:
        """Return what asks for these, for some of many."""
        return encode(Parcel(wanted=tuple(uids[:MOST_FACTS])))

    def summary(self) -> object:
        """Return what shows what is in force here."""
        summary = self._summary()
        return {"actions": summary.actions, "erased": summary.erased}

    def compare(self, theirs: object) -> Lack:
        """Return what another edge's summary shows.

        It should hear of what it lacks, and of what we undid and it holds in force.
        """
        ours = self._summary()
        actions = theirs.get("actions") if isinstance(theirs, dict) else None
        if not isinstance(theirs, dict) or not isinstance(actions, dict):
            raise ScreenerError("it is no summary of reviews")
        differing = [uid for uid, told in actions.items() if ours.actions.get(uid) != told]
        wanted: list[str] = []
        owed: list[str] = []
        with self._opened() as connection:
            for uid in differing[:MOST_FACTS]:
                row = connection.execute(
                    "SELECT undone_at IS NOT NULL FROM actions WHERE uid = ?", (uid,)
                ).fetchone()
                (owed if row and row[0] else wanted).append(uid)
        owed += [uid for uid in ours.actions if uid not in actions]
        return Lack(tuple(wanted), tuple(owed), ours.erased != theirs.get("erased"))

    def _summary(self) -> _Summary:
        now = self._now()
        with self._opened() as connection:
            ((change,),) = connection.execute("SELECT change FROM state").fetchall()
            known = self._summed
            if known is not None and known[0] == change and now < known[1]:
                return known[2]
            opened = EntrySealer(self._load()).opener(self._plan())
            summary, ends = _summed(connection, now, opened)
        self._summed = change, ends, summary
        return summary

    def take(self, told: Sequence[object]) -> Taken:
        """Take other edges' facts into the file; what is no parcel is counted and left out."""
        parcels: list[Parcel] = []
        refused = 0
        for one in told:
            try:
                parcels.append(decode(one))
            except ScreenerError:
                refused += 1
        with self._opened() as connection:
            intake = Intake(connection, self._load(), self._plan(), self.edge, self._mark)
            taken = intake.take(parcels, self._now())
            if any(parcel.erased for parcel in parcels):
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        taken.refused += refused
        taken.heard = tuple(one.uid for parcel in parcels for one in parcel.actions)
        taken.wanted = tuple(uid for parcel in parcels for uid in parcel.wanted)
        return taken

    def _load(self) -> Keys:
        try:
            return load_or_make_keys(self._keys)
        except OSError as error:
            raise ScreenerError(f"{self._keys} cannot be read: {error.strerror}") from error

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Lend the open file; whatever SQLite says is told as ScreenerError."""
        with closing(open_reviews(self._path, wait_s=_WAIT_S)) as connection:
            try:
                yield connection
            except sqlite3.Error as error:
                raise trouble(self._path, error) from error


def _parts(
    connection: sqlite3.Connection, uid: str, opened: Opener, here: str
) -> Iterator[ActionFact]:
    """Yield an action, in several where it has many entries."""
    row = connection.execute(_ACTION + "uid = ?", (uid,)).fetchone()
    if row is None:
        return
    number, _, edge, stamp, at, who, what, *told = row
    list_name, until, reason, call_id, replaces, undone_at, undone_by = told
    action = ActionFact(
        *(uid, edge or here, stamp, at, who.removesuffix(BETWEEN + edge) if edge else who, what),
        *(list_name, until, reason, call_id, bool(replaces)),
        _undone(undone_at, undone_by, here),
        "",
    )
    place, any_told = 0, False
    while rows := connection.execute(_ENTRIES, (number, place, MOST_ENTRIES)).fetchall():
        place, entries = rows[-1][0], []
        for _, _, key, sealed, key_id, undone, its_at, its_by in rows:
            if (one := opened(key, sealed, key_id)) is not None:
                by_itself = _undone(its_at, its_by, here) if undone else None
                entries.append(EntryFact(write_entry(one.entry), one.remark, by_itself))
        any_told = True
        yield replace(action, speaks=rows[0][1], entries=tuple(entries))
    if not any_told:
        yield action


def _undone(at: float | None, by: str, here: str) -> Undone | None:
    if at is None:
        return None
    return at, by if BETWEEN in by else by + BETWEEN + here


def _summed(connection: sqlite3.Connection, now: float, opened: Opener) -> tuple[_Summary, float]:
    """Return what is in force, and when the first of it ends."""
    live = connection.execute(
        f"SELECT number, uid, until FROM actions WHERE {_LIVE} ORDER BY stamp DESC LIMIT ?",  # noqa: S608 - our own words
        (now, MOST_SUMMED),
    ).fetchall()
    counts = dict(connection.execute("SELECT action, count(*) FROM reviews GROUP BY action"))
    undone: dict[int, list[bytes]] = {}
    for action, *row in connection.execute(
        "SELECT action, entry_key, sealed, key_id FROM reviews WHERE undone_at IS NOT NULL "  # noqa: S608 - our own words
        f"AND undone_in IS NULL AND action IN (SELECT number FROM actions WHERE {_LIVE})",
        (now,),
    ):
        if (told := opened(*row)) is not None:
            undone.setdefault(action, []).append(write_entry(told.entry).encode())
    actions = {
        uid: f"{counts.get(number, 0)}.{_digest(undone.get(number, ()))}" for number, uid, _ in live
    }
    marks = [
        mark + repr(stamp).encode()
        for mark, stamp in connection.execute("SELECT mark, stamp FROM erased ORDER BY mark")
    ]
    ends = min((until for _, _, until in live if until is not None), default=float("inf"))
    return _Summary(actions, _digest(marks)), ends


def _digest(several: Iterable[bytes]) -> str:
    found = b"\0".join(sorted(several))
    return sha256(found).hexdigest()[: 2 * _DIGEST_BYTES] if found else ""
