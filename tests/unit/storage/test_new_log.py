from dataclasses import replace
from pathlib import Path

from screener.config.options import StorageOptions
from screener.storage.new_log import decision_log
from tests.builders import HandClock


def test_a_log_has_its_upkeep_and_none_has_none(tmp_path: Path) -> None:
    options = StorageOptions(str(tmp_path), str(tmp_path / "keys.json"))
    decisions, upkeep = decision_log(options, HandClock())
    assert decisions is not None
    assert upkeep is not None
    assert decision_log(replace(options, log=False), HandClock()) == (None, None)
