"""`screener stats`: the figures of a span of the log; counting them is `storage.log_stats`'s."""

import time
from typing import Annotated, Any

import typer

from screener.cli.arguments import ConfigFile, Form, RowsForm, Since, Until
from screener.cli.printing import printed, table_text
from screener.config.load import load_config
from screener.core.outcome import Event
from screener.core.settings import SEVERITY, Treatment
from screener.desk.log_reading import reading
from screener.desk.moments import span, utc
from screener.storage.log_stats import By, Stats, Tally
from screener.storage.log_stats import stats as stats_of

TOP_REASONS = 10
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
) -> None:
    """Show what was decided in a span of time, what became of it, and how long it took."""
    ends = span(since, until, time.time())  # noqa: TID251 - the command's own now
    with reading(load_config(config)) as connection:
        found = stats_of(connection, *ends, by)
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


def as_data(found: Stats, since: float | None, until: float | None) -> dict[str, Any]:
    """Return the figures under the names that JSON has."""
    return {
        "since": since,
        "until": until,
        **tally_data(found.total),
        "wait_p80_s": found.wait_p80_s,
        "latency_ms": found.latency_ms,
        "reasons": dict(found.reasons.most_common(TOP_REASONS)),
        "answered_callers_dropped": found.refused,
        "answered_callers_would_drop": found.would_refuse,
        "groups": {name: tally_data(tally) for name, tally in found.groups.items()},
    }


def tally_data(tally: Tally) -> dict[str, Any]:
    """Return what is counted of some calls as plain data."""
    return {
        "calls": tally.calls,
        "imported": tally.imported,
        "faults": tally.faults,
        "verdicts": {action.value: tally.verdicts[action.value] for action in SEVERITY},
        "would": {action.value: tally.would[action.value] for action in SEVERITY},
        "treatments": {one.value: tally.treatments[one.value] for one in Treatment},
        "outcomes": {event.value: tally.outcomes[event.value] for event in Event},
        "pass_rate": _rounded(tally.pass_rate, 4),
        "mean_wait_s": _rounded(tally.mean_wait_s, 1),
        "mean_talk_s": _rounded(tally.mean_talk_s, 1),
    }


def ordered(found: Stats, by: By | None) -> list[tuple[str, Tally]]:
    """Return the groups: hours in their order, others by how many calls they have."""
    groups = list(found.groups.items())
    if by is By.HOUR:
        return sorted(groups, key=lambda one: (not one[0].isdigit(), one[0].zfill(12)))
    return sorted(groups, key=lambda one: (-one[1].calls, one[0]))


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
        _rounded(tally.mean_wait_s, 1),
        of[Event.ANSWERED],
        of[Event.ABANDONED],
        _rounded(tally.mean_talk_s, 1),
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


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
