"""Calls are found by id, number and prefix, whether they have their hints yet or not."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from threading import Lock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.storage import log_hints
from screener.storage.keys import Keys
from screener.storage.log_file import BrokenLogError, open_log
from screener.storage.log_hints import (
    ID,
    NUMBER,
    PREFIX,
    Kind,
    calls_with,
    fill,
    give_hints,
    hinted_calls,
    hinted_up_to,
    place_of,
)
from screener.storage.log_query import Filter, find, page
from screener.storage.log_rows import RowMaker
from screener.storage.log_writer import LogWriter
from tests.unit.storage.logs import decided

INSERT = (
    "INSERT INTO calls (seq, id, at, number_key, prefix_key, verdict, would, reasons) "
    "VALUES (?, ?, 1.0, ?, ?, 'admit', 'admit', '')"
)
OLD_INDEXES = """
CREATE INDEX calls_by_id ON calls (id);
CREATE INDEX calls_by_number ON calls (substr(number_key, 1, 4)) WHERE number_key IS NOT NULL;
CREATE INDEX calls_by_prefix ON calls (substr(prefix_key, 1, 4)) WHERE prefix_key IS NOT NULL;
"""
PART = 1 << log_hints.PART_BITS
# Two begin with the same four bytes.
KEYS = [b"abcd" + bytes(12), b"abcd" + b"x" * 12, b"zzzz" + bytes(12)]
IDS = ["0123456789abcdef", "01234567ffffffff", ""]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_log(tmp_path / "log.db")) as opened:
        yield opened


def id_of(seq: int) -> str:
    return f"{seq & 0xFFFFFFFF:08x}89abcdef"


def write(log: sqlite3.Connection, seqs: range, number: bytes = KEYS[0]) -> None:
    log.executemany(INSERT, [(seq, id_of(seq), number, KEYS[2]) for seq in seqs])


def hints(log: sqlite3.Connection) -> int:
    return int(log.execute("SELECT count(*) FROM hints").fetchone()[0])


def test_the_newest_calls_are_looked_through_and_the_others_have_hints(
    log: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_hints, "BATCH", 10)
    write(log, range(1, 36))
    assert fill(log, Lock()) == hinted_up_to(log) == 30
    assert hints(log) == 90
    assert list(calls_with(log, NUMBER, KEYS[0])) == list(range(35, 0, -1))
    assert list(calls_with(log, PREFIX, KEYS[2], before=33)) == list(range(32, 0, -1))
    assert list(hinted_calls(log, NUMBER, KEYS[0], top=12)) == list(range(12, 0, -1))
    assert [place_of(log, id_of(seq)) for seq in (1, 30, 31, 36)] == [1, 30, 31, None]
    assert fill(log, Lock(), to_the_last=True) == 35


def test_one_go_fills_so_many_batches_and_the_next_goes_on(
    log: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_hints, "BATCH", 10)
    monkeypatch.setattr(log_hints, "MOST_BATCHES", 2)
    write(log, range(1, 51))
    assert [fill(log, Lock()) for _ in range(3)] == [20, 40, 50]


def test_what_leads_to_the_same_hint_is_compared_whole(log: sqlite3.Connection) -> None:
    write(log, range(1, 4), KEYS[0])
    write(log, range(4, 7), KEYS[1])
    for _ in range(2):
        assert list(calls_with(log, NUMBER, KEYS[1])) == [6, 5, 4]
        assert list(calls_with(log, NUMBER, KEYS[0])) == [3, 2, 1]
        assert list(calls_with(log, NUMBER, b"abcd")) == []
        fill(log, Lock(), to_the_last=True)


def test_hints_go_with_their_call(log: sqlite3.Connection) -> None:
    write(log, range(-3, 5))
    give_hints(log, range(-3, 1))
    fill(log, Lock(), to_the_last=True)
    assert hints(log) == 24
    log.execute("DELETE FROM calls WHERE seq IN (-2, 3)")
    assert hints(log) == 18
    assert list(calls_with(log, NUMBER, KEYS[0])) == [4, 2, 1, 0, -1, -3]
    log.execute("DELETE FROM calls")
    assert hints(log) == 0
    assert list(calls_with(log, NUMBER, KEYS[0])) == []


@pytest.mark.parametrize("kind", [ID, NUMBER, PREFIX])
def test_hints_are_found_by_a_search_and_not_by_reading(
    log: sqlite3.Connection, kind: Kind
) -> None:
    log.execute("BEGIN")
    write(log, range(1, 40_001))
    log.execute("UPDATE calls SET number_key = randomblob(16), prefix_key = randomblob(16)")
    log.execute("UPDATE calls SET number_key = ?1, prefix_key = ?1 WHERE seq = 9", (KEYS[1],))
    log.execute("COMMIT")
    fill(log, Lock(), to_the_last=True)
    key = id_of(9) if kind is ID else KEYS[1]
    steps: list[None] = []
    log.set_progress_handler(lambda: steps.append(None), 10)
    assert list(calls_with(log, kind, key)) == [9]
    assert len(steps) < 30


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from([-PART - 1, -PART, -5, 1, 2, PART - 1, PART, 3 * PART]),
            st.integers(0, 3),
            st.sampled_from(IDS),
            st.sampled_from([*KEYS, None]),
            st.sampled_from([*KEYS, None]),
        ),
        max_size=20,
    ),
    hinted=st.integers(-2 * PART, 4 * PART),
    deleted=st.sets(st.integers(0, 19)),
    before=st.none() | st.sampled_from([-4, 2, PART + 1, 3 * PART + 2]),
)
def test_however_far_hints_are_every_call_is_found_once_newest_first(
    rows: list[tuple[int, int, str, bytes | None, bytes | None]],
    hinted: int,
    deleted: set[int],
    before: int | None,
) -> None:
    held = {base + more: told for base, more, *told in rows}
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as log:
        for script in ("log_schema.sql", "log_schema_2.sql"):
            log.executescript(files("screener.storage").joinpath(script).read_text("utf-8"))
        log.executemany(INSERT, [(seq, *told) for seq, told in held.items()])
        give_hints(log, range(-2 * PART, hinted + 1))
        log.execute("UPDATE hinted SET up_to = ?", (hinted,))
        for place, seq in enumerate(sorted(held)):
            if place in deleted:
                log.execute("DELETE FROM calls WHERE seq = ?", (seq,))
                del held[seq]
        for kind, column, keys in ((ID, 0, IDS), (NUMBER, 1, KEYS), (PREFIX, 2, KEYS)):
            for key in keys:
                wanted = [
                    seq
                    for seq in sorted(held, reverse=True)
                    if held[seq][column] == key and (before is None or seq < before)
                ]
                assert list(calls_with(log, kind, key, before=before)) == wanted
        kept = sum(word is not None for seq in held if seq <= hinted for word in held[seq])
        assert hints(log) == kept


def a_log_of_version_1(path: Path, calls: range) -> None:
    script = files("screener.storage").joinpath("log_schema.sql").read_text("utf-8")
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.executescript(script + OLD_INDEXES)
        old.execute("BEGIN")
        write(old, calls)
        old.execute("COMMIT")


def indexes(log: sqlite3.Connection) -> set[str]:
    found = log.execute("SELECT name FROM sqlite_master WHERE name LIKE 'calls_by_%'")
    return {str(name) for (name,) in found}


def test_a_log_of_version_1_is_read_as_it_is_by_its_indexes(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    a_log_of_version_1(path, range(-20_000, 20_001))
    with closing(sqlite3.connect(path)) as log:
        steps: list[None] = []
        log.set_progress_handler(lambda: steps.append(None), 100)
        assert hinted_up_to(log) < -20_000
        assert place_of(log, id_of(7)) == 7
        assert place_of(log, "nobody") is None
        assert list(calls_with(log, NUMBER, KEYS[2])) == []
        assert len(steps) < 5
        found = find(log, id_of(7))
        assert found is not None
        assert found["seq"] == 7
        assert len(page(log, Filter(number=KEYS[0]), limit=30).calls) == 30


def test_a_log_of_version_1_gets_its_hints_by_and_by_and_loses_its_indexes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_hints, "BATCH", 100)
    monkeypatch.setattr(log_hints, "MOST_BATCHES", 3)
    path = tmp_path / "log.db"
    a_log_of_version_1(path, range(-500, 501))
    with closing(open_log(path)) as log:
        assert hinted_up_to(log) == -501
        for filled in (-201, 99, 399, 499):
            assert indexes(log) == {"calls_by_id", "calls_by_number", "calls_by_prefix"}
            assert list(calls_with(log, NUMBER, KEYS[0])) == list(range(500, -501, -1))
            assert place_of(log, id_of(-500)) == -500
            assert fill(log, Lock()) == filled
        assert indexes(log) == set()
        assert list(calls_with(log, NUMBER, KEYS[0])) == list(range(500, -501, -1))


def test_a_new_log_has_no_index_that_each_call_would_pay(log: sqlite3.Connection) -> None:
    assert indexes(log) == set()


@pytest.mark.parametrize(
    "harm",
    [
        "DELETE FROM hinted",
        "INSERT INTO hinted VALUES (5)",
        "UPDATE hinted SET up_to = 'far'",
        "UPDATE hinted SET up_to = 1 << 60",
        "UPDATE hinted SET up_to = 0.5",
    ],
)
def test_a_log_that_does_not_say_how_far_its_hints_go_is_broken(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "log.db"
    with closing(open_log(path)) as log:
        writer = LogWriter(log)
        log.execute(harm)
        with pytest.raises(sqlite3.DatabaseError):
            fill(log, Lock())
        row = RowMaker(Keys("k", bytes(32), bytes(32))).of_decision(decided("c"))
        assert writer.write([row]).calls == 1  # what comes is not lost
    with pytest.raises(BrokenLogError):
        open_log(path)
