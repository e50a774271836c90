from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from screener.errors import ScreenerError
from screener.storage.web_file import open_web
from screener.storage.web_filters import LONGEST_NAME, LONGEST_QUERY, MOST, WebFilters


@pytest.fixture
def filters(tmp_path: Path) -> Iterator[WebFilters]:
    path = tmp_path / "web.db"
    with closing(open_web(path)) as connection:
        yield WebFilters(connection, path)


def names(filters: WebFilters, owner: str) -> list[str]:
    return [one.name for one in filters.seen_by(owner)]


def test_one_s_own_come_first_and_then_what_others_share(filters: WebFilters) -> None:
    filters.save("anna", "b", "x=1", shared=False)
    filters.save("anna", "C", "x=2", shared=True)
    filters.save("ben", "a", "x=3", shared=True)
    filters.save("ben", "d", "x=4", shared=False)
    assert names(filters, "anna") == ["b", "C", "a"]
    assert names(filters, "ben") == ["a", "d", "C"]
    assert names(filters, "zoe") == ["a", "C"]


def test_the_same_name_is_replaced(filters: WebFilters) -> None:
    filters.save("anna", " night ", "x=1", shared=True)
    filters.save("anna", "night", "x=2", shared=False)
    (kept,) = filters.seen_by("anna")
    assert (kept.name, kept.query, kept.shared) == ("night", "x=2", False)
    assert names(filters, "ben") == []


def test_only_the_owner_deletes_it(filters: WebFilters) -> None:
    filters.save("anna", "night", "x=1", shared=True)
    number = filters.seen_by("anna")[0].number
    assert not filters.delete("ben", number)
    assert filters.delete("anna", number)
    assert not filters.delete("anna", number)


@pytest.mark.parametrize("name", ["", "  ", "x" * (LONGEST_NAME + 1), "a\x1b"])
def test_a_name_that_is_none_is_refused(filters: WebFilters, name: str) -> None:
    with pytest.raises(ScreenerError, match="name"):
        filters.save("anna", name, "x=1", shared=False)


def test_there_are_bounds(filters: WebFilters) -> None:
    with pytest.raises(ScreenerError, match="too long"):
        filters.save("anna", "a", "x" * (LONGEST_QUERY + 1), shared=False)
    for number in range(MOST):
        filters.save("anna", str(number), "x=1", shared=False)
    with pytest.raises(ScreenerError, match="delete one first"):
        filters.save("anna", "one more", "x=1", shared=False)
    filters.save("anna", "0", "x=2", shared=False)
    assert len(names(filters, "anna")) == MOST


def test_opened_again_they_are_still_there(tmp_path: Path) -> None:
    path = tmp_path / "web.db"
    for _ in range(2):
        with closing(open_web(path)) as connection:
            WebFilters(connection, path).save("anna", "night", "x=1", shared=False)
            assert names(WebFilters(connection, path), "anna") == ["night"]


def test_a_file_that_is_damaged_is_told(tmp_path: Path) -> None:
    path = tmp_path / "web.db"
    with closing(open_web(path)) as connection:
        kept = WebFilters(connection, path)
        connection.execute("DROP TABLE filters")
        with pytest.raises(ScreenerError, match="web"):
            kept.seen_by("anna")
