import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.web.password_rules import LEAST, MOST, fault_of, same_text


@pytest.mark.parametrize(
    "password",
    [
        "green boats on the river",
        "correct horse battery",
        "Zuerich 1848 Rathaus",
        "kT9#vq2Lm!xR",
        "сорок тысяч обезьян",
        "annika sells sea shells",
        "3f9a07c2b1de",
    ],
)
def test_what_nobody_guesses_is_taken(password: str) -> None:
    assert fault_of(password, "anna") == ""


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short one", "at least 12"),
        ("x" * 129, "at most 128"),
        ("aaaaaaaaaaaa", "repeats"),
        ("abcabcabcabc", "repeats"),
        ("PassWord1!PassWord1!", "repeats"),
        ("123456789012", "follows"),
        ("abcdefghijklmnop", "follows"),
        ("qwertyuiop1234", "follows"),
        ("zyxwvutsrqponm", "follows"),
        ("Password1234!", "first"),
        ("screener-2026", "first"),
        ("Change.Me.1234", "first"),
        ("anna.smith@x99", "name"),
        ("1Anna.Smith@X2", "name"),
    ],
)
def test_what_is_tried_first_is_refused_and_said_why(password: str, said: str) -> None:
    assert said in fault_of(password, "anna.smith@x")


@given(st.text(min_size=0, max_size=LEAST - 1))
def test_no_short_password_is_taken(password: str) -> None:
    assert fault_of(password, "anna")


@given(st.text(max_size=2 * MOST), st.text(min_size=1, max_size=64))
def test_every_password_is_judged(password: str, name: str) -> None:
    assert isinstance(fault_of(password, name), str)


def test_one_letter_written_in_two_ways_is_one_password() -> None:
    assert same_text("Zu\u0308rich") == same_text("Z\u00fcrich")
