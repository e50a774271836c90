import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.storage.log_kinds import (
    OTHERS,
    SHARED,
    WORDS,
    Kind,
    Value,
    as_word,
    escaped,
    joined_texts,
    joined_values,
    whole,
)

ANY = st.none() | st.text() | st.integers() | st.floats(allow_nan=False) | st.binary(max_size=9)


@given(st.binary())
def test_what_is_escaped_has_no_line_end_and_comes_back(packed: bytes) -> None:
    assert b"\n" not in escaped(packed)
    assert whole(escaped(packed)) == packed


@given(ANY | st.text("aZ09 ,.:_+-'\"\\;\n\0\u0661", max_size=6))
def test_a_word_of_sql_stands_for_its_value_and_no_other(value: Value) -> None:
    word = as_word(value)
    if word is not None:
        connection = sqlite3.connect(":memory:")
        (read,) = connection.execute(f"SELECT {word}").fetchone()
        connection.close()
        assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("enforce", "'enforce'"),
        ("", "''"),
        ("lane-full,new-caller", "'lane-full,new-caller'"),
        (5, "5"),
        (3.5, "3.5"),
        (0.125, "0.125"),
        *((value, None) for value in ("it's", "a\n", "\0", "\u0661", "x" * 201, 0.1, -1, -1.0)),
        *((value, None) for value in (1 << 40, 1e300, b"a", None, True)),
    ],
)
def test_only_what_is_plain_becomes_a_word(value: Value, word: str | None) -> None:
    assert as_word(value) == word


@given(st.lists(st.text(), min_size=1).map(tuple))
def test_texts_packed_as_one_are_read_as_they_were(texts: tuple[str, ...]) -> None:
    joined = joined_texts(texts, len(texts))
    names = tuple(f"c{place}" for place in range(len(texts)))
    if joined is None:
        assert any("\0" in text for text in texts)
    else:
        assert tuple(joined_values((joined, ()), names, ()).values()) == texts


def test_a_kind_is_packed_where_its_words_are_texts() -> None:
    words = tuple(WORDS)
    others = tuple(range(len(OTHERS)))
    assert len((*words, *others)) == len(SHARED)
    assert Kind((*words, *others)).line
    for unfit in (None, b"x", "a\0b", 7):
        kind = Kind((*words[:3], unfit, *words[4:], *others))
        assert (kind.line, kind.begun) == (b"", 1)


def test_kinds_of_the_same_values_are_told_apart() -> None:
    values = (None,) * len(SHARED)
    assert Kind(values) != Kind(values)
