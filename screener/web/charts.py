"""The charts of the live page as SVG: ten minutes, drawn on the server, stretched by the browser.

Only shapes are drawn, since words would be stretched with them: scale, legend and times stand
around the picture, in the template. Each has a title, and its figures in a sentence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from markupsafe import Markup

from screener.core.incident import Ruled
from screener.core.settings import Action
from screener.sim import svg
from screener.sim.svg import Panel
from screener.web.hub_seconds import Column

COLUMN_S = 5
"""Seconds of a column: a chart changes that often."""

WIDTH, HEIGHT = 600.0, 120.0

RULED_WORDS = {
    Ruled.ADMIT: "admitted",
    Ruled.CHALLENGE: "challenged",
    Ruled.BUSY: "dropped: busy",
    Ruled.REFUSE: "dropped: refused",
}
WOULD_WORDS = {
    Action.ADMIT: "admitted",
    Action.CHALLENGE: "would be challenged",
    Action.DROP: "would be dropped",
}


@dataclass(frozen=True, slots=True)
class Key:
    """What a colour of a chart stands for."""

    kind: str
    word: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture and the words around it: `top` is the largest value of its scale."""

    name: str
    title: str
    said: str
    top: str
    keys: tuple[Key, ...]
    picture: Markup


def class_of(kind: Ruled | Action) -> str:
    """Return the class of the style that shows it."""
    return "drop" if kind is Ruled.REFUSE else str(kind)


def calls_chart(columns: Sequence[Column], *, observing: bool) -> Chart:
    """Return the calls a second by verdict; where all are let in, by what enforcing would do."""
    words: Mapping[Ruled, str] | Mapping[Action, str] = WOULD_WORDS if observing else RULED_WORDS
    heights = [[0.0, *accumulate(column.per_s(kind) for kind in words)] for column in columns] or [
        [0.0] * (len(words) + 1)
    ]
    totals = [row[-1] for row in heights]
    panel = _panel(columns, max(totals))
    rows = list(zip(*heights, strict=True))
    kinds = [class_of(kind) for kind in words]
    shapes = [
        svg.steps(panel, rows[place], rows[place + 1], kind) for place, kind in enumerate(kinds)
    ]
    title = "Calls a second"
    if observing:
        title += ", by what enforcing would do with them"
    said = f"Most: {max(totals):.1f}; last: {totals[-1]:.1f}."
    keys = tuple(Key(kind, word) for kind, word in zip(kinds, words.values(), strict=True))
    body = _body(panel, shapes, [column.calls is None for column in columns])
    return Chart("calls", title, said, f"{panel.top:g}", keys, _picture("calls", title, said, body))


def gauge_chart(
    name: str,
    title: str,
    columns: Sequence[Column],
    values: Sequence[float | None],
    *,
    marks: Sequence[float] = (),
    top: float | None = None,
) -> Chart:
    """Return one figure over time as a line; `marks` are values with a rule of their own."""
    known = [value for value in values if value is not None]
    panel = _panel(columns, top or max(known, default=0.0))
    shapes = [svg.rule(0.0, y, WIDTH, y, "mark") for y in map(panel.up, marks)]
    shapes.append(svg.line(panel, values, "line"))
    said = f"Most: {max(known):.4g}; last: {known[-1]:.4g}." if known else "Not known."
    body = _body(panel, shapes, [value is None for value in values])
    return Chart(name, title, said, f"{panel.top:g}", (), _picture(name, title, said, body))


def _panel(columns: Sequence[Column], largest: float) -> Panel:
    top = largest if largest == 1.0 else svg.round_top(largest)
    return Panel(0.0, 0.0, WIDTH, HEIGHT, max(len(columns), 1), top)


def _body(panel: Panel, shapes: Sequence[str], unknown: Sequence[bool]) -> str:
    blank = [panel.top if one else 0.0 for one in unknown]
    grid = [svg.rule(0.0, y, WIDTH, y, "axis") for y in (0.0, HEIGHT / 2, HEIGHT)]
    return "".join((svg.steps(panel, [0.0] * len(blank), blank, "unknown"), *grid, *shapes))


def _picture(name: str, title: str, said: str, body: str) -> Markup:
    return Markup(
        '<svg class="chart plot" viewBox="0 0 {w} {h}" preserveAspectRatio="none" role="img" '
        'aria-labelledby="t-{name} d-{name}"><title id="t-{name}">{title}, the last ten minutes'
        '</title><desc id="d-{name}">{said}</desc>{body}</svg>'
    ).format(
        w=f"{WIDTH:g}",
        h=f"{HEIGHT:g}",
        name=name,
        title=title,
        said=said,
        body=Markup(body),  # noqa: S704 - made of numbers and of words of ours alone
    )
