from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.score import add_up
from screener.core.settings import DEFAULT_GROUPS, GroupCap
from screener.core.signals import Signal
from screener.desk.score_steps import steps_of

CAPS = {"limits": GroupCap(0.0, 14.0), "history": GroupCap(-9.0, 6.0)}


def a_call(*parts: Signal, **changes: object) -> dict[str, Any]:
    score = add_up(parts, CAPS)
    told = [
        {
            "name": part.name,
            "group": part.group,
            "points": round(part.points, 3),
            "reason": part.reason,
            "counts": part.counts,
        }
        for part in parts
    ]
    plain = {"signals": told, "score": score.total, "would_score": score.would}
    return {**plain, "challenge_from": 5.0, "drop_from": 14.0, **changes}


def test_each_step_begins_where_the_one_before_ended_group_by_group() -> None:
    call = a_call(
        Signal("a", "limits", 4.0, "four"),
        Signal("b", "history", -3.0, "less", counts=False),
        Signal("c", "limits", 12.0, "twelve"),
    )
    told = steps_of(call, CAPS)
    assert told is not None
    assert [(step.name, step.start, step.end) for step in told.steps] == [
        ("a", 0.0, 4.0),
        ("c", 4.0, 16.0),
        ("cap of limits", 16.0, 14.0),
        ("b", 14.0, 11.0),
    ]
    assert (told.total, told.would, told.steps[-1].counts) == (14.0, 11.0, False)
    assert (told.low, told.high) == (0.0, 16.0)


def test_without_the_caps_of_then_what_they_did_is_one_step() -> None:
    told = steps_of(a_call(Signal("a", "limits", 20.0, "much")), None)
    assert told is not None
    assert [(step.name, step.points) for step in told.steps] == [
        ("a", 20.0),
        ("caps of groups", -6),
    ]


def test_a_call_that_was_never_scored_has_none_and_one_without_signals_no_steps() -> None:
    assert steps_of(a_call(score=None), CAPS) is None
    told = steps_of(a_call(challenge_from=None, drop_from=None), CAPS)
    assert told is not None
    assert (told.steps, told.low, told.high) == ((), 0.0, 1.0)


def test_what_callers_alike_add_is_told_apart() -> None:
    call = a_call(Signal("a", "limits", 4.0, "r"), Signal("b", "crowd", 6.75, "r"))
    told = steps_of(call, CAPS)
    assert told is not None
    assert (told.would, told.crowd) == (10.75, 6.75)


_SIGNALS = st.builds(
    Signal,
    st.sampled_from("abc"),
    st.sampled_from(sorted(DEFAULT_GROUPS)),
    st.integers(-30_000, 30_000).map(lambda points: points / 1_000),
    st.just("r"),
    st.booleans(),
)


@given(st.lists(_SIGNALS, max_size=8), st.booleans())
def test_the_steps_always_end_at_the_recorded_sum(parts: list[Signal], known: bool) -> None:
    call = a_call(*parts)
    told = steps_of(call, CAPS if known else None)
    assert told is not None
    ends = [0.0, *(step.end for step in told.steps)]
    assert [step.start for step in told.steps] == pytest.approx(ends[:-1])
    assert ends[-1] == pytest.approx(call["would_score"], abs=0.005)
    assert told.low <= min(ends)
    assert told.high >= max(ends)
