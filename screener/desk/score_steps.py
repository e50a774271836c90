"""A recorded score step by step: from 0, signal by signal and cap by cap, to its sum.

The numbers behind a waterfall; drawing it is the page's. The sum is that of all signals, the
observed ones too, as that is what enforcing everything counts.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from screener.core.score import CROWD
from screener.desk.call_in_words import Caps
from screener.desk.cells import shown

_ROUNDING = 0.005
"""Points of signals are kept with three decimals."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step from `start` to `end`; without a `group` it is what caps took away or gave."""

    name: str
    reason: str
    start: float
    end: float
    group: str = ""
    counts: bool = True

    @property
    def points(self) -> float:
        """Return what the step adds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class ScoreSteps:
    """The steps, both sums (`total` of what counted, `would` of everything), and the thresholds.

    `crowd` is what callers alike add to the sum: it can bring a challenge, and never a drop.
    """

    steps: tuple[Step, ...]
    total: float
    would: float
    challenge_from: float
    drop_from: float
    crowd: float = 0.0

    @property
    def low(self) -> float:
        """Return the least value that a drawing must show."""
        return min(0.0, self.total, *(min(step.start, step.end) for step in self.steps), self.would)

    @property
    def high(self) -> float:
        """Return the largest value that a drawing must show."""
        ends = (max(step.start, step.end) for step in self.steps)
        return max(self.challenge_from, self.drop_from, self.total, self.would, *ends, 1.0)


def steps_of(call: dict[str, Any], caps: Caps | None) -> ScoreSteps | None:
    """Return the steps, None of a call that was never scored; `caps` are those then in force.

    Where they are not known, what they did to the sum is one step at the end.
    """
    if call["score"] is None:
        return None
    steps: list[Step] = []
    at = crowd = 0.0
    ordered = sorted(call["signals"], key=_group_order(call))
    for group, parts in groupby(ordered, key=lambda part: part["group"]):
        begun = at
        for part in parts:
            end = at + part["points"]
            told = shown(part["name"]), shown(part["reason"])
            steps.append(Step(*told, at, end, shown(group), part["counts"]))
            at = end
        cap = None if caps is None else caps.get(group)
        if cap is not None:
            held = begun + min(max(at - begun, cap.low), cap.high)
            if abs(held - at) > _ROUNDING:
                why = f"the group {shown(group)} counts {cap.low:g} to {cap.high:g} in all"
                steps.append(Step(f"cap of {shown(group)}", why, at, held))
                at = held
        crowd = at - begun if group == CROWD else crowd
    would = call["would_score"] if call["would_score"] is not None else call["score"]
    if abs(would - at) > _ROUNDING:
        steps.append(Step("caps of groups", "as they were in force then", at, would))
    return ScoreSteps(
        tuple(steps),
        call["score"],
        would,
        call["challenge_from"] or 0.0,
        call["drop_from"] or 0.0,
        round(crowd, 3),
    )


def _group_order(call: dict[str, Any]) -> Any:  # noqa: ANN401 - a sort key
    groups = list(dict.fromkeys(part["group"] for part in call["signals"]))
    return lambda part: groups.index(part["group"])
