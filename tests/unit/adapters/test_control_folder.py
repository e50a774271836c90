from pathlib import Path

import pytest

from screener.adapters.control_folder import own_folder
from screener.errors import ScreenerError


def test_the_folder_among_everybodys_files_is_made_and_ours_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    folder = tmp_path / "screener-0"
    own_folder(folder)
    assert folder.stat().st_mode & 0o7777 == 0o700
    own_folder(folder)


def test_a_folder_that_somebody_else_may_have_made_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "file").touch()
    for name in ("link", "open", "file"):
        with pytest.raises(ScreenerError, match=f"{name} is not a folder of this user alone"):
            own_folder(tmp_path / name)


def test_an_admins_folder_is_left_as_it_is(tmp_path: Path) -> None:
    own_folder(tmp_path / "missing")
    assert not (tmp_path / "missing").exists()
    own_folder(Path("/proc/nowhere/at/all"))
