from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.shared import EVENTS_KEPT, Counter, Note, SharedStanding
from screener.errors import SharedRefusedError, SharedStoreError
from screener.storage import shared_codec as codec

TEXT = st.text(st.characters(codec="utf-8"), max_size=60)
NUMBERS = st.lists(st.floats(allow_nan=False), max_size=20).map(tuple)


@given(fields=NUMBERS, trunk=TEXT, cleared_at=st.floats(allow_nan=False), marks=st.binary())
def test_a_standing_comes_back_with_its_version_and_its_latest_events(
    fields: tuple[float, ...], trunk: str, cleared_at: float, marks: bytes
) -> None:
    marks = marks[: len(marks) // 8 * 8]
    standing = SharedStanding(1_795_364_345_343_722, fields, trunk, cleared_at)
    data = codec.pack_standing(standing.version, marks, codec.pack_body(standing))
    assert codec.unpack_standing(data) == standing
    kept = marks[-8 * EVENTS_KEPT :]
    assert codec.standing_head(data) == (standing.version, kept)


def test_events_are_remembered_by_whole_marks() -> None:
    first, second = codec.event_mark("a"), codec.event_mark("b")
    assert len(first) == 8
    assert codec.remembers(first + second, second)
    assert not codec.remembers(first + second, (first + second)[4:12])
    assert not codec.remembers(b"", first)


@given(
    texts=st.tuples(TEXT, TEXT, TEXT, TEXT, TEXT, TEXT), ttl=st.floats(1, 1e6), open_=st.booleans()
)
def test_a_note_comes_back_and_shows_its_caller(
    texts: tuple[str, str, str, str, str, str], ttl: float, open_: bool
) -> None:
    note = Note(*texts, challenged=open_, ttl=ttl)
    data = codec.pack_note(note)
    assert codec.unpack_note(note.call_id, data) == note
    assert codec.note_caller(data) == note.caller.encode()


@given(held=st.lists(st.tuples(st.floats(0, 1e10), TEXT)), edge=TEXT, body=st.binary())
def test_challenges_and_entries_come_back(
    held: list[tuple[float, str]], edge: str, body: bytes
) -> None:
    assert codec.unpack_open(codec.pack_open(held)) == held
    assert codec.unpack_post(codec.pack_post(edge, body)) == (edge, body)
    assert codec.unpack_place(codec.pack_place(7, 2**60)) == (7, 2**60)


@given(data=st.binary(max_size=200))
def test_bytes_of_others_are_an_error_of_the_store_and_of_no_other_kind(data: bytes) -> None:
    for read in (
        codec.unpack_standing,
        codec.unpack_open,
        codec.unpack_post,
        codec.unpack_place,
        codec.note_caller,
        codec.standing_head,
        codec.unpack_doubles,
        lambda data: codec.unpack_note("call", data),
    ):
        with suppress(SharedStoreError):
            read(data)


@given(data=st.data())
def test_what_is_cut_short_is_refused_or_reads_as_less(data: st.DataObject) -> None:
    standing = SharedStanding(1, (1.0, 2.0), "", 3.0)
    whole = codec.pack_standing(1, codec.event_mark("a"), codec.pack_body(standing))
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    with pytest.raises(SharedStoreError):
        codec.unpack_standing(cut)


def test_windows_are_written_as_doubles() -> None:
    packed = codec.pack_windows(((3, 60.0), (100, 0.1)))
    assert codec.unpack_doubles(packed) == (3.0, 60.0, 100.0, 0.1)


@pytest.mark.parametrize(
    "windows", [(), ((0, 1.0),), ((1, 0.0),), ((1, float("nan")),), ((1, 1.0),) * 65]
)
def test_what_is_no_window_is_refused(windows: codec.Windows) -> None:
    with pytest.raises(SharedRefusedError):
        codec.checked_counters([Counter("key", windows)])


def test_a_key_may_be_so_long_and_no_longer_counted_in_bytes() -> None:
    codec.checked_keys("k" * 512, "ü" * 256)
    for key in ("k" * 513, "ü" * 257):
        with pytest.raises(SharedRefusedError):
            codec.checked_keys(key)


@pytest.mark.parametrize("kind", ["lists", "black-list", "Reviews2"])
def test_a_kind_is_a_plain_word(kind: str) -> None:
    assert codec.checked_kind(kind) == kind


@pytest.mark.parametrize("kind", ["", "-", "a:b", "a b", "ä", "*", "a" * 600])
def test_what_is_no_plain_word_is_no_kind(kind: str) -> None:
    with pytest.raises(SharedRefusedError):
        codec.checked_kind(kind)


@pytest.mark.parametrize("ttl", [0.0, -1.0, float("inf"), float("nan"), 1e12])
def test_what_would_not_end_is_refused(ttl: float) -> None:
    with pytest.raises(SharedRefusedError):
        codec.checked_ttl(ttl)


def test_what_is_too_large_is_refused_without_telling_it() -> None:
    assert codec.checked_size(b"12", 2) == b"12"
    with pytest.raises(SharedRefusedError, match=r"^refused: 3 bytes, allowed: 2$"):
        codec.checked_size(b"123", 2)
