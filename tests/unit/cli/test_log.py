import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.lab.agent_process import AgentProcess
from screener.storage.keys import load_keys, load_or_make_keys
from tests.unit.agents import an_agent, port_of, settled
from tests.unit.cli.command import run_here
from tests.unit.cli.logged import logged
from tests.unit.fastagi_client import screened
from tests.unit.storage.logs import decided

PERSON = "+16515550142"
STRANGER = "+16515550177"


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentProcess]:
    """An agent that has decided three calls."""
    with an_agent(tmp_path_factory.mktemp("log")) as running:
        for number in (PERSON, STRANGER, PERSON):
            screened(port_of(running), number, "=cmd|' /C calc'!A1")
        settled(running)
        yield running


def calls(
    capsys: pytest.CaptureFixture[str], agent: AgentProcess, *words: str
) -> list[dict[str, object]]:
    done = run_here(capsys, "log", "--config", str(agent.config), "-o", "json", *words)
    assert done.status == 0, done.err
    found = json.loads(done.out)
    assert isinstance(found, list)
    return found


def test_the_newest_calls_come_first_with_all_that_explains_them(
    capsys: pytest.CaptureFixture[str], agent: AgentProcess
) -> None:
    found = calls(capsys, agent)
    assert len(found) == 3
    assert [call["seq"] for call in found] == [3, 2, 1]
    assert found[0]["verdict"] == "admit"
    assert found[0]["signals"]


def test_a_caller_is_found_by_its_number_in_any_writing(
    capsys: pytest.CaptureFixture[str], agent: AgentProcess
) -> None:
    assert len(calls(capsys, agent, "--number", "1 651 555 0142")) == 2
    assert len(calls(capsys, agent, "--number", STRANGER)) == 1
    assert calls(capsys, agent, "--number", "+16515550199") == []


def test_filters_narrow_the_calls(capsys: pytest.CaptureFixture[str], agent: AgentProcess) -> None:
    assert len(calls(capsys, agent, "--since", "1h", "--verdict", "admit")) == 3
    assert calls(capsys, agent, "--verdict", "drop") == []
    assert len(calls(capsys, agent, "--reason", "new-caller", "--limit", "2")) == 2


def test_masked_callers_and_spans_narrow_the_calls(
    capsys: pytest.CaptureFixture[str], agent: AgentProcess
) -> None:
    assert len(calls(capsys, agent, "--caller", "*42")) == 2
    assert len(calls(capsys, agent, "--caller", f"+1{chr(0x2022) * 8}77")) == 1
    assert calls(capsys, agent, "--caller", "*99") == []
    assert calls(capsys, agent, "--until", "1h") == []
    assert len(calls(capsys, agent, "--since", "2026-01-01T00:00:00Z", "--until", "0s")) == 3


def test_pages_are_asked_for_by_the_last_seq(
    capsys: pytest.CaptureFixture[str], agent: AgentProcess
) -> None:
    first = calls(capsys, agent, "--limit", "2")
    last = str(first[-1]["seq"])
    assert [call["seq"] for call in calls(capsys, agent, "--before", last)] == [1]


@pytest.mark.parametrize(
    "words", [("--until", "1h"), ("--before", "7"), ("--outcome", "answered"), ("0" * 16,)]
)
def test_what_cannot_be_followed_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], agent: AgentProcess, words: tuple[str, ...]
) -> None:
    done = run_here(capsys, "log", "--follow", *words, "--config", str(agent.config))
    assert (done.status, done.out) == (2, "")


def test_another_key_file_is_named_and_not_mistaken_for_an_absent_caller(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with logged(tmp_path) as site:
        site.log.decisions(decided("a" * 16, PERSON))
        sealed = load_keys(site.log.keys).key_id
        site.log.keys.unlink()
        done = run_here(capsys, "log", "--number", PERSON, "-c", str(site.path))
        assert done.status == 4
        assert f"there is no key file at {site.log.keys}" in done.err
        other = load_or_make_keys(site.log.keys).key_id
        done = run_here(capsys, "log", "--number", PERSON, "-c", str(site.path))
    assert done.status == 1
    assert f"sealed with the keys {sealed}, and {site.log.keys} holds {other}" in done.err


def test_one_call_is_told_whole(capsys: pytest.CaptureFixture[str], agent: AgentProcess) -> None:
    call_id = str(calls(capsys, agent, "--limit", "1")[0]["id"])
    done = run_here(capsys, "log", call_id, "--config", str(agent.config))
    assert json.loads(done.out)["id"] == call_id


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_no_form_shows_a_number_or_a_name(
    capsys: pytest.CaptureFixture[str], agent: AgentProcess, form: str
) -> None:
    done = run_here(capsys, "log", "--config", str(agent.config), "-o", form)
    assert done.status == 0
    assert "5550142" not in done.out
    assert "calc" not in done.out


def test_a_spreadsheet_runs_nothing(
    capsys: pytest.CaptureFixture[str], agent: AgentProcess
) -> None:
    done = run_here(capsys, "log", "--config", str(agent.config), "-o", "csv")
    rows = list(csv.reader(io.StringIO(done.out)))
    assert len(rows) == 4
    assert not [value for row in rows for value in row if value.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--since", "soon"), 2, "--since 'soon': allowed is 90s"),
        (("--number", "anonymous"), 1, "--number: this names no caller"),
        (("feedfacefeedface",), 1, "the log holds no call"),
        (("x",), 1, "an id is 16 digits"),
    ],
)
def test_what_cannot_be_looked_up_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str],
    agent: AgentProcess,
    words: tuple[str, ...],
    status: int,
    said: str,
) -> None:
    done = run_here(capsys, "log", *words, "--config", str(agent.config))
    assert done.status == status
    assert said in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("option", ["--verdict", "--would", "--outcome"])
def test_a_filter_that_no_call_can_meet_is_refused_and_not_an_empty_page(
    capsys: pytest.CaptureFixture[str], agent: AgentProcess, option: str
) -> None:
    done = run_here(capsys, "log", option, "droped", "--config", str(agent.config))
    assert (done.status, done.out) == (2, "")
    assert "'droped' is not one of" in done.err


def test_without_a_log_it_says_where_one_would_be(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    config = tmp_path / "screener.yaml"
    config.write_text(
        f"version: 1\nstorage: {{folder: {tmp_path}/none, keys: {tmp_path}/keys.json}}\n"
    )
    done = run_here(capsys, "log", "--config", str(config))
    assert run_here(capsys, "log", "-f", "--config", str(config)) == done
    assert done.status == 4
    assert f"there is no decision log at {tmp_path}/none" in done.err
