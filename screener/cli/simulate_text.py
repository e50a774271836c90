"""What was simulated, as tables for people, JSON for programs and CSV for spreadsheets."""

import json
from collections.abc import Iterable, Sequence
from math import isfinite

from screener.cli.arguments import Form
from screener.cli.printing import table_text
from screener.cli.simulate_figures import FIGURES, OVERVIEW, Column, Figure, Report, Value
from screener.desk.cells import csv_text, shown

MOST_DETAILED = 3
"""Of more scenarios than this a table shows one figure of all, and not all figures of one."""

DIGITS = 6

OPENING = (
    "Judged are people whose first call falls into the attack (or the usual hours). Waits are of "
    "everybody: who was never served has waited for ever."
)


def report_text(form: Form, reports: Sequence[Report]) -> str:
    """Return the whole report in the form that was asked for."""
    match form:
        case Form.JSON:
            told = {"scenarios": [told_of(report) for report in reports]}
            return json.dumps(told, indent=2, allow_nan=False) + "\n"
        case Form.CSV:
            return csv_text([CSV_COLUMNS, *_csv_rows(reports)])
        case Form.TABLE:
            tables = _overviews(reports) if len(reports) > MOST_DETAILED else _details(reports)
            return "\n".join((OPENING + "\n", *tables))


def told_of(report: Report) -> dict[str, object]:
    """Return a report as JSON-safe data: shares 0 to 1, seconds; `never` is an endless wait."""
    return {
        "scenario": report.scenario.name,
        "about": report.scenario.about,
        "split": report.scenario.split,
        "site": report.site.name,
        "seeds": list(report.seeds),
        "columns": [
            {
                "name": column.contender.name,
                "defence": column.contender.kind.value,
                "figures": {one.key: _plain(one.of(column)) for one in FIGURES},
                "served_by_seed": {
                    str(play.seed): _plain(play.figures.served) for play in column.plays
                },
            }
            for column in report.columns
        ],
    }


CSV_COLUMNS = (
    *("scenario", "split", "site", "column", "defence", "seeds"),
    *(figure.key for figure in FIGURES),
)


def _csv_rows(reports: Sequence[Report]) -> Iterable[Sequence[object]]:
    for report in reports:
        for column in report.columns:
            yield (
                report.scenario.name,
                report.scenario.split,
                report.site.name,
                column.contender.name,
                column.contender.kind.value,
                " ".join(map(str, report.seeds)),
                *(_plain(figure.of(column)) for figure in FIGURES),
            )


def _details(reports: Sequence[Report]) -> Iterable[str]:
    """Yield a table for each scenario: a figure a line, a column for each contender."""
    for report in reports:
        names = [shown(column.contender.name) for column in report.columns]
        lines = [(figure, _across(figure, report.columns)) for figure in FIGURES]
        rows = [
            (figure.title, *map(figure.written, values))
            for figure, values in lines
            if any(value is not None for value in values)
        ]
        yield f"{_heading(report)}\n" + table_text(("", *names), rows)


def _overviews(reports: Sequence[Report]) -> Iterable[str]:
    """Yield a table for each of the most telling figures: a scenario a line, means last."""
    names = [shown(column.contender.name) for column in reports[0].columns]
    seeds = _seeds(reports[0].seeds)
    for figure in FIGURES:
        if figure.key not in OVERVIEW:
            continue
        rows: list[Sequence[object]] = [
            (
                report.scenario.split,
                report.scenario.name,
                *(figure.written(value) for value in _across(figure, report.columns)),
            )
            for report in reports
        ]
        yield table_text(
            ("set", "scenario", *names),
            [*rows, *_means(figure, reports)],
            f"{figure.title}; {seeds}",
        )


def _means(figure: Figure, reports: Sequence[Report]) -> Iterable[Sequence[object]]:
    for split in dict.fromkeys(report.scenario.split for report in reports):
        held = [report for report in reports if report.scenario.split == split]
        if len(held) > 1:
            columns = zip(*(_across(figure, report.columns) for report in held), strict=True)
            yield (split, "MEAN", *(figure.written(_mean(values)) for values in columns))


def _mean(values: Sequence[Value]) -> Value:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _across(figure: Figure, columns: Sequence[Column]) -> list[Value]:
    return [figure.of(column) for column in columns]


def _heading(report: Report) -> str:
    scenario = report.scenario
    return shown(
        f"{scenario.name} ({scenario.split}) at {report.site.name}, {_seeds(report.seeds)}: "
        f"{scenario.about}"
    )


def _seeds(seeds: Sequence[int]) -> str:
    if len(seeds) == 1:
        return f"seed {seeds[0]}"
    return f"seeds {seeds[0]} to {seeds[-1]}"


def _plain(value: Value) -> float | str | None:
    if value is None:
        return None
    return round(value, DIGITS) if isfinite(value) else "never"
