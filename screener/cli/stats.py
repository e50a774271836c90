"""`screener stats`: the figures of a span of the log in a table; they are `desk.counting`'s."""

import time
from typing import Annotated, Any

import typer

from screener.cli.arguments import Central, ConfigFile, Form, RowsForm, Since, Until
from screener.cli.printing import printed, table_text
from screener.config.load import load_config
from screener.core.outcome import Event
from screener.core.settings import SEVERITY
from screener.desk.counting import as_data, count, ordered, rounded
from screener.desk.moments import span, utc
from screener.storage.log_stats import By, Tally

GROUPS_SHOWN = 100

GROUP_COLUMNS = (
    *("calls", "admit", "challenge", "drop", "would challenge", "would drop"),
    *("passed", "failed", "silent", "gave up"),
    *("queued", "mean wait s", "answered", "abandoned", "mean talk s", "faults", "imported"),
)


def stats(
    config: ConfigFile = None,
    since: Since = "24h",
    until: Until = "",
    by: Annotated[By | None, typer.Option(help="One line for each of these, too.")] = None,
    output: RowsForm = Form.TABLE,
    *,
    central: Central = False,
) -> None:
    """Show what was decided in a span of time, what became of it, and how long it took."""
    ends = span(since, until, time.time())  # noqa: TID251 - the command's own now
    found = count(load_config(config), ends, by, central=central)
    told = as_data(found, *ends)
    groups = [(_group_name(by, name), *cells(tally)) for name, tally in ordered(found, by)]
    columns = (by.value if by else "", *GROUP_COLUMNS)
    if by and output is not Form.TABLE:
        typer.echo(printed(output, columns, groups, told, ""), nl=False)
        return
    rows = list(_rows(told))
    title = f"Calls from {utc(ends[0]) if ends[0] else 'the first'} to {_end(ends[1])}"
    typer.echo(printed(output, ("figure", "value"), rows, told, title), nl=False)
    if groups:
        title = f"By {columns[0]}"
        if len(groups) > GROUPS_SHOWN:
            title += f", the first {GROUPS_SHOWN} of {len(groups)}"
        typer.echo("\n" + table_text(columns, groups[:GROUPS_SHOWN], title), nl=False)


def cells(tally: Tally) -> tuple[object, ...]:
    """Return `GROUP_COLUMNS` of some calls."""
    of = tally.outcomes
    return (
        tally.calls,
        *(tally.verdicts[action.value] for action in SEVERITY),
        *(tally.would[action.value] for action in SEVERITY[1:]),
        of[Event.CHALLENGE_PASSED],
        of[Event.CHALLENGE_FAILED],
        of[Event.CHALLENGE_SILENT],
        of[Event.CHALLENGE_ABANDONED],
        of[Event.QUEUE_JOINED],
        rounded(tally.mean_wait_s, 1),
        of[Event.ANSWERED],
        of[Event.ABANDONED],
        rounded(tally.mean_talk_s, 1),
        tally.faults,
        tally.imported,
    )


def _rows(told: dict[str, Any]) -> list[tuple[str, object]]:
    rate, of = told["pass_rate"], told["outcomes"]
    latency = told["latency_ms"]
    return [
        ("calls", told["calls"]),
        ("of them imported, without a verdict", told["imported"]),
        ("let pass by a fault of ours", told["faults"]),
        *((f"verdict {name}", count) for name, count in told["verdicts"].items()),
        *((f"enforcing would {name}", count) for name, count in told["would"].items()),
        *((f"dropped by {name}", count) for name, count in told["treatments"].items()),
        *((name.replace("_", " "), count) for name, count in of.items()),
        ("challenges passed", "none yet" if rate is None else f"{rate:.1%}"),
        ("mean wait in the queue, seconds", told["mean_wait_s"]),
        ("four of five waited at most, seconds", told["wait_p80_s"]),
        ("mean talk, seconds", told["mean_talk_s"]),
        ("dropped calls of callers answered in this span", told["answered_callers_dropped"]),
        ("enforcing would drop of such callers", told["answered_callers_would_drop"]),
        ("verdict within, ms, p50", latency["p50"]),
        ("verdict within, ms, p99", latency["p99"]),
        *((f"reason {name}", count) for name, count in told["reasons"].items()),
    ]


def _group_name(by: By | None, name: str) -> str:
    return utc(float(name)) if by is By.HOUR and name.isdigit() else name or "-"


def _end(until: float | None) -> str:
    return utc(until) if until else "now"
