from pathlib import Path

import pytest

from screener.adapters.secret_file import LARGEST, read_secret
from screener.errors import ScreenerError


def a_file(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("content", [b"s3cret", b"s3cret\n", b"s3cret\r\n", b"s3cret\nmore\n"])
def test_the_secret_is_the_first_line(tmp_path: Path, content: bytes) -> None:
    assert read_secret(a_file(tmp_path, content)) == "s3cret"


@pytest.mark.parametrize("content", [b"", b"\ns3cret", b"s3\0cret\n", b"s3\rcret\n", b"s3\x1bcret"])
def test_what_is_no_line_of_text_is_refused_without_quoting_it(
    tmp_path: Path, content: bytes
) -> None:
    with pytest.raises(ScreenerError, match="printable") as told:
        read_secret(a_file(tmp_path, content))
    assert "cret" not in str(told.value).replace(str(tmp_path), "").replace("/secret", "")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_could_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ScreenerError, match="chmod 600"):
        read_secret(a_file(tmp_path, b"s3cret\n", mode))


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(ScreenerError, match="No such file"):
        read_secret(tmp_path / "none")
    with pytest.raises(ScreenerError, match="regular"):
        read_secret(tmp_path)


def test_no_more_than_a_little_is_read(tmp_path: Path) -> None:
    assert len(read_secret(a_file(tmp_path, b"x" * 10 * LARGEST))) == LARGEST
