import re
from pathlib import Path

import pytest

from screener.storage.audit import Audit, Deed
from screener.storage.deeds import LOG_BOOK, Entry, Sought, entries, kinds, newest
from screener.storage.keys import Keys
from screener.storage.log_file import open_log


def test_the_audit_is_read_as_it_was_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = open_log(tmp_path / "decisions.db")
    assert list(entries(log, LOG_BOOK)) == []
    audit = Audit(log, Keys("k", b"x" * 32, b"y" * 32))
    with caplog.at_level("INFO", "screener.audit"):
        audit.write(Deed("anna", "reveal", "ticket 7", "c1"), 7.5)
        audit.write(Deed("ben", "erase", "he asked", "00ff"), 8.0)
    found = list(entries(log, LOG_BOOK))
    log.close()
    digests = re.findall(r"digest=([0-9a-f]{64})", caplog.text)
    assert found == [
        Entry("log", 1, 7.5, "anna", "reveal", "ticket 7", "c1", digests[0]),
        Entry("log", 2, 8.0, "ben", "erase", "he asked", "00ff", digests[1]),
    ]


def test_the_newest_are_found_by_who_what_and_when(tmp_path: Path) -> None:
    log = open_log(tmp_path / "decisions.db")
    audit = Audit(log, Keys("k", b"x" * 32, b"y" * 32))
    for place, who in enumerate(("anna", "Ben", "anna"), start=1):
        audit.write(Deed(who, "erase" if place == 1 else "reveal", "why", "c1"), float(place))

    def found(sought: Sought, before: int | None = None, limit: int = 9) -> list[int]:
        return [one.place for one in newest(log, LOG_BOOK, sought, limit=limit, before=before)]

    assert found(Sought()) == [3, 2, 1]
    assert found(Sought(), limit=2) == [3, 2]
    assert found(Sought(), before=3) == [2, 1]
    assert found(Sought(who="bEN")) == [2]
    assert found(Sought(what="erase")) == [1]
    assert found(Sought(since=2.0, who="ann")) == [3]
    assert kinds(log) == {"erase", "reveal"}
    log.close()
