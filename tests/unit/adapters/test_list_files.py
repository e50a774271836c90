import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from screener.adapters import list_files
from screener.adapters.list_files import ListForm, ListRead, read_content, read_list
from screener.core.lists import ListAction, parse_entry
from screener.core.number import NumberPlan
from screener.errors import ScreenerError

US = NumberPlan("US")
DENY, ALLOW = ListAction.DENY, ListAction.ALLOW


def read(
    folder: Path, content: bytes, action: ListAction = DENY, plan: NumberPlan = US
) -> ListRead:
    path = folder / "list.csv"
    path.write_bytes(content)
    return read_list(path, ListForm.AUTO, plan, action)


def test_numbers_are_read_as_the_region_writes_them(tmp_path: Path) -> None:
    found = read(tmp_path, b"(651) 555-0142,Bob\n5551212\n+1900*\n")
    assert found.entries == [
        (parse_entry("(651) 555-0142", US), "Bob"),
        (parse_entry("5551212", US), ""),
        (parse_entry("+1900*", US), ""),
    ]
    german = read(tmp_path, b"0301234567\n", plan=NumberPlan("DE"))
    assert german.entries[0][0] == parse_entry("0301234567", NumberPlan("DE"))


def test_each_bad_row_is_told_with_its_line_and_without_its_number(tmp_path: Path) -> None:
    rows = [b"+16515550142", b"anonymous 6515550143", b"", b"12", b"911", b"_.", b"+1555*x*"]
    found = read(tmp_path, b"\n".join(rows) + b"\n")
    assert len(found.entries) == 1
    assert found.bad == 5
    path = tmp_path / "list.csv"
    lines = [problem.removeprefix(f"{path}:").partition(":")[0] for problem in found.problems]
    assert lines == ["2", "4", "5", "6", "7"]
    assert not any("5550143" in problem for problem in found.problems)


def test_an_allow_list_may_hold_emergency_numbers(tmp_path: Path) -> None:
    assert read(tmp_path, b"911\n", ALLOW).bad == 0


def test_an_allow_is_never_taken_for_a_deny(tmp_path: Path) -> None:
    rows = b"number,Action,list\n+16515550142,allow,a\n+16515550143,deny,a\n+16515550144,,a\n"
    for action, kept in ((DENY, ["+16515550143", "+16515550144"]), (ALLOW, ["+16515550142"])):
        found = read(tmp_path, rows, action)
        assert found.bad == 1
        assert [entry.text for entry, _ in found.entries][: len(kept)] == kept
    assert "says allow in its column action" in read(tmp_path, rows, DENY).problems[0]


def test_many_problems_are_counted_and_few_told(tmp_path: Path) -> None:
    found = read(tmp_path, b"+16515550142\n" + b"x1\n" * 100)
    assert (found.bad, len(found.problems)) == (100, list_files.MOST_TOLD)


@pytest.mark.parametrize("last", [b"+16515550143", b"6515550143", b"(651) 555-0143"])
def test_a_half_written_last_number_is_no_other_number(tmp_path: Path, last: bytes) -> None:
    assert read(tmp_path, b"+16515550142\n" + last).bad == 0
    for cut in range(1, len(last)):
        found = read(tmp_path, b"+16515550142\n" + last[:-cut])
        assert (len(found.entries), found.bad) == (1, 1), cut
    assert read(tmp_path, b"911,x", ALLOW).bad == 0


def test_hostile_remarks_are_made_inert(tmp_path: Path) -> None:
    found = read(tmp_path, "5551212,\x1b]0;x\x07 \u202ebob\n".encode())
    assert found.entries[0][1] == "?]0;x? ?bob"


def test_more_entries_than_allowed_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_files, "MOST_ENTRIES", 3)
    assert len(read(tmp_path, b"5551212\n" * 3).entries) == 3
    with pytest.raises(ScreenerError, match="more than 3 entries"):
        read(tmp_path, b"5551212\n" * 4)


def test_patterns_are_few_because_every_call_is_compared_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_files, "MOST_PATTERNS", 2)
    assert len(read(tmp_path, b"_1900X.\n_1901X.\n+1900*\n+1901*\n").entries) == 4
    with pytest.raises(ScreenerError, match="more than 2 patterns"):
        read(tmp_path, b"_1900X.\n_1901X.\n_1902X.\n")


