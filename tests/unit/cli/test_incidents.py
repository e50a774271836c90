import csv
import io
import json

import pytest
from typer.testing import CliRunner

from screener.cli.incidents import COLUMNS, row
from screener.cli.main import build
from screener.desk import incidents as module

INCIDENT = {
    "id": "20261122-080012",
    "began": 1_795_334_412.0,
    "ended": None,
    "calls": 1_200,
    "unwanted": 1_100,
    "limited": 0,
    "peak_per_minute": 300,
    "verdicts": {"admit": 10, "challenge": 900, "busy": 290, "refuse": 0},
    "would": {"admit": 10, "challenge": 900, "drop": 290},
    "challenges": {"challenge_passed": 12, "challenge_failed": 800},
    "marks": [
        {"kind": "callers", "what": "new numbers", "share": 0.9, "cadence": "even"},
        {"kind": "called", "what": "+16515392200", "share": 1.0, "cadence": ""},
    ],
    "done": ["asks a captcha of new numbers: 900 calls"],
}


def shown(
    monkeypatch: pytest.MonkeyPatch, told: object, *words: str
) -> tuple[str, list[dict[str, object]]]:
    asked: list[dict[str, object]] = []

    def ask(_path: str, request: dict[str, object]) -> dict[str, object]:
        asked.append(request)
        return {"incidents": told}

    monkeypatch.setattr(module, "ask", ask)
    result = CliRunner().invoke(build(), ["incidents", *words])
    assert result.exit_code == 0, result.output
    return result.output, asked


def test_the_last_ten_are_asked_for_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    _, asked = shown(monkeypatch, [])
    assert asked == [{"op": "incidents", "last": 10}]
    _, asked = shown(monkeypatch, [], "--last", "3")
    assert asked == [{"op": "incidents", "last": 3}]


def test_a_table_has_a_line_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    text, _ = shown(monkeypatch, [INCIDENT])
    assert "Incidents: 1, newest first" in " ".join(text.split())
    assert "20261122-080012" in text
    assert "goes on" in " ".join(text.split())
    assert "No incident so far" in shown(monkeypatch, [])[0]


def test_json_is_what_the_agent_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    text, _ = shown(monkeypatch, [INCIDENT], "-o", "json")
    assert json.loads(text) == [INCIDENT]


def test_csv_has_the_same_columns_and_runs_in_no_spreadsheet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    evil = {**INCIDENT, "marks": [{"kind": "callers", "what": "=cmd", "share": 0.5}]}
    text, _ = shown(monkeypatch, [evil], "-o", "csv")
    head, line = csv.reader(io.StringIO(text))
    assert tuple(head) == COLUMNS
    assert line[COLUMNS.index("marks")].startswith("'=cmd")


def test_a_row_says_moments_counts_and_words() -> None:
    told = dict(zip(COLUMNS, row({**INCIDENT, "ended": INCIDENT["began"]}), strict=True))
    assert told["began"] == told["ended"] == "2026-11-22T08:00:12Z"
    assert (told["busy"], told["refuse"], told["passed"]) == (290, 0, 12)
    assert told["marks"] == "new numbers (90%, cadence even); called +16515392200 (100%)"


def test_an_agent_of_another_version_that_tells_less_is_shown_all_the_same() -> None:
    assert len(row({"id": "x", "marks": ["?"], "verdicts": 3})) == len(COLUMNS)
