import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from screener.errors import MissingPartError, ScreenerError
from screener.storage.keys import load_keys, load_or_make_keys
from screener.storage.log_keys import closed_to, key_ids, keys_of
from screener.storage.log_query import open_to_read
from tests.unit.storage.logs import OpenLog, a_log, decided


@pytest.fixture
def log(tmp_path: Path) -> Iterator[OpenLog]:
    with a_log(tmp_path) as opened:
        opened.decisions(decided("a"))
        opened.decisions(decided("w", "anonymous"))
        yield opened


@pytest.fixture
def reading(log: OpenLog) -> Iterator[sqlite3.Connection]:
    with closing(open_to_read(log.path)) as opened:
        yield opened


def sealed_with(log: OpenLog, call_id: str, key_id: str) -> None:
    log.decisions(decided(call_id))
    log.ask_to("UPDATE calls SET key_id = ? WHERE id = ?", key_id, call_id)


def test_the_keys_of_a_log_are_those_of_its_file(log: OpenLog, reading: sqlite3.Connection) -> None:
    keys = load_keys(log.keys)
    assert keys_of(reading, log.keys) == keys
    assert key_ids(reading) == {keys.key_id}
    assert closed_to(reading, keys) == ""


def test_a_log_without_a_number_takes_any_keys(tmp_path: Path) -> None:
    with a_log(tmp_path) as log, closing(open_to_read(log.path)) as reading:
        assert key_ids(reading) == set()
        other = load_or_make_keys(tmp_path / "other.json")
        assert keys_of(reading, tmp_path / "other.json") == other
        assert closed_to(reading, other) == ""


def test_an_exchanged_key_file_is_named_with_what_it_should_hold(
    log: OpenLog, reading: sqlite3.Connection
) -> None:
    was = load_keys(log.keys)
    log.keys.unlink()
    now = load_or_make_keys(log.keys)
    with pytest.raises(ScreenerError) as refused:
        keys_of(reading, log.keys)
    assert str(refused.value) == (
        f"the log's numbers are sealed with the keys {was.key_id}, and {log.keys} holds "
        f"{now.key_id}: restore it"
    )


def test_a_lost_key_file_is_said_to_be_missing(log: OpenLog, reading: sqlite3.Connection) -> None:
    was = load_keys(log.keys)
    log.keys.unlink()
    with pytest.raises(MissingPartError, match=f"no key file at .*the keys {was.key_id}: restore"):
        keys_of(reading, log.keys)
    log.keys.parent.joinpath("folder").mkdir()
    with pytest.raises(ScreenerError, match="no regular file"):
        keys_of(reading, log.keys.parent / "folder")


def test_calls_of_other_keys_at_either_end_are_told(
    log: OpenLog, reading: sqlite3.Connection
) -> None:
    keys = load_keys(log.keys)
    log.ask_to("UPDATE calls SET key_id = '00000001' WHERE id = 'a'")
    log.decisions(decided("b"))
    assert keys_of(reading, log.keys) == keys
    assert key_ids(reading) == {"00000001", keys.key_id}
    assert closed_to(reading, keys) == (
        "some calls of the log are sealed with the keys 00000001: they are not found by number "
        f"with the keys {keys.key_id}"
    )
    log.ask_to("UPDATE calls SET seq = -7 WHERE id = 'a'")
    assert key_ids(reading) == {"00000001", keys.key_id}


def test_only_the_ends_are_looked_at(
    log: OpenLog, reading: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screener.storage.log_keys.LOOKED_AT", 2)
    sealed_with(log, "in-between", "00000002")
    for place in range(3):
        log.decisions(decided(f"n{place}"))
    assert key_ids(reading) == {load_keys(log.keys).key_id}
