import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.storage.keys import Keys
from screener.storage.sealed_file import SealedFileError, read_sealed, write_sealed

KEYS = Keys("one", b"p" * 32, b"s" * 32)
CHUNKS = [b"first", b"", b"third" * 100]


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "state"


@settings(max_examples=25)
@given(chunks=st.lists(st.binary(max_size=200), max_size=8))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    assert write_sealed(path, KEYS, chunks) == path.stat().st_size
    assert list(read_sealed(path, KEYS)) == chunks


def test_it_is_its_owners_alone_and_no_draft_stays(path: Path) -> None:
    write_sealed(path, KEYS, CHUNKS)
    write_sealed(path, KEYS, CHUNKS)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["state"]


def test_no_chunk_can_be_read_in_the_file(path: Path) -> None:
    write_sealed(path, KEYS, [b"+16515550142" * 10])
    assert b"16515550142" not in path.read_bytes()


def test_every_cut_is_seen(path: Path) -> None:
    write_sealed(path, KEYS, CHUNKS)
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        with pytest.raises(SealedFileError):
            list(read_sealed(path, KEYS))


def test_every_changed_byte_is_seen(path: Path) -> None:
    write_sealed(path, KEYS, CHUNKS)
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(SealedFileError):
            list(read_sealed(path, KEYS))


def test_trailing_bytes_are_refused(path: Path) -> None:
    write_sealed(path, KEYS, CHUNKS)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(SealedFileError, match="goes on after its end"):
        list(read_sealed(path, KEYS))


def test_chunks_fit_neither_another_place_nor_another_file(path: Path) -> None:
    def parts(written: list[bytes]) -> list[bytes]:
        write_sealed(path, KEYS, written)
        header, rest = path.read_bytes().split(b"\n", 1)
        found = [header + b"\n"]
        while rest:
            size = 4 + int.from_bytes(rest[:4], "big")
            found.append(rest[:size])
            rest = rest[size:]
        return found

    header, first, second, end = parts([b"same", b"same"])
    _, other, _, _ = parts([b"same", b"same"])
    for mixed in ([header, second, first, end], [header, other, second, end], [header, first, end]):
        path.write_bytes(b"".join(mixed))
        with pytest.raises(SealedFileError, match="was changed"):
            list(read_sealed(path, KEYS))


def test_other_keys_another_version_and_another_kind_are_told_apart(path: Path) -> None:
    write_sealed(path, KEYS, CHUNKS)
    with pytest.raises(SealedFileError, match="other keys than two"):
        list(read_sealed(path, Keys("two", b"p" * 32, b"s" * 32)))
    with pytest.raises(SealedFileError, match="not of these keys"):
        list(read_sealed(path, Keys("one", b"p" * 32, b"t" * 32)))
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"version": 1', b'"version": 9'))
    with pytest.raises(SealedFileError, match="of another version"):
        list(read_sealed(path, KEYS))
    for strange in (b"", b"\n", b"[]\n", b"{" * 600, b"SQLite format 3\x00"):
        path.write_bytes(strange)
        with pytest.raises(SealedFileError, match="no state of an agent"):
            list(read_sealed(path, KEYS))


def test_an_absurd_length_is_refused_before_it_is_read(path: Path) -> None:
    write_sealed(path, KEYS, [])
    header = path.read_bytes().split(b"\n", 1)[0]
    path.write_bytes(header + b"\n\xff\xff\xff\xff")
    with pytest.raises(SealedFileError, match="was changed"):
        list(read_sealed(path, KEYS))


def test_a_pipe_is_not_waited_for_and_a_link_not_followed(path: Path, tmp_path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(SealedFileError, match="no regular file"):
        list(read_sealed(path, KEYS))
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(OSError, match="symbolic links"):
        list(read_sealed(link, KEYS))


def test_a_write_that_fails_leaves_what_stood_there(path: Path) -> None:
    write_sealed(path, KEYS, CHUNKS)

    def broken() -> "list[bytes]":
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        write_sealed(path, KEYS, (chunk for _ in range(1) for chunk in broken()))
    assert list(read_sealed(path, KEYS)) == CHUNKS
    assert [one.name for one in path.parent.iterdir()] == ["state"]


def test_what_a_kill_left_of_a_draft_is_no_hindrance(path: Path) -> None:
    path.with_name("state.new").write_bytes(b"half")
    write_sealed(path, KEYS, CHUNKS)
    assert list(read_sealed(path, KEYS)) == CHUNKS
