"""The fields of a message of the decision stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import RemoteProtocolError
from screener.protocol.stream_fields import Fields

ANYTHING = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text("1x")
    | st.lists(st.integers())
)


def test_what_is_left_out_or_null_is_none_or_empty() -> None:
    for fields in (Fields({}), Fields({"a": None})):
        assert fields.number("a", 0.0, 1.0) is None
        assert fields.whole("a") is None
        assert fields.text("a") == ""
        assert fields.option("a", ("x",)) == ""
        assert fields.texts("a") == ()
        assert fields.inner("a").told == {}
        assert fields.remarks == []


@pytest.mark.parametrize("value", [True, "1", [], {}, -0.5, 1.5, 10**400, float("nan")])
def test_no_number_within_the_bounds_is_refused(value: object) -> None:
    with pytest.raises(RemoteProtocolError, match="`a` must be a number, 0 to 1"):
        Fields({"a": value}).number("a", 0.0, 1.0)


@pytest.mark.parametrize("value", [True, "1", 1.0, -1, 10_000_001])
def test_no_whole_number_is_refused(value: object) -> None:
    with pytest.raises(RemoteProtocolError, match="`a` must be a whole number, 0 to 10000000"):
        Fields({"a": value}).whole("a")


def test_a_moment_cannot_be_left_out() -> None:
    assert Fields({"now": 7}).moment("now") == 7.0
    with pytest.raises(RemoteProtocolError, match="`now` is missing"):
        Fields({}).moment("now")


@pytest.mark.parametrize("value", [None, "", "x" * 5, 17])
def test_an_id_is_a_text_that_is_neither_empty_nor_too_long(value: object) -> None:
    assert Fields({"a": "xxxx"}).id("a", 4) == "xxxx"
    with pytest.raises(RemoteProtocolError, match="`a` must be a text"):
        Fields({"a": value}).id("a", 4)


def test_a_word_must_be_one_of_those_allowed_and_an_option_may_be_none_of_them() -> None:
    fields = Fields({"a": "x", "b": "z"})
    assert fields.word("a", ("x", "y")) == fields.option("a", ("x", "y")) == "x"
    with pytest.raises(RemoteProtocolError, match="`b` must be one of x, y"):
        fields.word("b", ("x", "y"))
    assert fields.option("b", ("x", "y")) == ""
    assert fields.remarks == ["`b` is none of x, y; it is left out"]


def test_the_lenient_way_turns_a_refusal_into_a_remark() -> None:
    fields = Fields({"a": "x"})
    assert fields.lenient(fields.whole, "a", 1, 9) is None
    assert fields.remarks == ["`a` must be a whole number, 1 to 9; it is left out"]


def test_an_object_within_shares_the_remarks() -> None:
    fields = Fields({"a": {"b": "x"}, "c": 1})
    inner = fields.inner("a")
    assert inner.lenient(inner.whole, "b") is None
    assert fields.inner("c").told == {}
    assert len(fields.remarks) == 2


def test_of_a_list_the_texts_are_kept_and_the_rest_is_told_once() -> None:
    fields = Fields({"a": ["x", 1, "y", None]})
    assert fields.texts("a") == ("x", "y")
    assert fields.remarks == [
        "`a`: 2 left out that cannot be read, the first at place 2: it must be a text"
    ]
    with pytest.raises(RemoteProtocolError, match="`b` must be a list"):
        Fields({"b": "x"}).texts("b")


def test_of_a_list_the_objects_that_can_be_read_are_kept() -> None:
    fields = Fields({"a": [{"n": 1}, 5, {"n": "x"}, {"n": 2}]})
    assert fields.each_object("a", lambda item: item.whole("n")) == (1, 2)
    assert fields.remarks == [
        "`a`: 2 left out that cannot be read, the first at place 2: it must be an object"
    ]


@given(ANYTHING)
def test_a_value_of_any_kind_is_read_or_refused_and_never_quoted(value: object) -> None:
    fields = Fields({"a": value})
    readers = (
        lambda: fields.number("a", 0.0, 5.0),
        lambda: fields.whole("a"),
        lambda: fields.text("a"),
        lambda: fields.id("a", 3),
        lambda: fields.option("a", ("x",)),
        lambda: fields.texts("a"),
    )
    for read in readers:
        refused = ""
        try:
            read()
        except RemoteProtocolError as error:
            refused = str(error)
        assert not refused or refused.startswith("`a` must be a")
