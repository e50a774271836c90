import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import ScreenerError
from screener.storage.review_parcels import (
    MOST_ENTRIES,
    ActionFact,
    EntryFact,
    ErasedFact,
    Parcel,
    decode,
    encode,
)

text = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20)
moment = st.floats(0.0, 4e9)
undone = st.none() | st.tuples(moment, text)
actions = st.builds(
    ActionFact,
    *[text, text, moment, moment, text],
    st.sampled_from(["allow", "deny", "not-spam", "import", "pause"]),
    text,
    st.none() | moment,
    *[text, text],
    st.booleans(),
    undone,
    st.sampled_from(["allow", "deny"]),
    st.lists(st.builds(EntryFact, text, text, undone), max_size=3).map(tuple),
)
parcels = st.builds(
    Parcel,
    st.lists(actions, max_size=3).map(tuple),
    st.lists(st.builds(ErasedFact, st.binary(max_size=16), moment), max_size=3).map(tuple),
    st.lists(text, max_size=3).map(tuple),
)
ONE = ActionFact(
    *("u", "east", 1.0, 1.0, "anna", "deny", "reviewed", None, "why", "", False, None, "deny"),
    (EntryFact("=+16515550142"),),
)


@given(parcels)
def test_a_parcel_is_read_as_it_was_written(parcel: Parcel) -> None:
    assert decode(json.loads(json.dumps(encode(parcel)))) == parcel


def _wrong() -> list[Any]:
    good = encode(Parcel((ONE,)))
    found: list[Any] = [None, [], "x", {}, {"v": 2}, {"v": 1}]
    for place, value in ((0, 5), (2, "x"), (2, float("nan")), (5, "erase"), (12, "exempt2")):
        wrong: Any = copy.deepcopy(good)
        wrong["actions"][0][place] = value
        found.append(wrong)
    for cut in range(14):
        wrong = copy.deepcopy(good)
        wrong["actions"][0] = wrong["actions"][0][:cut]
        found.append(wrong)
    wrong = copy.deepcopy(good)
    wrong["actions"][0][13] = [["a", "", None]] * (MOST_ENTRIES + 1)
    return [*found, wrong, {**good, "wanted": ["x" * 1_001]}, {**good, "erased": [["zz", 1.0]]}]


@pytest.mark.parametrize("told", _wrong())
def test_what_is_none_is_refused_without_quoting_it(told: object) -> None:
    with pytest.raises(ScreenerError) as refused:
        decode(told)
    assert "5550142" not in str(refused.value)


@given(st.recursive(st.none() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_whatever_comes_is_read_or_refused(told: object) -> None:
    for held in (told, {"v": 1, "actions": told, "erased": told, "wanted": told}):
        try:
            decode(held)
        except ScreenerError:
            continue
