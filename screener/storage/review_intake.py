"""Taking other edges' reviews into this edge's file: each fact once, whatever came before it.

Each parcel is one transaction, with its deeds in this edge's audit. What facts there are is
`review_parcels`'s, how they merge `review_merge`'s.
"""

import logging
import sqlite3
from collections.abc import Callable, Sequence

from screener.core.lists import Exact, Trunk
from screener.core.number import NumberPlan
from screener.core.review import REVIEWED, read_entry
from screener.service.review_rules import trunk_may_be_denied
from screener.service.shared_reviews import Taken
from screener.storage.audit import Audit, Deed
from screener.storage.keys import Keys
from screener.storage.review_merge import BETWEEN, MOST_AHEAD_S, settle
from screener.storage.review_parcels import ActionFact, EntryFact, ErasedFact, Parcel
from screener.storage.review_rows import EntrySealer, Remarked
from screener.storage.transaction import transaction

log = logging.getLogger("screener.reviews")


class Intake:
    """Takes parcels into one open file; `edge` is this edge's name. Raises sqlite3.Error.

    `mark` makes what stands for an erased number at all edges.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        keys: Keys,
        plan: NumberPlan,
        edge: str,
        mark: Callable[[str], bytes],
    ) -> None:
        self._connection = connection
        self._sealer = EntrySealer(keys)
        self._audit = Audit(connection, keys)
        self._plan = plan
        self._mark = mark
        self._edge = edge
        self._deeds: list[tuple[str, int, bytes]] = []

    def take(self, parcels: Sequence[Parcel], now: float) -> Taken:
        """Take parcels in their order; what is done from a day after `now` on is refused.

        A number that is erased so is erased once, as of `now`: whatever is wrong with the clock
        of who told it, somebody wanted that.
        """
        taken = Taken()
        for parcel in parcels:
            self._deeds.clear()
            with transaction(self._connection):
                before = taken.new
                change = self._connection.execute("SELECT change + 1 FROM state").fetchone()[0]
                for erased in parcel.erased:
                    self._take_erased(erased, change, taken, now)
                for action in parcel.actions:
                    if action.stamp > now + MOST_AHEAD_S or not action.who.strip():
                        taken.refused += 1
                    else:
                        self._take_action(action, change, taken)
                if taken.new > before:
                    self._connection.execute("UPDATE state SET change = ?", (change,))
            for what, place, digest in self._deeds:
                log.info("AUDIT place=%d what=%s digest=%s", place, what, digest.hex())
        return taken

    def _take_action(self, told: ActionFact, change: int, taken: Taken) -> None:
        found = self._connection.execute(
            "SELECT number, undone_at, undone_by FROM actions WHERE uid = ?", (told.uid,)
        ).fetchone()
        number = int(found[0]) if found else self._begin(told)
        taken.new += found is None
        inherited = (found[1], found[2]) if found and found[1] is not None else None
        undone = inherited is None and told.undone is not None
        if undone:
            inherited = told.undone
            self._undo(told, number, change)
            taken.new += 1
        before = taken.new
        for entry in told.entries:
            self._take_entry(entry, (number, told, inherited), change, taken)
        if (found is None or undone or taken.new > before) and self._is_replaced(told.list_name):
            settle(self._connection, told.list_name, change)

    def _begin(self, told: ActionFact) -> int:
        who = told.who if told.edge == self._edge else told.who + BETWEEN + told.edge
        edge = "" if told.edge == self._edge else told.edge
        done = self._connection.execute(
            "INSERT INTO actions (at, who, what, list_name, until, reason, call_id, uid, edge, "
            "stamp, replaces, told) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
            (
                *(told.at, who, told.what, told.list_name, told.until, told.reason, told.call_id),
                *(told.uid, edge, told.stamp, told.replaces),
            ),
        )
        self._note(told.what, who, told.reason, self._target(told), told.at)
        return int(done.lastrowid or 0)

    def _target(self, told: ActionFact) -> str:
        """Return what the deed was about, as the edge's own audit has it."""
        if told.call_id or not told.speaks:
            return told.call_id
        if told.list_name != REVIEWED or len(told.entries) != 1:
            return told.list_name
        try:
            return self._sealer.key(read_entry(told.entries[0].text, self._plan)).hex()
        except ValueError:
            return ""

    def _undo(self, told: ActionFact, number: int, change: int) -> None:
        undone_at, by = told.undone or (0.0, "")
        self._connection.execute(
            "UPDATE actions SET undone_at = ?, undone_by = ? WHERE number = ?",
            (undone_at, by, number),
        )
        self._connection.execute(
            "UPDATE reviews SET undone_at = coalesce(undone_at, ?), "
            "undone_by = coalesce(undone_by, ?), undone_in = NULL, change = ? WHERE action = ?",
            (undone_at, by, change, number),
        )
        self._note("undo", by, "told by another edge", str(number), undone_at)

    def _take_entry(
        self,
        told: EntryFact,
        of_action: tuple[int, ActionFact, tuple[float, str] | None],
        change: int,
        taken: Taken,
    ) -> None:
        number, action, inherited = of_action
        try:
            entry = read_entry(told.text, self._plan)
        except ValueError:
            taken.refused += 1
            return
        trunk = isinstance(entry, Trunk)
        if trunk and not trunk_may_be_denied(
            action.speaks, min(action.at, action.stamp), action.until
        ):
            taken.refused += 1
            return
        key = self._sealer.key(entry)
        undone = told.undone or inherited
        held = self._connection.execute(
            "SELECT place, undone_at IS NULL OR undone_in IS NOT NULL FROM reviews "
            "WHERE substr(entry_key, 1, 4) = ? AND entry_key = ? AND action = ?",
            (key[:4], key, number),
        ).fetchone()
        if held is not None:
            if undone is not None and held[1]:
                self._connection.execute(
                    "UPDATE reviews SET undone_at = ?, undone_by = ?, undone_in = NULL, change = ? "
                    "WHERE place = ?",
                    (*undone, change, held[0]),
                )
                self._note("undo", undone[1], "told by another edge", str(held[0]), undone[0])
                taken.new += 1
            return
        if isinstance(entry, Exact) and self._is_erased(entry.identity, action.stamp):
            return
        row = self._sealer.seal(Remarked(entry, told.remark), key)
        self._connection.execute(
            "INSERT INTO reviews (action, speaks, exact, entry_key, key_id, sealed, shown, change, "
            "undone_at, undone_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(number, action.speaks, row.exact, row.key, row.key_id, row.sealed, row.shown),
                *(change, *(undone or (None, None))),
            ),
        )
        taken.new += 1

    def _is_erased(self, identity: str, stamp: float) -> bool:
        if not self._any_erased():
            return False
        found = self._connection.execute(
            "SELECT 1 FROM erased WHERE mark = ? AND stamp >= ?", (self._mark(identity), stamp)
        )
        return found.fetchone() is not None

    def _is_replaced(self, list_name: str) -> bool:
        found = self._connection.execute(
            "SELECT 1 FROM actions WHERE list_name = ? AND replaces LIMIT 1", (list_name,)
        )
        return found.fetchone() is not None

    def _take_erased(self, told: ErasedFact, change: int, taken: Taken, now: float) -> None:
        row = self._connection.execute(
            "SELECT stamp FROM erased WHERE mark = ?", (told.mark,)
        ).fetchone()
        known = row[0] if row else None
        latest = now + MOST_AHEAD_S
        if told.stamp > latest:
            if known is not None:  # as of now again and again it would erase what came since
                taken.refused += 1
                return
            told = ErasedFact(told.mark, now)
        # What stands here by a clock that was wrong gives way, also to what is older.
        if known is None or known > latest or known < told.stamp:
            self._erase(told, change)
            taken.new += 1

    def _erase(self, told: ErasedFact, change: int) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO erased VALUES (?, ?, 1)", (told.mark, told.stamp)
        )
        # Only a digest is told, so each number is looked at: it is done by people, now and then.
        rows = self._connection.execute(
            "SELECT place, entry_key, sealed, key_id FROM reviews JOIN actions ON action = number "
            "WHERE exact = 1 AND stamp <= ?",
            (told.stamp,),
        )
        opened = self._sealer.opener(self._plan)
        gone = [place for place, *row in rows if self._is_of(opened(*row), told.mark)]
        self._connection.executemany("DELETE FROM reviews WHERE place = ?", [(p,) for p in gone])
        self._connection.executemany(
            "INSERT INTO forgotten VALUES (?, ?)", [(place, change) for place in gone]
        )

    def _is_of(self, told: Remarked | None, mark: bytes) -> bool:
        entry = told.entry if told is not None else None
        return isinstance(entry, Exact) and self._mark(entry.identity) == mark

    def _any_erased(self) -> bool:
        return self._connection.execute("SELECT 1 FROM erased LIMIT 1").fetchone() is not None

    def _note(self, what: str, who: str, reason: str, target: str, at: float) -> None:
        place, digest = self._audit.append(Deed(who, what, reason, target), at)
        self._deeds.append((what, place, digest))
