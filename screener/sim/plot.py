"""The day of one run as a picture (SVG text): calls by verdict, waits, what was in use.

People and bots have a panel and a scale of their own, since an attack may be a hundred times as
large. It reads on light and dark ground and in print. The shapes are `svg`'s.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate
from math import ceil, inf, isinf

from screener.sim import svg
from screener.sim.result import Minute, Run
from screener.sim.svg import Panel

WIDTH, LEFT, RIGHT = 960, 64, 28
HEADER, GAP = 70, 44
PANELS = (
    ("Calls of people, a minute", 120),
    ("Calls of the attack, a minute", 120),
    ("Wait that four of five people stayed under, s; red: never served", 80),
    ("Callers waiting for an operator", 80),
    ("In use, %", 80),
)
MOST_COLUMNS = 480
WAIT_MINUTES = 5
"""Minutes before and with a column whose waits are put together: one minute has too few."""

MARKS_EVERY = (0.25, 0.5, 1.0, 2.0, 4.0, 6.0)
"""Hours between two marks of the time: the shortest with no more than `MOST_MARKS` of them."""
MOST_MARKS = 13

VERDICTS = ("admit", "challenge", "busy", "refuse", "trunk-full")
WORDS = ("let in", "challenged", "told busy", "refused", "found the trunk full")

STYLE = """
text{font:12px system-ui,sans-serif;fill:#222}
.title{font-size:16px;font-weight:600}.faint{fill:#666}
.paper{fill:#fff}.judged{fill:#000;fill-opacity:.05}
.grid{stroke:#000;stroke-opacity:.15}.axis{stroke:#666}
.admit{fill:#009e73}.challenge{fill:#e69f00}.busy{fill:#56b4e9}.refuse{fill:#d55e00}
.trunk-full{fill:#8c8c8c}.never{fill:#d00000}
.wait,.queue,.operators,.channels{fill:none;stroke-width:1.5}
.wait{stroke:#0072b2}.queue{stroke:#8a5a9e}.operators{stroke:#0072b2}.channels{stroke:#d55e00}
@media (prefers-color-scheme:dark){
text{fill:#e6e6e6}.faint{fill:#a0a0a0}.paper{fill:#16181c}
.judged{fill:#fff;fill-opacity:.07}.grid{stroke:#fff;stroke-opacity:.18}.axis{stroke:#a0a0a0}
.wait,.operators{stroke:#5ab0e8}.queue{stroke:#c79bdb}.channels{stroke:#ff8a3d}.never{fill:#ff5050}
}"""


def day_plot(run: Run, *, channels: int, starts: float = 0.0) -> str:
    """Return the picture; `channels` is the trunk's size, `starts` hours after midnight."""
    height = HEADER + sum(tall + GAP for _, tall in PANELS) + 12
    step = svg.columns_of(len(run.minutes), MOST_COLUMNS)
    columns = [run.minutes[at : at + step] for at in range(0, len(run.minutes), step)]
    drawn = _Day(run, columns or [[Minute()]], step, channels, starts)
    about = f"{run.scenario}: {run.defence}"
    return "\n".join(
        (
            _opening(height),
            f"<style>{STYLE}</style>",
            svg.box(0, 0, WIDTH, height, "paper"),
            svg.label(about, LEFT, 26, "title"),
            svg.label(_summary(run), LEFT, 44, "faint"),
            *_legend(),
            *drawn.panels(),
            "</svg>\n",
        )
    )


def _opening(height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img">'
    )


def _summary(run: Run) -> str:
    lost = sum(journey.served_at is None for journey in run.journeys)
    return (
        f"{len(run.journeys):,} people, {lost:,} of them never served; {run.bots.calls:,} calls "
        f"of the attack, {run.bots.served:,} of them served; seed {run.seed}; "
        "grey ground: the time judged"
    )


def _legend() -> list[str]:
    drawn, x = [], float(LEFT)
    for kind, word in zip(VERDICTS, WORDS, strict=True):
        drawn += [svg.box(x, 56, 10, 10, kind), svg.label(word, x + 15, 65)]
        x += 34 + 6.5 * len(word)
    return drawn


class _Day:
    """The panels of one run, each column of them some minutes."""

    def __init__(
        self,
        run: Run,
        columns: Sequence[Sequence[Minute]],
        step: int,
        channels: int,
        starts: float,
    ) -> None:
        self._run, self._columns, self._step = run, columns, step
        self._channels, self._starts = max(channels, 1), starts

    def panels(self) -> list[str]:
        """Return all of them, one below the other."""
        drawn, y = [], float(HEADER)
        for (title, tall), content in zip(PANELS, self._contents(), strict=True):
            top, draw = content
            y += GAP
            width = WIDTH - LEFT - RIGHT
            panel = Panel(LEFT, y - 12, width, tall, len(self._columns), top)
            drawn += [*self._frame(panel, title), *draw(panel)]
            y += tall
        return drawn

    def _contents(self) -> list[tuple[float, Callable[[Panel], list[str]]]]:
        people = [self._stack([one.people for one in column]) for column in self._columns]
        bots = [self._stack([one.bots for one in column]) for column in self._columns]
        waits = [self._wait(at) for at in range(len(self._columns))]
        longest = max((wait for wait in waits if wait is not None and not isinf(wait)), default=1.0)
        waiting = [max(one.waiting for one in column) for column in self._columns]
        return [
            (svg.round_top(max(one[-1] for one in people)), lambda at: _stacked(at, people)),
            (svg.round_top(max(one[-1] for one in bots)), lambda at: _stacked(at, bots)),
            (svg.round_top(longest), lambda at: _waits(at, waits)),
            (svg.round_top(max(waiting)), lambda at: [svg.line(at, waiting, "queue")]),
            (100.0, self._in_use),
        ]

    def _stack(self, minutes: Sequence[dict[str, int]]) -> list[float]:
        """Return a column's calls a minute as heights, the verdicts on top of one another."""
        counts = (sum(one.get(kind, 0) for one in minutes) for kind in VERDICTS)
        return [0.0, *accumulate(count / len(minutes) for count in counts)]

    def _wait(self, column: int) -> float | None:
        """Return the 80th percentile of the waits about a column, the never-served as infinite."""
        back = max(column - ceil(WAIT_MINUTES / self._step) + 1, 0)
        minutes = [one for held in self._columns[back : column + 1] for one in held]
        waits = sorted(wait for one in minutes for wait in one.waits)
        waits += [inf] * sum(one.missed for one in minutes)
        return waits[ceil(0.8 * len(waits)) - 1] if waits else None

    def _in_use(self, panel: Panel) -> list[str]:
        drawn = []
        shares = (
            ("operators", max(self._run.operators, 1), lambda one: one.operators_busy),
            ("channels", self._channels, lambda one: one.channels),
        )
        x = panel.x + panel.width
        for name, total, taken in shares:
            values = [
                100.0 * sum(map(taken, column)) / len(column) / total for column in self._columns
            ]
            drawn.append(svg.line(panel, values, name))
            drawn.append(svg.label(f"{name} ({total})", x - 15, panel.y - 6, "faint", "end"))
            drawn.append(svg.rule(x - 11, panel.y - 10, x, panel.y - 10, name))
            x -= 150
        return drawn

    def _frame(self, panel: Panel, title: str) -> list[str]:
        """Return what every panel has: its title, its scale, the time, the time that is judged."""
        minutes = 60.0 * self._step
        begins, ends = (min(max(at / minutes, 0.0), panel.spans) for at in self._run.judged)
        x, bottom, right = panel.x, panel.y + panel.height, panel.x + panel.width
        left_edge, right_edge = panel.across(begins), panel.across(ends)
        drawn = [
            svg.box(left_edge, panel.y, right_edge - left_edge, panel.height, "judged"),
            svg.label(title, x, panel.y - 6),
        ]
        for value in (0.0, panel.top / 2, panel.top):
            y = panel.up(value)
            drawn.append(svg.rule(x, y, right, y, "grid" if value else "axis"))
            drawn.append(svg.label(f"{value:g}", x - 6, y + 4, "faint", "end"))
        hours = panel.spans * minutes / 3600.0
        every = next((one for one in MARKS_EVERY if hours / one <= MOST_MARKS), MARKS_EVERY[-1])
        first = ceil(self._starts / every)
        for mark in range(first, int((self._starts + hours) / every) + 1):
            at = panel.across((mark * every - self._starts) * 3600.0 / minutes)
            drawn.append(svg.rule(at, bottom, at, bottom + 3, "axis"))
            drawn.append(svg.label(_clock(mark * every), at, bottom + 14, "faint", "middle"))
        return drawn


def _stacked(panel: Panel, heights: Sequence[Sequence[float]]) -> list[str]:
    rows = list(zip(*heights, strict=True))
    return [
        svg.steps(panel, rows[place], rows[place + 1], kind) for place, kind in enumerate(VERDICTS)
    ]


def _waits(panel: Panel, waits: Sequence[float | None]) -> list[str]:
    never = [panel.top if wait is not None and isinf(wait) else 0.0 for wait in waits]
    shown = [None if wait is None or isinf(wait) else wait for wait in waits]
    low = [panel.top * 0.93] * len(never)
    return [svg.line(panel, shown, "wait"), svg.steps(panel, low, never, "never")]


def _clock(hours: float) -> str:
    minutes = round(hours * 60) % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
