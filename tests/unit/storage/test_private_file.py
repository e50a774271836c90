import stat
from pathlib import Path

import pytest

from screener.errors import MissingPartError
from screener.storage.private_file import make_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_and_its_folder_are_its_owner_s_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "web.db"
    make_private(path)
    assert (mode(path), mode(path.parent), path.read_bytes()) == (0o600, 0o700, b"")


def test_what_is_there_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "web.db"
    path.write_bytes(b"kept")
    make_private(path)
    assert path.read_bytes() == b"kept"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "web.db"
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MissingPartError, match="cannot be written"):
        make_private(path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(MissingPartError, match="cannot be written"):
        make_private(tmp_path / "state" / "web.db")
