import re
from pathlib import Path

import pytest

from screener.storage.audit import Audit, Deed
from screener.storage.deeds import LOG_BOOK, Entry, entries
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
