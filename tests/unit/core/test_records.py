from dataclasses import FrozenInstanceError, asdict, dataclass, fields, replace

import pytest

from screener.core.call import Call, Facts, Load
from screener.core.number import CallerId
from screener.core.records import record
from tests.builders import a_call, a_caller


@record
class Pair:
    left: int
    right: str = ""


@dataclass(frozen=True, slots=True)
class FrozenPair:
    left: int
    right: str = ""


def test_a_record_is_what_a_frozen_dataclass_is_but_for_setting_its_fields() -> None:
    pair, frozen = Pair(1, "a"), FrozenPair(1, "a")
    assert pair == Pair(1, right="a") != Pair(2, "a")
    assert hash(pair) == hash(frozen)
    assert replace(pair, left=2) == Pair(2, "a")
    assert asdict(pair) == asdict(frozen)
    assert [field.name for field in fields(Pair)] == ["left", "right"]
    assert repr(pair) == "Pair(left=1, right='a')"


def test_a_record_has_no_room_for_other_fields() -> None:
    with pytest.raises(AttributeError):
        Pair(1).other = 2  # type: ignore[attr-defined]  # what is tested


def test_only_the_type_checker_holds_a_record_to_be_frozen() -> None:
    pair, frozen = Pair(1), FrozenPair(1)
    pair.left = 2  # type: ignore[misc]  # without this remark the check of types would fail
    assert pair.left == 2
    with pytest.raises(FrozenInstanceError):
        frozen.left = 2  # type: ignore[misc]  # what is tested


@pytest.mark.parametrize("one", [Facts("1"), Load(1), a_call(), a_caller()])
def test_what_every_call_is_made_of_can_be_a_key(one: Facts | Load | Call | CallerId) -> None:
    assert {one: 1}[replace(one)] == 1
