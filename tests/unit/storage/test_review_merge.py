import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from screener.core.lists import Entry
from screener.storage.review_file import open_reviews
from screener.storage.review_merge import next_stamp, settle
from tests.unit.storage.reviews import ALICE, BOB, OpenReviews, reviews

CAROL = "+16515550144"


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[OpenReviews]:
    with reviews(tmp_path) as opened:
        yield opened


def standing(kept: OpenReviews) -> int:
    return len(kept.changes().made)


def test_a_stamp_comes_after_all_that_is_known_though_the_clock_was_set_back(
    kept: OpenReviews,
) -> None:
    kept.deny(ALICE)
    kept.clock.now -= 3_600.0
    kept.allow(ALICE)
    newest = kept.reader.of_entry(kept_entry(kept), kept.clock())
    assert [one.speaks.value for one in newest] == ["allow", "deny"]
    assert next_stamp(kept.store.connection, 9e9) == 9e9


def kept_entry(kept: OpenReviews) -> Entry:
    found = kept.reader.entry_of(1)
    assert found is not None
    return found


def test_of_two_imports_that_replace_a_list_the_later_one_speaks(kept: OpenReviews) -> None:
    kept.take_list("old", ALICE)
    first = kept.take_list("old", BOB, replace=True).number
    second = kept.take_list("old", CAROL, BOB, replace=True).number
    assert standing(kept) == 2
    kept.undo(first)  # what it replaced is replaced by the second, too
    assert standing(kept) == 2
    kept.undo(second)
    assert standing(kept) == 1


def test_settling_again_changes_nothing(kept: OpenReviews) -> None:
    kept.take_list("old", ALICE, BOB)
    kept.take_list("old", CAROL, replace=True)
    connection = kept.store.connection
    before = connection.execute("SELECT * FROM reviews").fetchall()
    settle(connection, "old", 99)
    assert connection.execute("SELECT * FROM reviews").fetchall() == before


def test_a_file_of_version_1_is_brought_up_with_its_order_and_names(tmp_path: Path) -> None:
    path = tmp_path / "review.db"
    script = Path(__file__).parents[3] / "screener/storage/review_schema.sql"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(script.read_text())
        for number, at in enumerate((100.0, 50.0, 200.0), 1):
            old.execute(
                "INSERT INTO actions VALUES (?, ?, 'anna', 'deny', 'old', NULL, 'why', '', "
                "NULL, NULL)",
                (number, at),
            )
        old.execute(
            "INSERT INTO reviews VALUES (1, 1, 'deny', 1, x'00', 'k', x'00', 's', 1, 5.0, 'b', 3)"
        )
        old.commit()
    copy = tmp_path / "copy.db"
    copy.write_bytes(path.read_bytes())
    found = []
    for one in (path, copy):
        with closing(open_reviews(one, wait_s=1.0)) as opened:
            found.append(
                opened.execute(
                    "SELECT uid, stamp, replaces, told, edge FROM actions ORDER BY number"
                ).fetchall()
            )
    assert found[0] == found[1]
    uids, stamps, replaces, *_ = zip(*found[0], strict=True)
    assert len(set(uids)) == 3
    assert list(stamps) == sorted(stamps)
    assert replaces == (0, 0, 1)
