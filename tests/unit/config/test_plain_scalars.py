import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from screener.config.plain_scalars import TrapError, read_plain


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("", None),
        ("null", None),
        ("true", True),
        ("false", False),
        ("0", 0),
        ("-12", -12),
        ("999999999999999", 999_999_999_999_999),
        ("0.5", 0.5),
        ("-1.25", -1.25),
        ("10m", "10m"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("new-caller", "new-caller"),
    ],
)
def test_a_plain_word_is_what_it_looks_like(word: str, value: object) -> None:
    read = read_plain(word)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    "word",
    [
        "+15551234567",
        "0015551234",
        "0800",
        "22:00",
        "1_000",
        "0x1F",
        "0b11",
        "0o17",
        "1e5",
        "1.5e+3",
        "5.",
        ".5",
        "1234567890123456",
        "9" * 5000,
        "2016-11-01",
        "2026-12-31T00:00:00Z",
        "NO",
        "yes",
        "On",
        "True",
        "n",
        "~",
        "NULL",
        ".inf",
        "-.INF",
        ".nan",
        "<<",
        "=",
    ],
)
def test_a_word_that_yaml_would_change_is_refused_without_repeating_it(word: str) -> None:
    with pytest.raises(TrapError) as caught:
        read_plain(word)
    assert "quotes" in str(caught.value)
    if len(word) > 4:
        assert word not in str(caught.value)


@given(st.text(alphabet="0123456789+-_.:eExXoTZ ynNaif", max_size=20))
def test_whatever_is_taken_as_text_is_a_text_to_every_yaml_reader(word: str) -> None:
    try:
        value = read_plain(word)
    except TrapError:
        return
    if isinstance(value, str):
        tag = yaml.SafeLoader("").resolve(yaml.ScalarNode, word, (True, False))  # type: ignore[no-untyped-call] # the stubs leave it bare
        assert tag == "tag:yaml.org,2002:str"


@given(st.integers(-(10**15) + 1, 10**15 - 1))
def test_every_plain_integer_is_read_as_itself(number: int) -> None:
    assert read_plain(str(number)) == number
