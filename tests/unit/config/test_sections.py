from collections.abc import Iterator
from typing import Annotated

import pytest
from pydantic import ValidationError

from screener.config.sections import (
    MOST_TOLD,
    UNIQUE_NAMES,
    Finding,
    Items,
    Section,
    known_names,
    unknown,
)
from screener.config.values import Whole


class Pair(Section):
    low: Annotated[int, Whole(0, 9)]
    high: Annotated[int, Whole(0, 9)] = 9

    def check(self) -> Iterator[Finding]:
        if self.low > self.high:
            yield Finding(("low",), "is over high")


class Holder(Section):
    pairs: Annotated[dict[str, Pair], known_names({"one": 0, "two": 0})]
    items: Annotated[list[dict[str, str]], Items(0, 2), UNIQUE_NAMES]


def told(model: type[Section], value: object) -> list[str]:
    """Return what is refused: pydantic's own kinds, and the findings of ours."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate(value)
    return list(told_by(caught.value))


def told_by(refusal: ValidationError) -> Iterator[str]:
    for error in refusal.errors():
        if error["type"] != "findings":
            yield error["type"]
            continue
        yield from (finding.told for finding in error["ctx"]["findings"])
        if error["ctx"]["inner"] is not None:
            yield from told_by(error["ctx"]["inner"])


def test_a_section_takes_its_own_keys_only() -> None:
    assert told(Pair, {"low": 1, "lwo": 2}) == ["extra_forbidden"]


def test_rules_between_values_are_checked_once_the_values_are_good() -> None:
    assert told(Pair, {"low": 5, "high": 4}) == ["is over high"]
    assert told(Pair, {"low": 5, "high": 40}) == ["told"]


def test_an_unknown_name_and_a_bad_value_beside_it_are_both_told() -> None:
    found = told(Holder, {"pairs": {"on": {"low": 1}, "two": {"low": 11}}, "items": []})
    assert len(found) == 2
    assert found[0].startswith('is not known; did you mean "one"?')
    assert found[1] == "told"


def test_a_sequence_of_the_wrong_length_is_refused_without_reading_it() -> None:
    found = told(Holder, {"pairs": {}, "items": [1, 2, 3]})
    assert found == ["has 3 items; allowed: 0 to 2 items"]


def test_a_name_that_stands_twice_is_refused() -> None:
    found = told(Holder, {"pairs": {}, "items": [{"name": "a"}, {"name": "a"}]})
    assert found == ['is "a" again; each name stands once']


def test_a_flood_of_findings_is_cut_short() -> None:
    names = {f"name-{number}": {"low": 1} for number in range(5_000)}
    found = told(Holder, {"pairs": names, "items": []})
    assert len(found) == MOST_TOLD + 1


def test_an_unknown_key_is_answered_with_the_nearest_and_all_known() -> None:
    assert unknown("prot", ["port", "host"]) == (
        'is not known; did you mean "port"? allowed here: host, port'
    )
    assert unknown("zzz", ["port", "host"]) == "is not known; allowed here: host, port"
