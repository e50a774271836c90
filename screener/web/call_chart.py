"""The waterfall of a score: where each step's bar begins and ends in a drawing of its own width.

Each bar is an SVG in its row of the table that holds the same numbers, so a narrow window cuts
nothing off, and nobody needs the drawing. The steps are `desk.score_steps`'s.
"""

from dataclasses import dataclass

from screener.desk.score_steps import ScoreSteps, Step

WIDTH = 1_000.0
_MARGIN = 0.03
_LEAST = 4.0

_Texts = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: its texts, its bar from `x` on and so `wide`, of a class of the style."""

    name: str
    group: str
    reason: str
    points: str
    sum: str
    x: float
    wide: float
    kind: str
    counts: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """All rows, and where 0 and the two thresholds stand."""

    bars: tuple[Bar, ...]
    zero: float
    challenge: float
    drop: float
    challenge_from: str
    drop_from: str


def chart_of(steps: ScoreSteps) -> Chart:
    """Return the waterfall of a score, its sums as the last rows."""
    low, high = steps.low, steps.high
    margin = (high - low) * _MARGIN
    low, high = low - margin, high + margin

    def across(value: float) -> float:
        return round((value - low) / (high - low) * WIDTH, 1)

    def bar(start: float, end: float, kind: str, texts: _Texts, *, counts: bool) -> Bar:
        wide = max(abs(across(end) - across(start)), _LEAST)
        return Bar(*texts, across(min(start, end)), round(wide, 1), kind, counts)

    bars = [
        bar(step.start, step.end, _kind(step), _texts(step), counts=step.counts)
        for step in steps.steps
    ]
    sums = {} if steps.total == steps.would else {"Score of what counted": steps.total}
    sums["Score of everything"] = steps.would
    if steps.crowd > 0.0:
        sums["Without its crowd: what a drop goes by"] = steps.would - steps.crowd
    bars += [
        bar(0.0, value, "sum", (name, "", "", "", f"{value:.2f}"), counts=True)
        for name, value in sums.items()
    ]
    return Chart(
        tuple(bars),
        across(0.0),
        across(steps.challenge_from),
        across(steps.drop_from),
        f"{steps.challenge_from:g}",
        f"{steps.drop_from:g}",
    )


def _texts(step: Step) -> _Texts:
    return step.name, step.group, step.reason, f"{step.points:+.2f}", f"{step.end:.2f}"


def _kind(step: Step) -> str:
    if not step.group:
        return "cap"
    return "against" if step.points > 0.0 else "for"