def test_a_file_of_ten_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.touch()
    os.truncate(path, 10 * 1024**3)
    with pytest.raises(ScreenerError, match=r"10,737,418,240 bytes; allowed are"):
        read_list(path, ListForm.AUTO, US, DENY)


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScreenerError, match="cannot be read: No such file"):
        read_list(tmp_path / "none.csv", ListForm.AUTO, US, DENY)
    with pytest.raises(ScreenerError, match="no regular file"):
        read_list(tmp_path, ListForm.AUTO, US, DENY)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ScreenerError, match="no regular file"):
        read_list(tmp_path / "pipe", ListForm.AUTO, US, DENY)


def test_a_file_that_is_no_list_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ScreenerError, match=r"list\.csv: line 1: holds a zero byte"):
        read(tmp_path, b"a\0b\n")


def asterisk(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE astdb (key VARCHAR(256), value VARCHAR(256))")
        rows = [
            *(("/blacklist/6515550142", "Bob"), ("/blacklist/5551212", "1")),
            *(("/blacklist/blocked", "1"), ("/blacklist/dest", "x"), ("/AMPUSER/200/cidnum", "2")),
        ]
        database.executemany("INSERT INTO astdb VALUES (?, ?)", rows)
        database.commit()
    return path


def test_asterisk_s_own_database_is_read_and_not_written(tmp_path: Path) -> None:
    path = asterisk(tmp_path / "astdb.sqlite3")
    path.chmod(0o400)
    before = path.read_bytes()
    found = read_list(path, ListForm.AUTO, US, DENY)
    assert sorted(remark for _, remark in found.entries) == ["", "Bob"]
    assert (found.skips, found.bad) == (2, 0)
    assert "FreePBX" in found.skipped[0]
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["astdb.sqlite3"]


def test_another_database_or_half_of_one_is_refused(tmp_path: Path) -> None:
    whole = asterisk(tmp_path / "astdb.sqlite3").read_bytes()
    (tmp_path / "half").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ScreenerError, match="no database of Asterisk"):
        read_list(tmp_path / "half", ListForm.AUTO, US, DENY)
    with closing(sqlite3.connect(tmp_path / "other")) as database:
        database.execute("CREATE TABLE mine (one TEXT)")
    with pytest.raises(ScreenerError, match="no database of Asterisk"):
        read_list(tmp_path / "other", ListForm.AUTO, US, DENY)


@pytest.mark.parametrize(
    "content",
    [
        b"+16515550142,x\n+1900*\n12\n",
        b"number,description\n+16515550142,rude\n",
        b"/blacklist/+16515550142 : 1\n/blacklist/dest : app\n",
        b"+16515550142",
        b"",
    ],
)
def test_bytes_are_read_as_the_file_would_be(tmp_path: Path, content: bytes) -> None:
    of_file = read(tmp_path, content)
    of_bytes = read_content(content, str(tmp_path / "list.csv"), ListForm.AUTO, US, DENY)
    assert of_bytes == of_file


def test_a_database_is_read_from_its_bytes_also_one_with_a_log_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "astdb.sqlite3"
    for mode in ("DELETE", "WAL"):
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as made:
            made.execute(f"PRAGMA journal_mode = {mode}")
            made.execute("CREATE TABLE astdb (key TEXT PRIMARY KEY, value TEXT)")
            made.execute("INSERT INTO astdb VALUES ('/blacklist/+16515550142', '1')")
            made.commit()
        found = read_content(path.read_bytes(), "db", ListForm.AUTO, US, DENY)
        assert [remark for _, remark in found.entries] == [""]


@pytest.mark.parametrize("rest", [b"", b"x", b"x" * 4_096, bytes(8_192)])
def test_bytes_that_only_begin_as_a_database_are_refused(rest: bytes) -> None:
    with pytest.raises(ScreenerError, match="database"):
        read_content(b"SQLite format 3\0" + rest, "db", ListForm.AUTO, US, DENY)
