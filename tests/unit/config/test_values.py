from enum import StrEnum

import pytest

from screener.config.values import Choice, Kind, Number, Text, Whole, found, one_of


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@pytest.mark.parametrize(
    ("kind", "value", "meant"),
    [
        (Whole(1, 8), 1, 1),
        (Whole(1, 8), 8, 8),
        (Number(-1, 1), 0.5, 0.5),
        (Number(-1, 1), 1, 1.0),
        (one_of(Colour), "red", Colour.RED),
        (Choice((403, 603)), 603, 603),
        (Text(3), "", ""),
        (Text(3, 1, "[a-c]+"), "abc", "abc"),
    ],
)
def test_a_value_within_the_bounds_is_read(kind: Kind, value: object, meant: object) -> None:
    read = kind.read(value)
    assert read == meant
    assert type(read) is type(meant)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Whole(1, 8), 0),
        (Whole(1, 8), 9),
        (Whole(1, 8), 2.0),
        (Whole(0, 8), True),
        (Whole(0, 8), "2"),
        (Number(-1, 1), 1.01),
        (Number(-1, 1), True),
        (Number(-1, 1), float("nan")),
        (Number(-1, 1), None),
        (one_of(Colour), "RED"),
        (one_of(Colour), ["red"]),
        (Choice((0, 1)), True),
        (Choice((1, 2)), 1.5),
        (Text(3), "abcd"),
        (Text(3, 1), ""),
        (Text(3, 1, "[a-c]+"), "abz"),
        (Text(30), "two\nlines"),
        (Text(30), "\u202e"),
        (Text(30), None),
        (Text(30), 5),
    ],
)
def test_any_other_value_is_refused(kind: Kind, value: object) -> None:
    with pytest.raises(ValueError, match=r"^$|quotes"):
        kind.read(value)


def test_a_kind_tells_its_range_and_what_is_allowed() -> None:
    assert (Whole(1, 8).range, Whole(1, 8).allowed) == ("1 to 8", "a whole number, 1 to 8")
    assert (Number(0, 0.5).range, Number(0, 0.5).allowed) == ("0 to 0.5", "a number, 0 to 0.5")
    assert (one_of(Colour).range, one_of(Colour).allowed) == ("red | blue", "one of red, blue")
    assert one_of((1,)).allowed == "1"
    assert Text(5, 1).allowed == "a text of 1 to 5 characters, printable, on one line"


def test_values_are_written_as_yaml_has_them() -> None:
    assert one_of(Colour).write(Colour.RED) == "red"
    assert type(one_of(Colour).write(Colour.RED)) is str
    assert Number(0, 9).write(2.0) == 2
    assert type(Number(0, 9).write(2.0)) is int
    assert Number(0, 9).write(2.5) == 2.5
    assert Whole(0, 9).write(3) == 3


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "is empty"),
        (True, "is true"),
        (1.5, "is 1.5"),
        ("a\nb", 'is "a?b"'),
        ("x" * 99, f'is "{"x" * 40}"'),
        ([1], "is a sequence"),
        ({}, "is a map"),
    ],
)
def test_a_refused_value_is_named_in_print(value: object, told: str) -> None:
    assert found(value) == told
