import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from screener.desk.auditing import all_of, audit_row, kinds_of, page_of, verify
from screener.desk.reviewer import desk
from screener.errors import MissingPartError, ScreenerError
from screener.storage.deeds import Sought
from screener.storage.keys import load_keys
from screener.storage.review_store import Act, ReviewStore
from screener.storage.subjects import Asker, Subjects
from tests.unit.cli.logged import Logged, logged
from tests.unit.storage.logs import decided

CALL = "00000000000000a1"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Logged]:
    """Six deeds, in turns in both books, a second apart."""
    with logged(tmp_path) as found:
        found.log.decisions(decided(CALL))
        keys = load_keys(found.log.keys)
        with (
            closing(Subjects(found.log.path, keys)) as subjects,
            closing(ReviewStore(found.log.path.with_name("review.db"), keys)) as store,
        ):
            for place in range(3):
                subjects.reveal(CALL, Asker("anna", f"r{place}", 10.0 + 2 * place))
                store.pause(Act("Ben (web)", "pause", 11.0 + 2 * place, 99.0, f"p{place}"))
        yield found


def reasons(site: Logged, sought: Sought, limit: int = 99) -> list[str]:
    return [deed.reason for deed in page_of(site.config, sought, limit=limit).deeds]


def test_both_books_are_one_list_newest_first(site: Logged) -> None:
    assert reasons(site, Sought()) == ["p2", "r2", "p1", "r1", "p0", "r0"]
    assert [deed.reason for deed in all_of(site.config)[0]] == ["r0", "p0", "r1", "p1", "r2", "p2"]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6])
def test_pages_together_are_the_whole(site: Logged, limit: int) -> None:
    found: list[str] = []
    before = None
    for _ in range(8):
        page = page_of(site.config, Sought(), limit=limit, before=before)
        found += [deed.reason for deed in page.deeds]
        before = page.before
        if before is None:
            break
    assert found == ["p2", "r2", "p1", "r1", "p0", "r0"]


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        (Sought(who="ben"), ["p2", "p1", "p0"]),
        (Sought(who="%"), []),
        (Sought(what="reveal"), ["r2", "r1", "r0"]),
        (Sought(since=13.0), ["p2", "r2", "p1"]),
        (Sought(who="n", what="pause", since=14.0), ["p2"]),
    ],
)
def test_deeds_are_found_by_who_what_and_when(
    site: Logged, sought: Sought, found: list[str]
) -> None:
    assert reasons(site, sought) == found


def test_words_of_deeds_are_those_of_both_books(site: Logged) -> None:
    assert kinds_of(site.config) == ["pause", "reveal"]


def test_a_deed_is_told_in_columns(site: Logged) -> None:
    deed = page_of(site.config, Sought(), limit=1).deeds[0]
    assert audit_row(deed) == ("1970-01-01T00:00:15Z", "review", 3, "Ben (web)", "pause", "p2", "")


def test_whole_books_are_counted(site: Logged) -> None:
    found = verify(site.config)
    assert (found.whole, found.wrong) == ({"log": 3, "review": 3}, ())
    assert found.told == "6 entries (log 3, review 3), all of them whole"


def test_a_book_that_was_tampered_with_is_told_and_the_other_shown(site: Logged) -> None:
    with closing(sqlite3.connect(site.log.path.with_name("review.db"))) as book:
        book.execute("DROP TRIGGER audit_is_not_changed")
        book.execute("UPDATE audit SET who = 'nobody' WHERE place = 2")
        book.commit()
    found = verify(site.config)
    assert found.whole == {"log": 3}
    assert found.wrong == ("review: the audit was tampered with at entry 2",)
    assert len(reasons(site, Sought())) == 6
    with pytest.raises(ScreenerError, match="entry 2"):
        found.raise_troubles()


def test_a_site_without_books_says_so(tmp_path: Path) -> None:
    with logged(tmp_path) as site:
        config = site.config
    for one in (tmp_path / "state").iterdir():
        one.unlink()
    for look in (all_of, verify, kinds_of):
        with pytest.raises(MissingPartError, match="neither"):
            look(config)
    with desk(site.path, "anna", lambda _: None):
        pass
    assert verify(config).whole == {"review": 0}
