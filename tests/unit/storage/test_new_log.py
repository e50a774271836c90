"""The decision log is built as the configuration has it, or not at all."""

from pathlib import Path

from screener.config.options import StorageOptions
from screener.storage.new_log import decision_log


def test_a_log_that_is_turned_off_is_none() -> None:
    assert decision_log(StorageOptions("/x", "/x/keys", log=False), lambda: 0.0) == (None, None)


def test_a_log_is_built_with_its_upkeep_and_touches_nothing_yet(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    decisions, upkeep = decision_log(
        StorageOptions(str(folder), str(folder / "keys.json")), lambda: 0.0
    )
    assert decisions is not None
    assert upkeep is not None
    assert not folder.exists()
