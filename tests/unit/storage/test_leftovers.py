import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.core.outcome import Event as Word
from screener.core.outcome import Outcome
from screener.storage.keys import Keys
from screener.storage.leftovers import LONGEST_LINE, Taken, blank_out, take_in
from screener.storage.log_file import open_log
from screener.storage.log_rows import Row, RowMaker
from screener.storage.log_writer import Entry, Event, LogWriter
from screener.storage.pseudonyms import pseudonym
from screener.storage.spill import Spill
from screener.storage.spill_lines import encode
from tests.unit.storage.logs import decided

KEYS = Keys("k1", bytes(32), bytes(32))
MAKER = RowMaker(KEYS)


def a_row(call_id: str, number: str = "+16515550142") -> Row:
    return MAKER.of_decision(decided(call_id, number))


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path / "decisions.db.waiting"


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[LogWriter]:
    connection = open_log(tmp_path / "decisions.db")
    yield LogWriter(connection)
    connection.close()


def left(base: Path, name: str, *entries: Entry, tail: bytes = b"") -> Path:
    """Leave a file as a killed agent does."""
    path = base.with_name(f"{base.name}-{name}")
    path.write_bytes(b"".join(encode(entry) for entry in entries) + tail)
    return path


def ids(writer: LogWriter) -> list[str]:
    return [row[0] for row in writer.connection.execute("SELECT id FROM calls ORDER BY seq")]


def test_what_was_left_is_taken_in_once_and_the_files_are_gone(
    base: Path, writer: LogWriter
) -> None:
    outcome = Event("c7", 9.0, Outcome(Word.ANSWERED, 30.0))
    writer.write([a_row("c3")])
    left(base, "one", outcome, *(a_row(f"c{place}") for place in range(250)))
    left(base, "two", outcome, a_row("c7"))
    assert take_in(base, writer) == Taken(calls=249)
    assert sorted(ids(writer)) == sorted(f"c{place}" for place in range(250))
    assert writer.connection.execute("SELECT count(*) FROM outcomes").fetchone() == (1,)
    assert not list(base.parent.glob("*.waiting-*"))
    assert take_in(base, writer) == Taken()


def test_a_torn_line_costs_itself_wherever_it_is_cut(base: Path, writer: LogWriter) -> None:
    torn = encode(a_row("torn"))
    for cut in range(1, len(torn) - 1, 37):
        left(base, "x", a_row(f"c{cut}"), tail=torn[:cut])
        assert take_in(base, writer) == Taken(calls=1, unreadable=1)
    assert "torn" not in ids(writer)


def test_rubbish_and_blanks_before_a_line_do_not_hide_it(base: Path, writer: LogWriter) -> None:
    tail = b"\n\n  \n\x00\xff rubbish\n" + encode(a_row("a")) + b"x" * (LONGEST_LINE + 5) + b"\n"
    left(base, "x", tail=tail + encode(a_row("b")))
    assert take_in(base, writer) == Taken(calls=2, unreadable=3)
    assert ids(writer) == ["a", "b"]


def test_a_living_agents_file_is_let_be(base: Path, writer: LogWriter) -> None:
    spill = Spill(base, 10)
    assert spill.keep(encode(a_row("mine"))) is not None
    assert take_in(base, writer) == Taken()
    assert blank_out(base, pseudonym("number", "+16515550142", KEYS)) == 0
    spill.close()
    assert take_in(base, writer) == Taken(calls=1)


def test_while_the_log_takes_nothing_the_file_stays(base: Path, writer: LogWriter) -> None:
    path = left(base, "x", a_row("a"))
    other = sqlite3.connect(base.with_name("decisions.db"), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError):
        take_in(base, writer)
    other.execute("ROLLBACK")
    other.close()
    assert path.exists()
    assert take_in(base, writer) == Taken(calls=1)


def test_a_file_that_cannot_be_read_is_told_of_and_the_others_are_taken(
    base: Path, writer: LogWriter, caplog: pytest.LogCaptureFixture
) -> None:
    base.with_name(f"{base.name}-folder").mkdir()
    base.with_name(f"{base.name}-link").symlink_to(base.parent / "nowhere")
    left(base, "x", a_row("a"))
    assert take_in(base, writer) == Taken(calls=1)
    assert caplog.text.count("LOG-TROUBLE") == 2


def test_a_caller_is_blanked_out_and_the_others_stay(base: Path, writer: LogWriter) -> None:
    key = pseudonym("number", "+16515550177", KEYS)
    path = left(base, "x", a_row("a"), a_row("gone", "+16515550177"), a_row("b"), tail=b"torn")
    size = path.stat().st_size
    assert blank_out(base, key) == 1
    assert b"gone" not in path.read_bytes()
    assert path.stat().st_size == size
    assert take_in(base, writer) == Taken(calls=2, unreadable=1)
    assert ids(writer) == ["a", "b"]
