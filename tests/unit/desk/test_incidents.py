"""Incidents of the running agent and of runs before, as one list."""

from pathlib import Path

import pytest

from screener.config.load import Config, parse_config
from screener.desk import incidents as module
from screener.desk.incidents import known_incidents
from screener.storage.incident_book import INCIDENT_FILE, IncidentBook

RUNNING = {"id": "c", "began": 30.0, "ended": None, "calls": 9}


@pytest.fixture(name="config")
def _config(tmp_path: Path) -> Config:
    book = IncidentBook(tmp_path / INCIDENT_FILE)
    book.keep({"id": "a", "began": 10.0, "ended": 12.0})
    book.keep({"id": "b", "began": 20.0, "ended": None, "seen": 25.0})
    book.keep({"id": "c", "began": 30.0, "ended": None, "seen": 31.0, "calls": 5})
    text = (
        f"version: 1\ncontrol: {{socket: {tmp_path}/none.sock}}\n"
        f"storage: {{folder: {tmp_path}, keys: {tmp_path}/keys}}\n"
    )
    return parse_config(text, "x", tmp_path)


def answering(monkeypatch: pytest.MonkeyPatch, told: object) -> None:
    monkeypatch.setattr(module, "ask", lambda _path, _request: {"incidents": told})


def test_what_the_agent_says_of_its_own_counts_and_those_before_follow(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, [RUNNING])
    known = known_incidents(config)
    assert known.away == ""
    assert known.incidents[0] == RUNNING
    assert [one["id"] for one in known.incidents] == ["c", "b", "a"]


def test_without_an_agent_all_that_is_kept_is_told(config: Config) -> None:
    known = known_incidents(config)
    assert "not running" in known.away
    assert [one["id"] for one in known.incidents] == ["c", "b", "a"]


def test_one_that_nobody_saw_end_was_cut_when_it_was_last_seen(config: Config) -> None:
    _, cut, whole = known_incidents(config).incidents
    assert (cut["ended"], cut["cut"]) == (25.0, True)
    assert (whole["ended"], "cut" in whole) == (12.0, False)


def test_no_more_are_told_than_asked_for(config: Config) -> None:
    assert [one["id"] for one in known_incidents(config, 2).incidents] == ["c", "b"]


@pytest.mark.parametrize("told", [None, 3, ["x", 4]])
def test_an_agent_of_another_version_breaks_nothing(
    config: Config, monkeypatch: pytest.MonkeyPatch, told: object
) -> None:
    answering(monkeypatch, told)
    assert len(known_incidents(config).incidents) == 3


def test_a_moment_beyond_all_sense_stands_last(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, [{"id": "z", "began": 10**400}])
    assert [one["id"] for one in known_incidents(config).incidents] == ["c", "b", "a", "z"]
