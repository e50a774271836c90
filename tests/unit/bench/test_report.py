"""What a run of benchmarks found."""

import json

from tests.bench.catalogue import BENCHMARKS, IN_SPEED, SPEED, chosen, overview
from tests.bench.report import Report


def test_an_aim_is_met_at_its_bound_and_missed_beyond_it() -> None:
    report = Report()
    report.at_most("cost", 2.0, 2.0)
    report.at_most("cost", 2.1, 2.0)
    report.at_least("speed", 4.0, 4.0)
    report.at_least("speed", 3.9, 4.0)
    assert [aim.met for aim in report.aims] == [True, False, True, False]
    assert [row[-1] for row in report.rows_of_aims()] == ["met", "MISSED", "met", "MISSED"]


def test_a_row_of_an_aim_shows_figure_bound_and_unit() -> None:
    report = Report()
    report.at_least("decisions", 13_790.4, 50_000, "/s")
    assert report.rows_of_aims() == [("decisions", "13,790 /s", ">= 50,000 /s", "MISSED")]


def test_tables_and_aims_are_plain_values() -> None:
    report = Report()
    report.table("title", ("who", "us"), [("agent", 1.5)])
    report.at_most("cost", 1.5, 2.0)
    assert json.loads(json.dumps(report.as_json())) == {
        "tables": [{"title": "title", "columns": ["who", "us"], "rows": [["agent", 1.5]]}],
        "aims": [
            {
                "name": "cost",
                "found": 1.5,
                "bound": 2.0,
                "at_most": True,
                "unit": "x",
                "met": True,
            }
        ],
    }


def test_without_a_name_all_run_and_a_group_is_spelled_out_once() -> None:
    assert chosen([]) == list(BENCHMARKS)
    assert chosen(["memory", SPEED, "core"]) == ["memory", *IN_SPEED]


def test_the_help_names_every_benchmark() -> None:
    text = overview()
    assert all(f"  {name} " in text for name in BENCHMARKS)


def test_what_was_not_measured_is_not_met_and_says_so() -> None:
    report = Report()
    report.at_most("share", None, 0.2)
    assert report.rows_of_aims() == [("share", "not measured", "<= 0.2 x", "MISSED")]
    assert report.as_json()["aims"] == [
        {"name": "share", "found": None, "bound": 0.2, "at_most": True, "unit": "x", "met": False}
    ]
