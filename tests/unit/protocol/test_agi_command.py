"""The commands that go to Asterisk."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import LocalProtocolError
from screener.protocol.agi_command import (
    ANSWER,
    BEGIN_ASKING,
    COMMAND_LIMIT,
    MUSIC_OFF,
    MUSIC_ON,
    RING,
    assignments,
    play_sound,
    set_variables,
    wait_for_key,
)


def test_many_variables_go_in_one_command() -> None:
    assert set_variables({"SCREENER_VERDICT": "admit", "SCREENER_ID": "a-1_2.3:4", "X9": ""}) == (
        b'EXEC MSet "SCREENER_VERDICT=admit,SCREENER_ID=a-1_2.3:4,X9="\n'
    )


@pytest.mark.parametrize("name", ["", "a", "_A", "9A", "A B", "A\n", "A,B", "A=B", "\u00c4"])
def test_a_name_outside_the_alphabet_never_leaves(name: str) -> None:
    with pytest.raises(LocalProtocolError, match="is no name of a variable"):
        set_variables({name: "x"})


@pytest.mark.parametrize(
    "value", [" ", "a\n", "\r", "\0", '"', "\\", ",", "=", "$", "{", "\u00e9", "\udc80"]
)
def test_a_value_outside_the_alphabet_never_leaves_and_is_not_quoted(value: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        set_variables({"A": value})
    assert str(caught.value) == "the value of A holds a character we do not send"


def test_a_command_sets_something() -> None:
    with pytest.raises(LocalProtocolError, match="at least one"):
        set_variables({})


def test_a_command_of_the_limit_passes_and_one_byte_more_does_not() -> None:
    frame = len('EXEC MSet "A="\n')
    assert len(set_variables({"A": "x" * (1_000 - frame)})) == 1_000
    with pytest.raises(LocalProtocolError, match="at most 1000 bytes"):
        set_variables({"A": "x" * (1_001 - frame)})
    with pytest.raises(LocalProtocolError):
        assignments({"A": "x" * (1_001 - frame)})


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4))
def test_whatever_goes_in_one_line_of_the_alphabet_comes_out(variables: dict[str, str]) -> None:
    try:
        command = set_variables(variables)
    except LocalProtocolError:
        return
    assert command.endswith(b'"\n')
    assert command.count(b"\n") == 1
    assert command.count(b'"') == 2
    assert command[len(b'EXEC MSet "') : -2].decode() == assignments(variables)


def test_every_fixed_command_is_one_line() -> None:
    for command in (ANSWER, BEGIN_ASKING, MUSIC_OFF, MUSIC_ON, RING):
        assert command.endswith(b"\n")
        assert command.count(b"\n") == 1
        assert len(command) <= COMMAND_LIMIT


def test_a_sound_is_played_with_or_without_heed_to_keys() -> None:
    assert play_sound("digits/4", heed_keys=False) == b'STREAM FILE digits/4 ""\n'
    assert play_sound("screener/larger-of", heed_keys=True) == (
        b'STREAM FILE screener/larger-of "0123456789*#"\n'
    )


@pytest.mark.parametrize(
    "name",
    [
        *("", "/", "/etc/passwd", "a/", "a//b", "../x", "a/../b", ".", "a.gsm", "a b", "a\n", 'a"'),
        *("${X}", "a&b", "a,b", "a\\", "http://x/y", "\u00e9", "x" * 201, "/".join("x" * 10)),
    ],
)
def test_a_sound_outside_the_alphabet_never_leaves(name: str) -> None:
    with pytest.raises(LocalProtocolError, match="the name of a sound"):
        play_sound(name, heed_keys=False)


@given(st.text(max_size=20), st.booleans())
def test_whatever_sound_goes_is_one_quoted_word_of_one_line(name: str, heed_keys: bool) -> None:
    try:
        command = play_sound(name, heed_keys=heed_keys)
    except LocalProtocolError:
        return
    assert command.decode("ascii").split(" ")[:3] == ["STREAM", "FILE", name]
    assert (command.count(b"\n"), command.count(b'"'), command.count(b" ")) == (1, 2, 3)


def test_a_wait_for_a_key_has_an_end() -> None:
    assert wait_for_key(3_000) == b"WAIT FOR DIGIT 3000\n"
    for milliseconds in (-1, 0, 60_001):
        with pytest.raises(LocalProtocolError, match="none that we send"):
            wait_for_key(milliseconds)


@given(
    st.dictionaries(
        st.text("AB9_=,", max_size=6), st.text("AB9a.=,:-\n", max_size=6), min_size=1, max_size=4
    )
)
def test_no_value_is_taken_for_another_variable(variables: dict[str, str]) -> None:
    name, value = re.compile("[A-Z][A-Z0-9_]*"), re.compile("[A-Za-z0-9_.:-]*")
    good = all(name.fullmatch(one) and value.fullmatch(told) for one, told in variables.items())
    try:
        told = assignments(variables)
    except LocalProtocolError:
        assert not good
    else:
        assert good
        assert dict(pair.split("=") for pair in told.split(",")) == variables


def test_a_name_is_checked_each_time_however_many_were_set_before() -> None:
    for at in range(200):
        assert set_variables({f"A{at}": "x"}) == b'EXEC MSet "A%d=x"\n' % at
        with pytest.raises(LocalProtocolError, match="is no name of a variable"):
            set_variables({f"A{at}=": "x"})
