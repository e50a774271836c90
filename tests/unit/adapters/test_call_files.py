import bz2
import gzip
import os
from pathlib import Path

import pytest

from screener.adapters.call_files import LINE_LIMIT, CallFile
from screener.errors import MissingPartError, ScreenerError


def lines_of(path: Path) -> tuple[list[str], CallFile]:
    with CallFile(path) as file:
        return list(file.lines()), file


def written(folder: Path, content: bytes) -> Path:
    path = folder / "queue_log"
    path.write_bytes(content)
    return path


def test_whole_lines_come_with_their_ends(tmp_path: Path) -> None:
    lines, file = lines_of(written(tmp_path, b"one\r\ntwo\n\nthree\n"))
    assert lines == ["one\r\n", "two\n", "\n", "three\n"]
    assert not file.unfinished


@pytest.mark.parametrize("place", range(1, 9))
def test_a_last_line_without_an_end_is_left_out_and_told(tmp_path: Path, place: int) -> None:
    lines, file = lines_of(written(tmp_path, b"one\ntwo\n"[:place]))
    assert lines == ["one\n", "two\n"][: place // 4]
    assert file.unfinished is bool(place % 4)


def test_a_rotated_file_is_read_by_what_it_holds_and_not_by_its_name(tmp_path: Path) -> None:
    lines, _ = lines_of(written(tmp_path, gzip.compress(b"one\ntwo\n")))
    assert lines == ["one\n", "two\n"]


def test_a_gzip_file_that_is_cut_anywhere_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(b"one\ntwo\n")
    for place in range(2, len(whole)):
        path = written(tmp_path, whole[:place])
        with CallFile(path) as file, pytest.raises(ScreenerError, match="a damaged gzip file"):
            list(file.lines())


def test_another_packing_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, bz2.compress(b"one\n"))
    with CallFile(path) as file, pytest.raises(ScreenerError, match="bzip2: unpack it first"):
        list(file.lines())


def test_a_line_that_is_too_long_leaves_an_empty_one_and_is_named(tmp_path: Path) -> None:
    longest = b"y" * (LINE_LIMIT - 1) + b"\n"
    content = b"one\n" + b"x" * (3 * LINE_LIMIT) + b"\n" + longest + b"four\n"
    lines, file = lines_of(written(tmp_path, content))
    assert lines == ["one\n", "\n", longest.decode(), "four\n"]
    assert file.too_long == [2]


def test_a_file_without_any_line_end_takes_no_more_memory_than_a_line(tmp_path: Path) -> None:
    path = tmp_path / "endless"
    path.touch()
    os.truncate(path, 50_000_000)
    lines, file = lines_of(path)
    assert lines == ["\n"]
    assert file.unfinished


def test_bytes_that_are_no_text_and_zeros_do_not_end_the_reading(tmp_path: Path) -> None:
    lines, _ = lines_of(written(tmp_path, b"J\xfcrgen\x00\nnext\n"))
    assert lines == ["J\N{REPLACEMENT CHARACTER}rgen\0\n", "next\n"]


def test_it_can_be_read_twice_and_tells_how_far_it_is(tmp_path: Path) -> None:
    told: list[int] = []
    content = b"a line\n" * 30_000
    with CallFile(written(tmp_path, content)) as file:
        file.told = told.append
        assert sum(1 for _ in file.lines()) == 30_000
        assert sum(1 for _ in file.lines()) == 30_000
        assert file.size == len(content)
    assert len(told) == 2
    assert all(0 < one <= len(content) for one in told)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingPartError, match="there is no file"):
        CallFile(tmp_path / "none")
    with pytest.raises(ScreenerError, match="no regular file"):
        CallFile(tmp_path)
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(ScreenerError, match="no regular file"):
        CallFile(tmp_path / "fifo")
