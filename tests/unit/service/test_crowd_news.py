import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.center_baseline import Baseline
from screener.core.center_counts import CenterDelta, QuarterCounts
from screener.core.crowd_deltas import Counts, CrowdDelta
from screener.core.usual import UsualWeek
from screener.errors import ScreenerError
from screener.service.crowd_news import (
    Told,
    decode_baseline,
    decode_delta,
    decode_prefixes,
    encode_baseline,
    encode_delta,
    encode_prefixes,
)
from tests.builders import NOW

number = st.integers(0, 10**6).map(float)
counts = st.builds(Counts, *[number] * 7)
crowds = st.dictionaries(st.text(max_size=9), counts, max_size=4)
deltas = st.builds(
    CenterDelta,
    number,
    st.builds(CrowdDelta, number, crowds, crowds),
    number,
    st.builds(QuarterCounts, number, *[st.integers(0, 9)] * 3),
)


@given(deltas, st.integers(1, 9))
def test_a_delta_is_read_as_it_was_written(delta: CenterDelta, place: int) -> None:
    told = Told("east 1", place, delta)
    assert decode_delta(json.loads(json.dumps(encode_delta(told)))) == told


@given(crowds, st.dictionaries(st.text(max_size=5), st.integers(0, 9), max_size=3))
def test_a_baseline_is_read_as_it_was_written(few: dict[str, Counts], seen: dict[str, int]) -> None:
    week = UsualWeek("UTC", since=NOW, whole=True, before=3.0, came=5)
    week.usual[7] = 42.5
    baseline = Baseline(NOW, few, 12, week, seen)
    assert decode_baseline(json.loads(json.dumps(encode_baseline(baseline)))) == baseline


def test_of_prefixes_what_is_usual_is_told_to_three_digits() -> None:
    told = encode_prefixes({"p+1651555": Counts(1.0, 2.0, 3.14159)}, NOW)
    assert decode_prefixes(told) == ({"p+1651555": Counts(usual=3.14)}, NOW)


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=7) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(anything, anything)
def test_whatever_comes_is_read_or_refused(one: object, other: object) -> None:
    delta = encode_delta(Told("x", 1, CenterDelta(1.0, CrowdDelta(NOW))))
    baseline = encode_baseline(Baseline(NOW))
    for decode, good in ((decode_delta, delta), (decode_baseline, baseline), (decode_prefixes, {})):
        for told in (one, *({**good, "v": 1, key: other} for key in (*good, "usual", "at"))):
            with suppress(ScreenerError):
                decode(told)


def test_a_week_of_another_length_is_refused() -> None:
    told = encode_baseline(Baseline(NOW, week=UsualWeek("UTC", usual=[1.0])))
    with pytest.raises(ScreenerError, match="another length"):
        decode_baseline(told)
