"""`screener log`, `explain` and `stats` over the central log, as an admin types them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from screener.cli.main import build
from tests.servers.postgres_server import shared_postgres
from tests.servers.shipped_edge import ShippedEdge

pytestmark = pytest.mark.e2e


@pytest.fixture
def edges(tmp_path: Path) -> Iterator[list[ShippedEdge]]:
    dsn = shared_postgres().new_database()
    first = ShippedEdge(tmp_path / "a", "edge-a", dsn)
    found = [first, ShippedEdge(tmp_path / "b", "edge-b", dsn, first.log.keys)]
    for place, edge in enumerate(found):
        edge.call(10 + place, "+16515550142", trunk=f"trunk-{place}")
        edge.call(20 + place, "+16515550143")
        edge.ship()
    yield found
    for edge in found:
        edge.close()


def told(edge: ShippedEdge, *words: str) -> str:
    command = build(["log", "explain", "stats", "reveal", "export", "audit", "allow"])
    central = [] if words[0] in {"audit", "allow"} else ["--central"]
    done = CliRunner().invoke(command, [*words, *central, "-c", str(edge.config)])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_log_shows_the_calls_of_all_edges_and_which_each_came_through(
    edges: list[ShippedEdge],
) -> None:
    calls = json.loads(told(edges[0], "log", "-o", "json"))
    assert [(call["edge"], int(call["id"], 16)) for call in calls] == [
        ("edge-b", 21),
        ("edge-a", 20),
        ("edge-b", 11),
        ("edge-a", 10),
    ]
    rows = told(edges[0], "log", "-o", "csv").splitlines()
    assert rows[0].startswith("at,id,edge,verdict")
    assert [row.split(",")[2] for row in rows[1:]] == ["edge-b", "edge-a"] * 2
    assert "6515550142" not in str(calls)


def test_filters_and_pages_are_the_same(edges: list[ShippedEdge]) -> None:
    def ids(*words: str) -> list[int]:
        found = json.loads(told(edges[1], "log", "-o", "json", *words))
        return [int(call["id"], 16) for call in found]

    assert ids("--number", "(651) 555-0142") == [11, 10]
    assert ids("--edge", "edge-a") == [20, 10]
    assert ids("--trunk", "trunk-1") == [11]
    assert ids("--since", "2h", "--limit", "1") == [21]
    first = json.loads(told(edges[0], "log", "-o", "json", "--limit", "3"))
    assert ids("--before", str(first[-1]["seq"])) == [10]


def test_a_call_of_another_edge_is_explained(edges: list[ShippedEdge]) -> None:
    text = told(edges[0], "explain", f"{11:016x}")
    assert text.startswith(f"Call {11:016x} came on ")
    assert "by the trunk trunk-1" in text
    assert json.loads(told(edges[0], "log", f"{11:016x}"))["edge"] == "edge-b"


def test_figures_are_of_all_edges_and_of_each(edges: list[ShippedEdge]) -> None:
    found = json.loads(told(edges[0], "stats", "-o", "json", "--by", "edge"))
    assert found["calls"] == 4
    assert {name: one["calls"] for name, one in found["groups"].items()} == {
        "edge-a": 2,
        "edge-b": 2,
    }


@pytest.mark.parametrize(
    "words", [["--central", "--follow", "--until", "1h"], ["--edge", "edge-a"]]
)
def test_what_does_not_go_together_is_refused(edges: list[ShippedEdge], words: list[str]) -> None:
    command = build(["log", "stats"])
    done = CliRunner().invoke(command, ["log", *words, "-c", str(edges[0].config)])
    assert done.exit_code == 2
    assert "goes with" in done.output


def test_all_that_is_kept_of_a_number_at_any_edge_is_exported_and_revealed_once_audited(
    edges: list[ShippedEdge],
) -> None:
    edges[1].call(30, "+16515550142", presentation="prohib")
    edges[1].call(31, "+16515550142;ext=7")
    edges[1].ship()
    reason = ("--reason", "ticket 7")
    calls = json.loads(told(edges[0], "export", "(651) 555-0142", *reason))
    assert [(call["edge"], int(call["id"], 16), call["number"]) for call in calls] == [
        ("edge-b", 31, "+16515550142;ext=7"),
        ("edge-b", 30, None),
        ("edge-b", 11, "+16515550142"),
        ("edge-a", 10, "+16515550142"),
    ]
    rows = told(edges[0], "export", "(651) 555-0142", *reason, "-o", "csv").splitlines()
    assert rows[0].startswith("number,edge,id,at")
    assert len(rows) == 5
    assert told(edges[0], "reveal", f"{21:016x}", *reason) == "+16515550143\n"
    deeds = json.loads(told(edges[0], "audit", "-o", "json"))
    assert [(deed["what"], deed["reason"]) for deed in deeds] == [
        ("export", "ticket 7"),
        ("export", "ticket 7"),
        ("reveal", "ticket 7"),
    ]
    assert deeds[2]["target"] == f"{21:016x}"
    assert "5550142" not in str(deeds)


def test_the_caller_of_another_edges_call_is_allowed_by_its_id(edges: list[ShippedEdge]) -> None:
    assert "allow +1••••••••43" in told(edges[0], "allow", f"{21:016x}", "--reason", "ticket 7")
