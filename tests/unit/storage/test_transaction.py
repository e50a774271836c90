import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from screener.storage.transaction import transaction


@pytest.fixture
def told() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE told (word TEXT NOT NULL)")
        yield connection


def words(told: sqlite3.Connection) -> list[str]:
    return [row[0] for row in told.execute("SELECT word FROM told")]


def add(told: sqlite3.Connection, word: str | None) -> None:
    told.execute("INSERT INTO told VALUES (?)", (word,))


def test_all_of_it_is_kept(told: sqlite3.Connection) -> None:
    with transaction(told):
        add(told, "one")
        add(told, "two")
    assert (words(told), told.in_transaction) == (["one", "two"], False)


def halved(told: sqlite3.Connection, *, within: bool) -> None:
    """Begin with what can be kept and go on with what cannot, maybe in a part of its own."""
    with transaction(told):
        add(told, "one")
        if within:
            with transaction(told):
                add(told, None)
        add(told, None)


@pytest.mark.parametrize("within", [False, True])
def test_where_a_part_fails_nothing_is_kept(told: sqlite3.Connection, *, within: bool) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        halved(told, within=within)
    assert (words(told), told.in_transaction) == ([], False)


def test_one_within_another_ends_with_that(told: sqlite3.Connection) -> None:
    with transaction(told):
        with transaction(told):
            add(told, "one")
        assert told.in_transaction
    assert words(told) == ["one"]
