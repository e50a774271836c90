from pathlib import Path

import pytest

from screener.errors import ScreenerError
from screener.storage.folder_lock import LOCK_FILE, FolderLock


def test_a_folder_has_one_agent_at_a_time(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path / "state"), FolderLock(tmp_path / "state")
    first.take()
    assert (tmp_path / "state" / LOCK_FILE).stat().st_mode & 0o777 == 0o600
    with pytest.raises(ScreenerError, match=r"another agent keeps its log and memory in .*state"):
        second.take()
    first.release()
    second.take()
    second.release()
    second.release()


def test_a_folder_that_cannot_be_made_keeps_nobody_from_serving(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    lock = FolderLock(tmp_path / "file" / "state")
    lock.take()
    lock.release()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
