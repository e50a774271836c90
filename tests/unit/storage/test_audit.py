import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from screener.errors import ScreenerError
from screener.storage.audit import Audit, Deed
from screener.storage.keys import Keys
from screener.storage.log_file import open_log

KEYS = Keys("one", b"p" * 32, b"s" * 32)
COLUMNS = ("place", "at", "who", "what", "reason", "target", "digest")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_log(tmp_path / "log.db")) as opened:
        audit = Audit(opened, KEYS)
        for place in range(5):
            audit.write(Deed("anna", "reveal", f"ticket {place}", f"call-{place}"), 100.0 + place)
        yield opened


def test_deeds_are_kept_in_order_and_whole(connection: sqlite3.Connection) -> None:
    assert Audit(connection, KEYS).verify() == 5
    assert Audit(connection, KEYS).write(Deed("bob", "erase", "asked", "ab"), 200.0) == 6
    assert Audit(connection, KEYS).verify() == 6


@pytest.mark.parametrize("deed", [Deed("", "reveal", "why", "x"), Deed("anna", "reveal", " ", "x")])
def test_nobody_and_no_reason_are_refused(connection: sqlite3.Connection, deed: Deed) -> None:
    with pytest.raises(ScreenerError, match="needs a name and a reason"):
        Audit(connection, KEYS).write(deed, 1.0)
    assert Audit(connection, KEYS).verify() == 5


@pytest.mark.parametrize("sql", ["UPDATE audit SET who = 'x'", "DELETE FROM audit"])
def test_plain_sql_cannot_change_it(connection: sqlite3.Connection, sql: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(sql)


def unlocked(connection: sqlite3.Connection) -> None:
    connection.execute("DROP TRIGGER audit_is_not_changed")
    connection.execute("DROP TRIGGER audit_is_not_erased")


def test_every_tampered_byte_is_seen_at_its_entry(connection: sqlite3.Connection) -> None:
    unlocked(connection)
    seen = 0
    for place in range(1, 6):
        row = connection.execute("SELECT * FROM audit WHERE place = ?", (place,)).fetchone()
        for column, held in zip(COLUMNS[1:], row[1:], strict=True):
            for harmed in _harmed(held):
                change = f"UPDATE audit SET {column} = ? WHERE place = ?"  # noqa: S608 - our own names
                connection.execute(change, (harmed, place))
                with pytest.raises(ScreenerError, match=f"tampered with at entry {place}$"):
                    Audit(connection, KEYS).verify()
                connection.execute(change, (held, place))
                seen += 1
    assert Audit(connection, KEYS).verify() == 5
    assert seen > 250


def _harmed(held: object) -> Iterator[object]:
    if isinstance(held, str):
        for place in range(len(held)):
            yield held[:place] + chr(ord(held[place]) ^ 1) + held[place + 1 :]
        yield held + " "
    elif isinstance(held, bytes):
        for place in range(len(held)):
            yield held[:place] + bytes([held[place] ^ 1]) + held[place + 1 :]
    else:
        yield float(str(held)) + 0.001


@pytest.mark.parametrize("place", [1, 2, 3, 4])
def test_an_entry_taken_out_is_missed(connection: sqlite3.Connection, place: int) -> None:
    unlocked(connection)
    connection.execute("DELETE FROM audit WHERE place = ?", (place,))
    with pytest.raises(ScreenerError, match=f"at entry {place}$"):
        Audit(connection, KEYS).verify()
    connection.execute("UPDATE audit SET place = place - 1 WHERE place > ?", (place,))
    with pytest.raises(ScreenerError, match=f"at entry {place}$"):
        Audit(connection, KEYS).verify()


def test_who_has_not_the_key_cannot_write_a_chain_of_their_own(
    connection: sqlite3.Connection,
) -> None:
    Audit(connection, Keys("x", b"x" * 32, b"")).write(Deed("eve", "erase", "x", "y"), 300.0)
    with pytest.raises(ScreenerError, match=r"at entry 6$"):
        Audit(connection, KEYS).verify()


def test_each_deed_is_told_to_the_journal_too(
    connection: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "screener.audit"):
        Audit(connection, KEYS).write(Deed("bob", "erase", "asked by phone", "ab"), 200.0)
    assert "AUDIT place=6 what=erase digest=" in caplog.text


def test_a_deed_stands_only_with_what_was_done(
    connection: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    audit = Audit(connection, KEYS)
    connection.execute("CREATE TABLE done (what TEXT)")
    deed = Deed("bob", "allow", "a friend", "ab")
    with caplog.at_level("INFO", "screener.audit"):
        with pytest.raises(sqlite3.OperationalError), audit.written(deed, 200.0):
            connection.execute("INSERT INTO done SELECT 'half' UNION ALL SELECT abs(1 << 63)")
        assert caplog.text == ""
        with audit.written(deed, 200.0) as place:
            connection.execute("INSERT INTO done VALUES ('whole')")
    assert place == 6
    assert audit.verify() == 6
    assert connection.execute("SELECT what FROM done").fetchall() == [("whole",)]
    assert "AUDIT place=6 what=allow" in caplog.text
