import os
from pathlib import Path

import pytest

from screener.config.files import read_text
from screener.errors import ConfigError


def refusal(path: Path, most: int = 100) -> str:
    with pytest.raises(ConfigError) as caught:
        read_text(path, most)
    return str(caught.value).replace(str(path), "F")


def test_a_file_is_read_without_its_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: \xc3\xa9\r\n")
    assert read_text(file, 100) == "a: é\r\n"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none") == "F: cannot be read: No such file or directory"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "F: is a folder; allowed: a file"


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe") == "F: is no regular file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.touch(mode=0)
    assert refusal(file) == "F: cannot be read: Permission denied"


def test_a_file_under_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert refusal(tmp_path / "a" / "b") == "F: cannot be read: Not a directory"


def test_a_name_that_is_none_is_refused(tmp_path: Path) -> None:
    assert "cannot be read: embedded null byte" in refusal(tmp_path / "a\0b")
    assert "cannot be read: File name too long" in refusal(tmp_path / ("a" * 300))


def test_a_large_file_is_refused_by_its_size(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"x" * 101)
    assert refusal(file) == "F: has 101 bytes; allowed: at most 100"
    assert len(read_text(file, 101)) == 101


def test_what_is_not_utf8_is_refused_at_its_place(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes("é: 1\né: ".encode() + b"\xff\n")
    assert refusal(file) == "F:2:4: is not UTF-8 here; allowed: a text in UTF-8"
