import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.config.files import MAX_CONFIG_BYTES
from screener.desk.drafts import as_bytes, as_typed, line_diff, merged, read_draft

lines = st.lists(st.sampled_from(["a: 1", "", "# é", "b: 2", "  c: 3"]), max_size=8)
ends = st.sampled_from(["\n", "\r\n", "\r"])


@given(st.lists(st.tuples(st.sampled_from(["a", "", "# é", "b"]), ends), max_size=8), st.booleans())
def test_a_file_that_went_through_a_form_untouched_is_byte_for_byte_the_same(
    parts: list[tuple[str, str]], bom: bool
) -> None:
    text = ("\ufeff" if bom else "") + "".join(line + end for line, end in parts) + "last"
    file = text.encode()
    typed = as_typed(file)
    assert typed is not None
    assert as_bytes(re.sub("\n", "\r\n", typed), file) == file
    assert as_bytes(typed, file) == file


def test_what_is_typed_gets_the_line_ends_of_its_file() -> None:
    assert as_bytes("a\r\nb\r\nc\r\n", b"a\nb\n") == b"a\nb\nc\n"
    assert as_bytes("a\nb\nc", b"\xef\xbb\xbfa\r\nb\r\n") == b"\xef\xbb\xbfa\r\nb\r\nc"
    assert as_bytes("a\nnew\nb\nc\n", b"a\r\nb\nc\n") == b"a\r\nnew\nb\nc\n"
    assert as_bytes("a\n", b"") == b"a\n"


def test_bytes_that_are_no_text_are_not_shown_to_be_edited() -> None:
    assert as_typed(b"a: \xff") is None


@pytest.mark.parametrize(
    ("mine", "theirs", "both"),
    [
        (b"a\nB\nc\nd\ne\n", b"a\nb\nc\nd\nE\n", b"a\nB\nc\nd\nE\n"),
        (b"a\nB\nc\nd\ne\n", b"a\nX\nc\nd\ne\n", None),
        (b"a\nB\nc\nd\ne\n", b"a\nb\nC\nd\ne\n", None),
        (b"a\nB\nc\nd\ne\n", b"a\nB\nc\nd\ne\n", b"a\nB\nc\nd\ne\n"),
        (b"a\nb\nc\nd\n", b"0\na\nb\nc\nd\ne\n", b"0\na\nb\nc\nd\n"),
    ],
)
def test_edits_of_two_people_go_together_only_where_they_do_not_meet(
    mine: bytes, theirs: bytes, both: bytes | None
) -> None:
    assert merged(b"a\nb\nc\nd\ne\n", mine, theirs) == both


@given(lines, lines)
def test_who_changed_nothing_takes_nothing_from_the_other(base: list[str], new: list[str]) -> None:
    one, other = ("\n".join(part).encode() for part in (base, new))
    assert merged(one, one, other) == other
    assert merged(one, other, one) == other
    assert merged(one, other, other) == other


def test_a_difference_is_told_line_by_line_even_where_none_is_seen() -> None:
    assert line_diff(b"a\nb\n", b"a\nc\n", 0) == [("@", "@@ -2 +2 @@"), ("-", "b"), ("+", "c")]
    assert line_diff(b"a\n", b"a\n") == []
    assert line_diff(b"a\n", b"a\r\n")[0][1].startswith("only line ends")


def test_problems_are_told_at_their_place_and_too_large_a_file_is_one(tmp_path: Path) -> None:
    config, problems = read_draft(b"version: 1\n", "x", tmp_path)
    assert (config is not None, problems) == (True, [])
    _, ((place, told),) = read_draft(b"\xef\xbb\xbfversion: 1\nmode: maybe\n", "x", tmp_path)
    assert (place.line, place.column) == (2, 7)
    assert "observe" in told
    _, ((place, told),) = read_draft(b"#" * (MAX_CONFIG_BYTES + 1), "x", tmp_path)
    assert (place.line, "at most" in told) == (0, True)
