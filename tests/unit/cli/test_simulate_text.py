"""A report as a table, JSON and CSV."""

import csv
import io
import json
from dataclasses import replace
from math import inf

from screener.cli.arguments import Form
from screener.cli.simulate_contenders import Contender, Kind
from screener.cli.simulate_figures import FIGURES, Report, column_of
from screener.cli.simulate_play import Played, Speed
from screener.cli.simulate_text import CSV_COLUMNS, MOST_DETAILED, report_text
from screener.sim.judging import Figures
from screener.sim.model import Scenario
from screener.sim.result import Bots
from tests.unit.cli.simulated import FLOOD, QUIET, SITE


def a_report(
    scenario: Scenario = FLOOD, served: float = 0.9, p80: float = inf, name: str = "policy"
) -> Report:
    figures = Figures(
        *(10, served, 0.2, 0.1, 0.1, 0.0, 0.05, 0.1, 5.0, p80, inf, 0.02),
        groups={"known": 1.0},
    )
    play = Played(1, figures, Bots(calls=200, admitted=20), Speed(50, 0.01, 0.001), 0)
    column = column_of(Contender(name, Kind.POLICY), [play])
    other = column_of(Contender("truth", Kind.TRUTH), [play])
    return Report(SITE, scenario, (1,), (column, other))


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_a_table_has_a_line_for_each_figure_that_anybody_has() -> None:
    text = report_text(Form.TABLE, [a_report()])
    assert "flood (named) at tiny, seed 1: two attacks at once" in text
    assert ["people", "served,", "%", "90.0", "90.0"] in lines(text)
    assert ["wait,", "80", "%", "under,", "s", "never", "never"] in lines(text)
    assert "served of known" in text
    assert "served of relay" not in text
    assert text.endswith("\n")


def test_seeds_are_told_as_a_span() -> None:
    report = replace(a_report(), seeds=(3, 4, 5))
    assert "seeds 3 to 5" in report_text(Form.TABLE, [report])


def test_of_many_scenarios_each_telling_figure_has_a_table_with_means() -> None:
    reports = [
        a_report(replace(FLOOD, name=f"flood-{at}"), served=at / 10, p80=60.0)
        for at in range(MOST_DETAILED + 1)
    ]
    reports.append(a_report(QUIET, served=0.7))
    text = report_text(Form.TABLE, reports)
    said = lines(text)
    assert ["named", "flood-3", "30.0", "30.0"] in said
    assert ["named", "MEAN", "15.0", "15.0"] in said
    assert ["quiet", "MEAN", "70.0", "70.0"] not in said  # of one there is no mean
    assert "decisions a second" not in text


def test_json_is_strict_and_says_never_in_words() -> None:
    told = json.loads(report_text(Form.JSON, [a_report()]), parse_constant=lambda _: None)
    (scenario,) = told["scenarios"]
    assert (scenario["scenario"], scenario["site"], scenario["seeds"]) == ("flood", "tiny", [1])
    column = scenario["columns"][0]
    assert (column["name"], column["defence"]) == ("policy", "policy")
    assert column["figures"]["served"] == 0.9
    assert column["figures"]["wait_p80"] == "never"
    assert column["figures"]["contained"] is None
    assert column["served_by_seed"] == {"1": 0.9}
    assert set(column["figures"]) == {one.key for one in FIGURES}


def test_csv_has_a_row_for_each_column_of_each_scenario() -> None:
    rows = list(csv.reader(io.StringIO(report_text(Form.CSV, [a_report(), a_report(QUIET)]))))
    assert tuple(rows[0]) == CSV_COLUMNS
    assert len(rows) == 5
    first = dict(zip(rows[0], rows[1], strict=True))
    assert (first["scenario"], first["column"], first["served"]) == ("flood", "policy", "0.9")
    assert (first["wait_p80"], first["contained"]) == ("never", "")


def test_a_name_steers_no_terminal_and_runs_in_no_spreadsheet() -> None:
    hostile = replace(FLOOD, name="=cmd()\x1b[31m", about="x\x1b]0;y\x07")
    report = a_report(hostile, name="\x1b[2J+1")
    for form in Form:
        text = report_text(form, [report] * (MOST_DETAILED + 1))
        assert "\x1b" not in text
        assert "\x07" not in text
    assert "\x1b" not in report_text(Form.TABLE, [report])
    assert "'=cmd()" in report_text(Form.CSV, [report])
