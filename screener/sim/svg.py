"""The few shapes that a plot is drawn with, as SVG text: words, steps, lines, a scale.

Whatever text goes in comes out inert: no markup, no control character. Nothing is loaded from
anywhere, nothing runs. Which shapes make a day is left to `plot`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, isfinite, log10

from screener.core.call import inert

LONGEST_TEXT = 160

_STEPS = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True, slots=True)
class Panel:
    """A rectangle of the drawing with `top` as its largest value; values grow upwards from 0.

    `x`, `y`, `width`, `height` are in the units of the drawing, `spans` how many columns of
    values stand side by side in it.
    """

    x: float
    y: float
    width: float
    height: float
    spans: float
    top: float

    def across(self, column: float) -> float:
        """Return where a column begins."""
        return self.x + self.width * column / self.spans

    def up(self, value: float) -> float:
        """Return where a value stands; what is larger than the panel's top stands there."""
        share = min(max(value, 0.0) / self.top, 1.0)
        return self.y + self.height * (1.0 - share)


def label(text: str, x: float, y: float, kind: str = "", anchor: str = "start") -> str:
    """Return a text at a place, of a class of the drawing's style."""
    shown = escape(inert(text, LONGEST_TEXT))
    return f'<text x="{_n(x)}" y="{_n(y)}" class="{kind}" text-anchor="{anchor}">{shown}</text>'


def box(x: float, y: float, width: float, height: float, kind: str) -> str:
    """Return a filled rectangle."""
    return (
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" class="{kind}"/>'
    )


def rule(x: float, y: float, x_end: float, y_end: float, kind: str) -> str:
    """Return a straight line."""
    return f'<line x1="{_n(x)}" y1="{_n(y)}" x2="{_n(x_end)}" y2="{_n(y_end)}" class="{kind}"/>'


def steps(panel: Panel, low: Sequence[float], high: Sequence[float], kind: str) -> str:
    """Return the area between two rows of values, a step a column; nothing where it is empty."""
    parts = []
    for first, last in _runs([up > down for down, up in zip(low, high, strict=True)]):
        there = [f"M{_n(panel.across(first))} {_n(panel.up(low[first]))}"]
        back: list[str] = []
        for column in range(first, last):
            there.append(f"V{_n(panel.up(high[column]))}H{_n(panel.across(column + 1))}")
            back.append(f"V{_n(panel.up(low[column]))}H{_n(panel.across(column))}")
        parts.append("".join((*there, *reversed(back), "Z")))
    return f'<path class="{kind}" d="{"".join(parts)}"/>' if parts else ""


def line(panel: Panel, values: Sequence[float | None], kind: str) -> str:
    """Return a line through the middle of each column, with a gap where there is no value."""
    parts = []
    for first, last in _runs([value is not None for value in values]):
        points = [
            f"{_n(panel.across(column + 0.5))} {_n(panel.up(values[column] or 0.0))}"
            for column in range(first, last)
        ]
        if len(points) == 1:  # a single value would draw nothing
            points.append(f"{_n(panel.across(last))} {points[0].split()[1]}")
        parts.append("M" + "L".join(points))
    return f'<path class="{kind}" d="{"".join(parts)}"/>' if parts else ""


def round_top(largest: float) -> float:
    """Return a round number that is no smaller, for the top of a scale; 1 where there is none."""
    if not isfinite(largest) or largest <= 1.0:
        return 1.0
    power = 10.0 ** floor(log10(largest))
    return next(step * power for step in _STEPS if step * power >= largest)


def _runs(wanted: Sequence[bool]) -> list[tuple[int, int]]:
    """Return where each row of columns that are wanted begins, and where it is over."""
    found, begun = [], -1
    for column, one in enumerate((*wanted, False)):
        if one and begun < 0:
            begun = column
        elif not one and begun >= 0:
            found.append((begun, column))
            begun = -1
    return found


def columns_of(minutes: int, most: int) -> int:
    """Return how many minutes go into one column so that there are at most `most` columns."""
    return max(ceil(minutes / most), 1)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
