import os
import tempfile
from pathlib import Path

import pytest

from screener.config.control_socket import control_socket


def test_a_declared_path_is_taken_as_it_is(tmp_path: Path) -> None:
    assert control_socket("/some/where.sock", {"XDG_RUNTIME_DIR": str(tmp_path)}) == (
        "/some/where.sock"
    )


def test_the_users_run_time_folder_comes_first(tmp_path: Path) -> None:
    found = control_socket("auto", {"XDG_RUNTIME_DIR": str(tmp_path)}, tmp_path)
    assert found == str(tmp_path / "screener.sock")


@pytest.mark.parametrize("unusable", ["", "relative", "/nowhere/at/all"])
def test_without_one_the_systems_folder_is_next(tmp_path: Path, unusable: str) -> None:
    found = control_socket("auto", {"XDG_RUNTIME_DIR": unusable}, tmp_path)
    assert found == str(tmp_path / "control.sock")


def test_the_last_resort_is_a_folder_of_the_users_own(tmp_path: Path) -> None:
    found = control_socket("auto", {}, tmp_path / "none")
    assert found == f"{tempfile.gettempdir()}/screener-{os.getuid()}/control.sock"
