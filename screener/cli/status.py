"""`screener status` for people: what the agent tells of itself, as a table of 80 columns.

What is within a part stands on lines of its own below it. Asking the agent is left to `running`.
"""

import io
from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.table import Table

from screener.desk.cells import shown
from screener.desk.moments import utc

WIDTH = 80
"""Columns, so that it reads the same on a terminal and in a file."""

MOST_TOLD = 5
"""Of a list, such as missing sounds; `-o json` tells the rest."""

_NAMES = {
    "keys": "entries remembered",
    "reviews": "reviews in force",
    "unread": "reviews unread",
    "up_since": "running since",
    "latency_ms": "verdict within, ms",
    "sharing": "shared with other edges",
    "namesakes": "another agent has its name",
    "sharing.reviews": "reviews exchanged",
    "answers_ms": "store answers within, ms",
    "waiting_to_tell": "still to be told",
    "alone_calls": "calls decided alone",
    "outcomes_elsewhere": "outcomes learned for others",
    "clock_ahead_s": "ahead of the store's clock, s",
    "usual_calls": "usual calls a quarter-hour",
    "ari": "captchas over ARI",
    "most": "most at once",
    "incident": "attack",
    "since_start": "attacks since the start",
    "began": "since",
    "excess_per_s": "unwanted calls a second",
    "done": "done about it",
}
"""What people call that which programs know by another name."""

_UNTOLD: tuple[object, ...] = (0, "", [])
"""What a part with a state of its own does not tell: no trouble, no reason."""

_FIGURES = {"asking", "usual_calls", "waiting", "logged_in", "ready", "longest_wait", "since_start"}
"""Of such a part, what is told at 0 too."""


def status_text(told: Mapping[str, object]) -> str:
    """Return the table of what `status` tells."""
    table = Table(show_header=False, title="The running agent", title_justify="left", box=None)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in told.items():
        for label, text in _rows(name, value):
            table.add_row(label, shown(text))
    drawn = io.StringIO()
    Console(file=drawn, markup=False, emoji=False, highlight=False, width=WIDTH).print(table)
    return "".join(f"{line.rstrip()}\n" for line in drawn.getvalue().splitlines())


def _rows(name: str, value: object) -> Iterator[tuple[str, str]]:
    if not isinstance(value, Mapping):
        yield _label(name), _in_words(name, value)
        return
    parts = dict(value)
    state = str(parts.pop("state", "") or parts.pop("level", ""))
    if not state:
        told = (f"{_label(key)} {_in_words(key, part)}" for key, part in parts.items())
        yield _label(name), ", ".join(told) or "none"
        return
    yield _label(name), state
    if state != "off":
        for key, part in parts.items():
            if key in _FIGURES or part not in _UNTOLD:
                label = _NAMES.get(f"{name}.{key}") or _label(key)
                yield f"  {label}", _in_words(key, part)


def _label(name: str) -> str:
    return _NAMES.get(name, name.replace("_", " "))


def _in_words(name: str, value: object) -> str:
    if isinstance(value, list):
        more = f" and {len(value) - MOST_TOLD} more" if len(value) > MOST_TOLD else ""
        return ", ".join(str(one) for one in value[:MOST_TOLD]) + more
    if isinstance(value, Mapping):
        told = ((key, part) for key, part in value.items() if part != "")
        return ", ".join(f"{_label(key)} {_in_words(key, part)}" for key, part in told)
    if name in {"paused_until", "up_since", "began", "alone_since"}:
        return utc(value) if isinstance(value, float) and value else "not paused"
    if isinstance(value, bool):
        return ("no", "yes")[value]
    return "none" if value is None else str(value)
