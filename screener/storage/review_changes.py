"""Reading the kept reviews for the running agent: what changed since it last looked.

Each reading is of one moment. Writing is left to `review_store`, what is done with the changes to
`service.reviewing`.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from screener.core.lists import Exact, ListAction
from screener.core.number import NumberPlan
from screener.core.review import Review
from screener.errors import ScreenerError
from screener.service.reviewing import ALLOW, NOT_SPAM, PAUSE, Changes, LetIn
from screener.storage.keys import load_or_make_keys
from screener.storage.review_file import open_reviews, trouble
from screener.storage.review_rows import EntrySealer, Opener

AGENT_WAIT_S = 2.0
"""How long the agent's reading waits for a file that is just being made."""

_ACTIONS = {action.value: action for action in ListAction}
_CHANGED = (
    "SELECT place, action, speaks, entry_key, sealed, key_id FROM reviews "
    "WHERE undone_at IS NULL AND change > ? ORDER BY place"
)


@dataclass(frozen=True, slots=True)
class ChangesReader:
    """Reads for the agent what changed; makes the file where there is none, and the keys.

    `plan` is the agent's, `now` the machine's wall clock: what is over by it is left out.
    """

    path: Path
    keys: Path
    plan: Callable[[], NumberPlan]
    now: Callable[[], float]

    def __call__(self, change: int, book: str) -> Changes:
        """Return what changed after that change of that book; raises ScreenerError."""
        try:
            keys = load_or_make_keys(self.keys)
        except OSError as error:
            raise ScreenerError(f"{self.keys} cannot be read: {error.strerror}") from error
        with closing(open_reviews(self.path, wait_s=AGENT_WAIT_S)) as connection:
            try:
                with _one_moment(connection):
                    opened = EntrySealer(keys).opener(self.plan())
                    return _changes(connection, opened, self.now(), (change, book))
            except sqlite3.Error as error:
                raise trouble(self.path, error) from error


def _changes(
    connection: sqlite3.Connection, opened: Opener, now: float, known: tuple[int, str]
) -> Changes:
    change, name = connection.execute("SELECT change, book FROM state").fetchone()
    after = known[0] if name == known[1] and known[0] <= change else 0
    actions = {
        row[0]: row[1:]
        for row in connection.execute(
            "SELECT number, list_name, until, what, at, stamp, uid FROM actions "
            "WHERE until IS NULL OR until > ?",
            (now,),
        )
    }
    made: list[Review] = []
    let_in: list[LetIn] = []
    unread = 0
    for place, number, speaks, key, sealed, key_id in connection.execute(_CHANGED, (after,)):
        if (of_action := actions.get(number)) is None:
            continue  # over
        told = opened(key, sealed, key_id)
        if told is None:
            unread += 1
            continue
        entry, (list_name, until, what, at, stamp, uid) = told.entry, of_action
        made.append(Review(place, _ACTIONS[speaks], entry, until, list_name, stamp, uid))
        if what in {ALLOW, NOT_SPAM} and isinstance(entry, Exact):
            let_in.append(LetIn(entry.identity, what, at, uid))
    return Changes(
        change,
        name,
        tuple(made),
        tuple(let_in),
        _taken_back(connection, after) if after else (),
        paused_until(connection, now),
        unread,
        _witness(connection),
    )


def _taken_back(connection: sqlite3.Connection, after: int) -> tuple[int, ...]:
    gone = connection.execute(
        "SELECT place FROM reviews WHERE undone_at IS NOT NULL AND change > ? "
        "UNION ALL SELECT place FROM forgotten WHERE change > ?",
        (after, after),
    )
    return tuple(row[0] for row in gone)


def _witness(connection: sqlite3.Connection) -> str:
    last = connection.execute("SELECT place, hex(digest) FROM audit ORDER BY place DESC LIMIT 1")
    place, digest = last.fetchone() or (0, "")
    return f"{place}:{digest.lower()}"


def paused_until(connection: sqlite3.Connection, now: float) -> float:
    """Return until when the newest pause that stands lets every call in, 0 for none in force."""
    found = connection.execute(
        "SELECT until FROM actions WHERE what = ? AND undone_at IS NULL AND until > ? "
        "ORDER BY stamp DESC, uid DESC LIMIT 1",
        (PAUSE, now),
    ).fetchone()
    return float(found[0]) if found else 0.0


@contextmanager
def _one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
