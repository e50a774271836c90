from pathlib import Path

import pytest

from screener.errors import ScreenerError
from screener.storage.call_log import CallLog, EdgeLog
from screener.storage.keys import load_keys, load_or_make_keys
from screener.storage.log_query import Filter, open_to_read
from tests.unit.storage.logs import a_log, decided


def test_an_edges_own_log_is_a_log_of_calls(tmp_path: Path) -> None:
    # What it answers is held by tests/contract/test_decision_logs.py.
    with a_log(tmp_path) as written:
        written.decisions(decided("c1"))
        keys, others = load_keys(written.keys), load_or_make_keys(tmp_path / "others.json")
        connection = open_to_read(written.path)
        log: CallLog = EdgeLog(connection)
        assert [call["id"] for call in log.page(Filter()).calls] == ["c1"]
        assert log.keys(written.keys) == keys
        assert keys.key_id in log.closed_to(others)
        with pytest.raises(ScreenerError, match="restore"):
            log.keys(tmp_path / "others.json")
        with pytest.raises(ScreenerError, match="sealed with the keys"):
            log.caller_of("c1", others)
        connection.close()
