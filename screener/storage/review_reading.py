"""Reading the kept reviews for people: what stands, for whom (masked), who did it and why.

Writing is left to `review_store`, what the agent reads to `review_changes`.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from screener.core.lists import Entry, ListAction
from screener.core.number import CallerId, NumberPlan
from screener.core.review import Review, ReviewBook
from screener.service.reviewing import PAUSE
from screener.storage.keys import Keys
from screener.storage.review_changes import paused_until
from screener.storage.review_merge import BETWEEN
from screener.storage.review_rows import EntrySealer, Remarked

_ACTION_COLUMNS = (
    "number, at, who, what, list_name, until, reason, call_id, actions.undone_at, "
    "actions.undone_by, stamp, uid"
)
_IN_FORCE = "reviews.undone_at IS NULL AND (until IS NULL OR until > ?)"
_OF_ENTRY = "exact = ? AND substr(entry_key, 1, 4) = ? AND entry_key = ?"


class State(StrEnum):
    """What became of a review; `ANY` is for who asks for all."""

    IN_FORCE = "in-force"
    ENDED = "ended"
    UNDONE = "undone"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What reviews must be; the empty string and None ask for nothing.

    `before` is the place of the last one of the page before: only older ones come after it.
    """

    list_name: str = ""
    speaks: ListAction | None = None
    state: State = State.IN_FORCE
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody did once, as it is kept; `undone_at` is None where it stands.

    `number` is this edge's, `uid` the same at all; the latest `stamp` speaks, then the
    greatest uid.
    """

    number: int
    at: float
    who: str
    what: str
    list_name: str
    until: float | None
    reason: str
    call_id: str
    undone_at: float | None
    undone_by: str | None
    stamp: float
    uid: str


@dataclass(frozen=True, slots=True)
class Kept:
    """One entry of an action, masked; `undone_at` is None where it stands.

    `outspoken`: a newer one of the same entry speaks instead of it; only `standing` tells.
    """

    place: int
    speaks: ListAction
    shown: str
    undone_at: float | None
    undone_by: str | None
    action: Action
    outspoken: bool = False

    def is_in_force(self, now: float) -> bool:
        """Whether it was neither undone nor is over at `now`."""
        over = self.action.until is not None and now >= self.action.until
        return self.undone_at is None and not over


class ReviewReader:
    """What people may ask of the kept reviews; raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection, keys: Keys, plan: NumberPlan) -> None:
        self._connection = connection
        self._sealer = EntrySealer(keys)
        self._opened = self._sealer.opener(plan)

    def action(self, number: int) -> Action | None:
        """Return the action of that number."""
        row = self._connection.execute(
            f"SELECT {_ACTION_COLUMNS} FROM actions WHERE number = ?",  # noqa: S608 - our own words
            (number,),
        ).fetchone()
        return Action(*row) if row else None

    def latest_of(self, who: str) -> int | None:
        """Return the number of somebody's latest action, at any edge, that is not undone."""
        row = self._connection.execute(
            "SELECT number FROM actions WHERE undone_at IS NULL "
            "AND (who = ?1 OR (edge <> '' AND who = ?1 || ?2 || edge)) "
            "ORDER BY stamp DESC, uid DESC LIMIT 1",
            (who, BETWEEN),
        ).fetchone()
        return row if row is None else int(row[0])

    def entries_of(self, number: int, limit: int) -> list[Kept]:
        """Return the first entries of an action."""
        return list(self._kept("action = ?", (number,), limit))

    def entry_of(self, number: int) -> Entry | None:
        """Return the entry of an action that has one, None where it cannot be opened."""
        rows = list(self._rows("action = ?", (number,), 2))
        told = self._opened(*rows[0][1:]) if len(rows) == 1 else None
        return told.entry if told is not None else None

    def of_entry(self, entry: Entry, now: float) -> list[Kept]:
        """Return the reviews of exactly this entry that are in force at `now`, newest first."""
        sealed = self._sealer.seal(Remarked(entry))
        held = (sealed.exact, sealed.key[:4], sealed.key)
        found = self._kept(f"{_OF_ENTRY} AND {_IN_FORCE}", (*held, now), -1)
        return sorted(found, key=lambda one: (one.action.stamp, one.action.uid), reverse=True)

    def standing(self, *, now: float, list_name: str, every: bool, limit: int) -> list[Kept]:
        """Return reviews, newest first: of one list or of all (empty), undone ones if `every`."""
        state = State.ANY if every else State.IN_FORCE
        return self.page(Wanted(list_name, state=state), now=now, limit=limit)

    def page(self, wanted: Wanted, *, now: float, limit: int) -> list[Kept]:
        """Return reviews that are as wanted at `now`, newest first."""
        where, values = _conditions(wanted, now)
        return [
            replace(kept, outspoken=kept.is_in_force(now) and self._is_outspoken(kept, key, now))
            for kept, key, *_ in self._rows(where, values, limit)
        ]

    def at_place(self, place: int) -> Kept | None:
        """Return the review at that place."""
        return next(iter(self._kept("place = ?", (place,), 1)), None)

    def counts(self, *, now: float, list_name: str, every: bool) -> list[tuple[str, str, int]]:
        """Return how many entries each list has, by what they speak for."""
        where, values = _filter(now=now, list_name=list_name, every=every)
        return list(
            self._connection.execute(
                "SELECT list_name, speaks, count(*) FROM reviews JOIN actions ON action = number "  # noqa: S608 - our own words
                f"WHERE {where} GROUP BY list_name, speaks ORDER BY list_name, speaks",
                values,
            )
        )

    def opened(self, *, now: float, list_name: str) -> Iterator[tuple[Kept, Remarked | None]]:
        """Yield what is in force with its entry, None where the keys are others; audit it first."""
        where, values = _filter(now=now, list_name=list_name, every=False)
        for row in self._rows(where, values, -1):
            kept, key, sealed, key_id = row
            yield kept, self._opened(key, sealed, key_id)

    def speaking_of(self, caller: CallerId | None, now: float) -> ReviewBook:
        """Return the book of those reviews that can hold the caller, and the pause."""
        wanted = [(_IN_FORCE + " AND exact = 0", (now,))]
        for identity in {caller.identity, caller.e164} - {""} if caller else ():
            key = self._sealer.key_of_number(identity)
            wanted.append((f"{_IN_FORCE} AND {_OF_ENTRY}", (now, True, key[:4], key)))  # type: ignore[arg-type]  # values of any kind
        book = ReviewBook(paused_until=paused_until(self._connection, now))
        for where, values in wanted:
            for kept, key, sealed, key_id in self._rows(where, values, -1):
                told = self._opened(key, sealed, key_id)
                if told is not None:
                    act = kept.action
                    spoken = (act.until, act.list_name, act.stamp, act.uid)
                    book.put(Review(kept.place, kept.speaks, told.entry, *spoken))
        return book

    def paused_until(self, now: float) -> float:
        """Return until when every call is let in, 0 for no pause."""
        return paused_until(self._connection, now)

    def names(self) -> list[str]:
        """Return the names of all lists that anything was ever put on."""
        rows = self._connection.execute(
            "SELECT DISTINCT list_name FROM actions WHERE what <> ? ORDER BY list_name", (PAUSE,)
        )
        return [str(row[0]) for row in rows]

    def has_list(self, name: str) -> bool:
        """Whether anything was ever put on a list of that name."""
        row = self._connection.execute(
            "SELECT 1 FROM actions WHERE list_name = ? AND what <> ? LIMIT 1", (name, PAUSE)
        )
        return row.fetchone() is not None

    def _kept(self, where: str, values: tuple[object, ...], limit: int) -> Iterator[Kept]:
        return (row[0] for row in self._rows(where, values, limit))

    def _is_outspoken(self, kept: Kept, key: bytes, now: float) -> bool:
        row = self._connection.execute(
            "SELECT 1 FROM reviews JOIN actions ON action = number "  # noqa: S608 - our own words
            "WHERE (stamp, uid) > (?, ?) "
            f"AND substr(entry_key, 1, 4) = ? AND entry_key = ? AND {_IN_FORCE} LIMIT 1",
            (kept.action.stamp, kept.action.uid, key[:4], key, now),
        )
        return row.fetchone() is not None

    def _rows(
        self, where: str, values: tuple[object, ...], limit: int
    ) -> Iterator[tuple[Kept, bytes, bytes, str]]:
        rows = self._connection.execute(
            "SELECT place, speaks, shown, reviews.undone_at, reviews.undone_by, entry_key, "  # noqa: S608 - our own words
            f"sealed, key_id, {_ACTION_COLUMNS} FROM reviews JOIN actions ON action = number "
            f"WHERE {where} ORDER BY place DESC LIMIT ?",
            (*values, limit),
        )
        for place, speaks, shown, undone_at, undone_by, key, sealed, key_id, *of_action in rows:
            action = Action(*of_action)
            kept = Kept(place, ListAction(speaks), shown, undone_at, undone_by, action)
            yield kept, key, sealed, key_id


def _conditions(wanted: Wanted, now: float) -> tuple[str, tuple[object, ...]]:
    found: list[tuple[str, tuple[object, ...]]] = []
    match wanted.state:
        case State.IN_FORCE:
            found.append((_IN_FORCE, (now,)))
        case State.ENDED:
            found.append(("reviews.undone_at IS NULL AND until <= ?", (now,)))
        case State.UNDONE:
            found.append(("reviews.undone_at IS NOT NULL", ()))
        case State.ANY:
            pass
    if wanted.list_name:
        found.append(("list_name = ?", (wanted.list_name,)))
    if wanted.speaks is not None:
        found.append(("speaks = ?", (wanted.speaks.value,)))
    if wanted.before is not None:
        found.append(("place < ?", (wanted.before,)))
    where = " AND ".join(clause for clause, _ in found) or "1"
    return where, tuple(value for _, values in found for value in values)


def _filter(*, now: float, list_name: str, every: bool) -> tuple[str, tuple[object, ...]]:
    where, values = ("1", ()) if every else (_IN_FORCE, (now,))
    if not list_name:
        return where, values
    return f"{where} AND list_name = ?", (*values, list_name)
