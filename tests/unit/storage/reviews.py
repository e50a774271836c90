"""Reviews on a real disk for tests: a store beside its keys, and what an agent reads of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from screener.core.lists import Entry, ListAction, parse_entry
from screener.core.number import NumberPlan
from screener.service.reviewing import ALLOW, DENY, IMPORT, NOT_SPAM, PAUSE, Changes
from screener.storage.keys import Keys, load_or_make_keys
from screener.storage.review_changes import ChangesReader
from screener.storage.review_reading import ReviewReader
from screener.storage.review_rows import Remarked
from screener.storage.review_store import Act, Imported, ReviewStore
from tests.builders import NOW, HandClock

PLAN = NumberPlan("US")
ALICE, BOB = "+16515550142", "+16515550143"


def entry(text: str) -> Entry:
    return parse_entry(text, PLAN)


@dataclass
class OpenReviews:
    """A store with what reads it, and a clock moved by hand."""

    path: Path
    keys_path: Path
    keys: Keys
    store: ReviewStore
    reader: ReviewReader
    clock: HandClock

    def allow(
        self, text: str, *, who: str = "anna", until: float | None = None, what: str = ALLOW
    ) -> int:
        act = Act(who, what, self.clock(), until, "ticket 7")
        return self.store.add(act, ListAction.ALLOW, entry(text))

    def deny(self, text: str, *, who: str = "anna", until: float | None = None) -> int:
        act = Act(who, DENY, self.clock(), until, "ticket 8")
        return self.store.add(act, ListAction.DENY, entry(text))

    def not_spam(self, text: str) -> int:
        return self.allow(text, what=NOT_SPAM)

    def take_list(self, name: str, *texts: str, replace: bool = False) -> Imported:
        act = Act("anna", IMPORT, self.clock(), list_name=name)
        told = (Remarked(entry(text), f"about {place}") for place, text in enumerate(texts))
        return self.store.add_list(act, ListAction.DENY, told, replace=replace)

    def pause(self, seconds: float) -> int:
        return self.store.pause(Act("anna", PAUSE, self.clock(), self.clock() + seconds))

    def undo(self, number: int) -> int:
        return self.store.undo(Act("bob", "undo", self.clock()), number)

    def changes(self, change: int = 0, book: str = "") -> Changes:
        return ChangesReader(self.path, self.keys_path, lambda: PLAN, self.clock)(change, book)

    def bytes(self) -> bytes:
        return b"".join(one.read_bytes() for one in sorted(self.path.parent.iterdir()))


@contextmanager
def reviews(folder: Path) -> Iterator[OpenReviews]:
    path, keys_path = folder / "state" / "review.db", folder / "keys.json"
    keys = load_or_make_keys(keys_path)
    store = ReviewStore(path, keys)
    try:
        reader = ReviewReader(store.connection, keys, PLAN)
        yield OpenReviews(path, keys_path, keys, store, reader, HandClock(NOW))
    finally:
        store.close()
