from pathlib import Path
from typing import Any

import pytest

from screener.adapters.control_client import ask
from screener.storage.incident_book import INCIDENT_FILE, IncidentBook
from screener.web.api.pages import PAGES
from screener.web.api.site import Status
from tests.unit.agents import an_agent
from tests.unit.web.api.sites import FIRST, PARTNER, calls_served
from tests.unit.web.served import served

KEPT: dict[str, Any] = {
    "id": "20270115T080000Z",
    "began": 1_799_999_000.0,
    "ended": None,
    "calls": 90,
    "unwanted": 80,
    "limited": 0,
    "peak_per_minute": 60,
    "verdicts": {"admit": 90, "challenge": 0, "busy": 0, "refuse": 0},
    "would": {"admit": 10, "challenge": 80, "drop": 0},
    "challenges": {"challenge_passed": 0},
    "marks": [{"kind": "callers", "what": "new", "share": 0.9, "cadence": "even"}],
    "done": ["observed only"],
    "seen": 1_799_999_500.0,
}


async def test_without_an_agent_it_is_said(tmp_path: Path) -> None:
    async with calls_served(tmp_path, PAGES) as at:
        status = await at.viewer.get("/api/v1/status")
        incidents = (await at.viewer.get("/api/v1/incidents")).json()
    assert status.status == 503
    assert "the agent is not running" in status.json()["error"]
    assert incidents["incidents"] == []
    assert "the agent is not running" in incidents["away"]


async def test_incidents_of_earlier_runs_are_told_without_an_agent(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    book = IncidentBook(tmp_path / "state" / INCIDENT_FILE)
    book.keep(KEPT)
    book.keep({"id": "of another version", "began": 1_900_000_000.0})
    async with calls_served(tmp_path, PAGES) as at:
        found = (await at.viewer.get("/api/v1/incidents")).json()["incidents"]
    assert len(found) == 1
    told = found[0]
    assert (told["id"], told["ended"], told["cut"]) == (KEPT["id"], KEPT["seen"], True)
    assert told["marks"] == KEPT["marks"]
    assert "seen" not in told


def test_a_running_agent_tells_its_state_and_its_incidents(tmp_path: Path) -> None:
    with an_agent(tmp_path) as agent:
        status = agent.ask({"op": "status"})
        status.pop("ok")
        assert Status.model_validate(status).model_dump(mode="json") == status


async def test_the_figures_of_a_span_are_those_of_the_command(tmp_path: Path) -> None:
    async with calls_served(tmp_path, PAGES) as at:
        told = (await at.viewer.get("/api/v1/stats?by=trunk")).json()
        none = (await at.viewer.get("/api/v1/stats?since=2026-01-01T00:00:00Z&until=30d")).json()
        wrong = await at.viewer.get("/api/v1/stats?since=1h&until=2h")
    assert (told["calls"], told["verdicts"]["drop"]) == (3, 1)
    assert {name: one["calls"] for name, one in told["groups"].items()} == {
        "trunk-a": 2,
        "trunk-b": 1,
    }
    assert none["calls"] == 0
    assert wrong.json()["error"] == "since is not before until"


async def test_the_audit_is_told_newest_first_filtered_and_verified(tmp_path: Path) -> None:
    async with calls_served(tmp_path, PAGES) as at:
        for reason in ("one", "two", "three"):
            path = f"/api/v1/calls/{FIRST}/deny"
            await at.reviewer.post(path, json={"reason": reason})
        await at.admin.post("/api/v1/pause", json={"duration": "15m"})
        first = (await at.reviewer.get("/api/v1/audit?limit=3")).json()
        before = first["before"]["review"]
        rest = (await at.reviewer.get(f"/api/v1/audit?before_review={before}")).json()
        whole = (await at.reviewer.get("/api/v1/audit/whole")).json()
        mine = (await at.reviewer.get("/api/v1/audit?who=ADMIN&what=pause")).json()
    assert [one["what"] for one in first["deeds"]] == ["pause", "deny", "deny"]
    assert ([one["reason"] for one in rest["deeds"]], rest["before"]) == (["one"], None)
    assert whole == {"whole": {"log": 0, "review": 4}, "wrong": []}
    assert [one["who"] for one in mine["deeds"]] == ["admin (web)"]


async def test_the_configuration_shows_no_number_of_its_lists(tmp_path: Path) -> None:
    async with calls_served(tmp_path, PAGES) as at:
        told = await at.admin.get("/api/v1/config")
    assert told.json()["effective"]["lists"][0]["entries"] == 1
    assert told.json()["hash"] == at.site.config.settings.config_hash
    assert PARTNER[2:] not in told.text


async def checked(folder: Path, text: str) -> Any:  # noqa: ANN401 - JSON is anything
    async with calls_served(folder, PAGES) as at:
        return (await at.admin.post("/api/v1/config/check", json={"text": text})).json()


async def test_a_text_is_checked_by_line_and_column(tmp_path: Path) -> None:
    told = await checked(tmp_path, "version: 1\nmode: obeserve\npolicy: {x: 1}\n")
    assert told["good"] is False
    assert [(one["line"], one["column"]) for one in told["problems"]] == [(2, 7), (3, 10)]
    assert "enforce" in told["problems"][0]["text"]


async def test_a_good_text_has_its_hash(tmp_path: Path) -> None:
    told = await checked(tmp_path, "version: 1\n")
    assert (told["good"], told["problems"], len(told["hash"])) == (True, [], 12)


@pytest.mark.parametrize("text", ["", "\x00", "a: &a [*a]", "- " * 5_000, "{" * 5_000])
async def test_no_text_is_a_fault(tmp_path: Path, text: str) -> None:
    told = await checked(tmp_path, text)
    assert told["good"] is False
    assert told["problems"]


def test_the_address_of_a_running_site_answers_programs(tmp_path: Path) -> None:
    with an_agent(tmp_path) as agent, served(agent.config, PAGES) as at:
        assert at.url.startswith("http://127.0.0.1:")
        assert ask(agent.control, {"op": "status"})["ready"] is True
