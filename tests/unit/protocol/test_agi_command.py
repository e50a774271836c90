"""The one command that goes to Asterisk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import LocalProtocolError
from screener.protocol.agi_command import assignments, set_variables


def test_many_variables_go_in_one_command() -> None:
    assert set_variables({"SCREENER_VERDICT": "admit", "SCREENER_ID": "a-1_2.3:4", "X9": ""}) == (
        b'EXEC MSet "SCREENER_VERDICT=admit,SCREENER_ID=a-1_2.3:4,X9="\n'
    )


@pytest.mark.parametrize("name", ["", "a", "_A", "9A", "A B", "A\n", "A,B", "A=B", "\u00c4"])
def test_a_name_outside_the_alphabet_never_leaves(name: str) -> None:
    with pytest.raises(LocalProtocolError, match="is no name of a variable"):
        set_variables({name: "x"})


@pytest.mark.parametrize("value", [" ", "a\n", "\r", "\0", '"', "\\", ",", "=", "$", "{", "\u00e9"])
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
