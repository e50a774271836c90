"""What is remembered of the last environment never lets one pass that the judge would refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.protocol.agi_environment import Environment, _Judge
from screener.protocol.agi_form import DIFFERING, Form
from tests.bench.environments import environment
from tests.unit.protocol.mutations import mutated

FIRST, OTHER = environment(1), environment(234_567)


def lines_of(whole: bytes) -> list[bytes]:
    return whole.split(b"\n")[:-2]


def formed(whole: bytes = FIRST) -> Form:
    form = Form()
    form.learn(lines_of(whole))
    return form


def test_without_a_form_nothing_is_read() -> None:
    assert Form().read(FIRST) is None


def test_what_differs_from_call_to_call_is_read_by_the_form_of_another() -> None:
    judged = _Judge().read(OTHER)
    assert isinstance(judged, Environment)
    values = formed().read(OTHER)
    assert values is not None
    assert values[:3] == (judged.prefix.script, judged.prefix.channel, judged.prefix.uniqueid)
    assert values[3:] == (judged.caller_number, judged.arguments[0])


@pytest.mark.parametrize("at", range(len(lines_of(FIRST))))
def test_another_value_is_read_only_in_a_line_that_differs(at: int) -> None:
    lines = lines_of(FIRST)
    key = lines[at].partition(b": ")[0]
    lines[at] = key + b": another"
    read = formed().read(b"\n".join(lines) + b"\n\n")
    assert (read is not None) == (key in DIFFERING)


def test_nothing_of_a_caller_is_remembered() -> None:
    secret = b"5550142"
    lines = [
        line + secret if line.partition(b": ")[0] in DIFFERING else line for line in lines_of(FIRST)
    ]
    form = formed(b"\n".join(lines) + b"\n\n")
    assert form.read(FIRST) is not None
    assert secret.decode() not in f"{form._head}{form._between}"


def test_lines_that_are_not_all_there_change_no_form() -> None:
    form = formed()
    form.learn(lines_of(FIRST)[:-1])
    assert form.read(OTHER) is not None


@given(st.sampled_from([FIRST, OTHER]).flatmap(mutated), st.sampled_from([FIRST, OTHER]))
def test_what_is_changed_anywhere_is_read_as_the_judge_does_or_not_at_all(
    changed: bytes, known: bytes
) -> None:
    whole = changed[: changed.find(b"\n\n") + 2]
    values = formed(known).read(whole)
    if values is not None:
        judged = _Judge().read(whole)
        assert isinstance(judged, Environment)
        assert judged.prefix.script == values[0].removeprefix("/")
        assert (judged.prefix.channel, judged.prefix.uniqueid) == values[1:3]
        assert (judged.caller_number, *judged.arguments) == values[3:]
