"""What is remembered of earlier environments never lets one pass that the judge would refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.protocol.agi_environment import Environment, _Judge
from screener.protocol.agi_form import DIFFERING, MOST_FORMS, Forms
from tests.bench.environments import environment
from tests.unit.protocol.mutations import mutated

FIRST, OTHER = environment(1), environment(234_567)


def lines_of(whole: bytes) -> list[bytes]:
    return whole.split(b"\n")[:-2]


def formed(*known: bytes) -> Forms:
    forms = Forms()
    for whole in known or (FIRST,):
        forms.learn(lines_of(whole))
    return forms


def in_language(language: int, whole: bytes = FIRST) -> bytes:
    return whole.replace(b"agi_language: en", b"agi_language: %d" % language)


def test_without_a_form_nothing_is_read() -> None:
    assert Forms().read(FIRST) is None


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
    forms = formed(b"\n".join(lines) + b"\n\n")
    assert forms.read(FIRST) is not None
    assert secret.decode() not in "".join(f"{one._head}{one._between}" for one in forms._kept)


def test_lines_that_are_not_all_there_change_no_form() -> None:
    forms = formed()
    forms.learn(lines_of(FIRST)[:-1])
    assert forms.read(OTHER) is not None
    assert len(forms._kept) == 1


def test_several_asterisks_that_ask_in_turns_are_all_known() -> None:
    forms = formed(*(in_language(one) for one in range(MOST_FORMS)))
    for _ in range(3):
        for one in range(MOST_FORMS):
            assert forms.read(in_language(one, OTHER)) is not None


def test_only_the_forms_met_of_late_are_kept() -> None:
    forms = formed(*(in_language(one) for one in range(MOST_FORMS)))
    assert forms.read(in_language(0)) is not None
    forms.learn(lines_of(in_language(99)))
    assert len(forms._kept) == MOST_FORMS
    assert forms.read(in_language(99)) is not None
    assert forms.read(in_language(0)) is not None
    assert forms.read(in_language(1)) is None


def test_a_form_that_is_met_again_takes_no_other_ones_place() -> None:
    forms = formed(*(in_language(one) for one in range(MOST_FORMS)))
    for _ in range(MOST_FORMS):
        forms.learn(lines_of(in_language(0, OTHER)))
    for one in range(MOST_FORMS):
        assert forms.read(in_language(one)) is not None


KNOWN = [FIRST, OTHER, in_language(1), in_language(2, OTHER)]


@given(st.sampled_from(KNOWN).flatmap(mutated), st.lists(st.sampled_from(KNOWN), min_size=1))
def test_what_is_changed_anywhere_is_read_as_the_judge_does_or_not_at_all(
    changed: bytes, known: list[bytes]
) -> None:
    whole = changed[: changed.find(b"\n\n") + 2]
    values = formed(*known).read(whole)
    if values is not None:
        judged = _Judge().read(whole)
        assert isinstance(judged, Environment)
        assert judged.prefix.script == values[0].removeprefix("/")
        assert (judged.prefix.channel, judged.prefix.uniqueid) == values[1:3]
        assert (judged.caller_number, *judged.arguments) == values[3:]
