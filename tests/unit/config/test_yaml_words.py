import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.config.yaml_tree import read_tree
from screener.config.yaml_words import Scalar, word

numbers = st.one_of(
    st.integers(-(10**15) + 1, 10**15 - 1), st.integers(-99_999, 99_999).map(lambda n: n / 1_000)
)


@given(st.one_of(st.text(), numbers, st.booleans(), st.none()), st.sampled_from(["", "'", '"']))
def test_what_is_written_is_read_back_in_a_block_and_in_brackets(value: Scalar, quote: str) -> None:
    for text in (f"a: {word(value, quote)}", f"a: {{b: {word(value, quote)}}}"):
        tree = read_tree(text, "x")
        assert tree.problems == []
        assert tree.value in ({"a": value}, {"a": {"b": value}})


@pytest.mark.parametrize(
    ("value", "quote", "written"),
    [
        (5.0, "", "5"),
        (0.5, "'", "0.5"),
        (True, "", "true"),
        (None, "", "null"),
        ("10m", "", "10m"),
        ("enforce", "", "enforce"),
        ("enforce", '"', '"enforce"'),
        ("it's", "'", "'it''s'"),
        ("22:00", "", '"22:00"'),
        ("NO", "", '"NO"'),
        ("a, b", "", '"a, b"'),
        ("", "", '""'),
        ("a\n", "'", '"a\\n"'),
    ],
)
def test_a_word_is_as_plain_as_can_be_and_keeps_its_quotes(
    value: Scalar, quote: str, written: str
) -> None:
    assert word(value, quote) == written


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**15, 1e-20])
def test_a_number_that_plain_decimal_cannot_say_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"number|decimal|digits"):
        word(value)
