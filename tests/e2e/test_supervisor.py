"""A supervisor at work on a real site: asked why, lets a caller back in, and sees it at once."""

import csv
import io
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from screener.lab.sipp import Counts
from tests.e2e.screened_site import STEADY, Event, ScreenedSite, numbers, rows, served_before, until
from tests.unit.cli.command import run_here, screener

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("operators")]

PERSON, OTHER, CUSTOMER, PEST = numbers(4, start=700)
ONE_LIMIT = (
    STEADY
    + """\
limits:
  - {name: few, key: [number], windows: [{calls: 3, per: 10m}], points: 15}
"""
)
STRICT = """\
policy:
  thresholds:
    calm: {challenge: 0.2, drop: 0.5}
    rising: {challenge: 0.2, drop: 0.5}
    full: {challenge: 0.2, drop: 0.5}
"""

Said = Callable[..., str]


@pytest.fixture
def said(
    site: ScreenedSite, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Said:
    """Return what a command, under the running agent's configuration, prints when it succeeds.

    It is run in this process: thirty Pythons that start cost more than all else here.
    """
    monkeypatch.setenv("COLUMNS", "160")

    def run(*words: str) -> str:
        assert until(site.log_is_written)
        done = run_here(capsys, *words, "--config", str(site.agent.config))
        assert done.status == 0, (words, done.err)
        return done.out

    return run


def flood(site: ScreenedSite, mark: str, number: str, calls: int = 6) -> list[Event]:
    site.called(mark, rows([number] * calls, 100), rate=10.0)
    return site.decisions(mark, calls)


def verdict_on(site: ScreenedSite, mark: str, number: str) -> object:
    site.called(mark, rows([number], 100))
    return site.decisions(mark, 1)[0]["verdict"]


def reasons(site: ScreenedSite, mark: str) -> list[str]:
    told = site.decisions(mark, 1)[0]["reasons"]
    assert isinstance(told, list)
    return told


def counts(site: ScreenedSite, mark: str, number: str) -> Counts:
    return site.called(mark, rows([number], 100))


def test_why_was_i_refused_and_let_me_in_again(site: ScreenedSite, said: Said) -> None:
    site.start_agent(ONE_LIMIT)
    refused = flood(site, "why", PERSON)[-1]
    assert refused["verdict"] == "drop"
    call_id = str(refused["id"])

    dropped = json.loads(said("log", "--verdict", "drop", "-o", "json"))
    assert call_id in {one["id"] for one in dropped}
    told = said("explain", call_id)
    assert "limit:few" in told
    assert "drop" in told

    allowed = said("allow", call_id, "--for", "1h", "--reason", "asked on the phone")
    assert counts(site, "after", PERSON).received["200"] == 1
    assert reasons(site, "after")[0] == "always-allowed"

    undone = said("undo")
    # Its counters began anew with the allow: the two calls after it are within the limit.
    assert verdict_on(site, "undone", PERSON) == "admit"
    for text in (told, allowed, undone, said("log"), said("stats"), said("audit")):
        assert PERSON not in text
        assert PERSON[2:] not in text


def test_a_deny_a_not_spam_and_a_pause_take_effect_on_the_next_call(
    site: ScreenedSite, said: Said
) -> None:
    site.start_agent()
    assert verdict_on(site, "first", PEST) == "admit"
    said("deny", PEST, "--for", "1d", "--reason", "sells insurance")
    assert verdict_on(site, "denied", PEST) == "drop"
    said("pause", "15m", "--reason", "the minister is on the phone")
    assert verdict_on(site, "paused", PEST) == "admit"
    assert json.loads(said("status", "-o", "json"))["paused_until"]
    said("resume")
    assert verdict_on(site, "resumed", PEST) == "drop"
    denied = str(site.decisions("denied", 1)[0]["id"])
    said("not-spam", denied, "--reason", "it was the plumber")
    assert verdict_on(site, "plumber", PEST) == "admit"
    marked = json.loads(said("log", denied))
    assert "not_spam" in {one["event"] for one in marked["outcomes"]}


def test_who_is_known_and_who_floods_is_remembered_through_kill_and_restart(
    site: ScreenedSite, said: Said
) -> None:
    site.start_agent(ONE_LIMIT)
    site.agent.teach(served_before([CUSTOMER]))
    said("deny", OTHER)
    assert flood(site, "before", PERSON)[-1]["verdict"] == "drop"
    os.kill(site.agent.pid, signal.SIGKILL)
    site.agent.stop()
    site.agent.start()
    site.agent.listen_in()
    assert verdict_on(site, "again", PERSON) == "drop"
    assert verdict_on(site, "pest", OTHER) == "drop"
    assert verdict_on(site, "customer", CUSTOMER) == "admit"
    assert "known-caller" in reasons(site, "customer")


def test_an_edit_is_seen_before_it_is_made_and_taken_back_in_one_step(
    site: ScreenedSite, said: Said, tmp_path: Path
) -> None:
    site.start_agent()
    site.called("served", rows(numbers(8, start=720), 100))
    site.outcomes("served", 8)
    candidate = tmp_path / "candidate.yaml"
    candidate.write_text(STRICT + site.agent.config.read_text())

    replay = json.loads(
        screener(
            *("replay", "--config", str(candidate), "--current", str(site.agent.config)),
            *("-o", "json"),
        ).stdout
    )
    assert replay["window"]["calls"] == 8
    assert replay["candidate"]["verdicts"]["drop"] == 8
    assert replay["fidelity"]["share"] == 1.0
    before = site.agent.config.read_bytes()
    refused = screener("apply", str(candidate), "--config", str(site.agent.config))
    assert refused.returncode == 1
    assert site.agent.config.read_bytes() == before

    said("apply", str(candidate), "--yes")
    assert verdict_on(site, "strict", PERSON) == "drop"
    said("rollback", "--yes")
    assert verdict_on(site, "lenient", OTHER) == "admit"


def test_what_a_person_is_told_holds_their_calls_and_what_is_erased_is_gone(
    site: ScreenedSite, said: Said
) -> None:
    site.start_agent(ONE_LIMIT)
    calls = flood(site, "subject", PERSON)
    told = said("export", PERSON, "--reason", "asked in writing", "-o", "csv")
    assert len(list(csv.DictReader(io.StringIO(told)))) == len(calls)
    assert said("reveal", str(calls[0]["id"]), "--reason", "police").strip().endswith(PERSON)
    said("erase", PERSON, "--reason", "asked in writing", "--yes")
    assert json.loads(said("log", "--number", PERSON, "-o", "json")) == []
    # Forgotten by the running agent as well: its limits begin anew.
    assert verdict_on(site, "stranger", PERSON) == "admit"
    state = b"".join(
        one.read_bytes() for one in (site.agent.config.parent / "state").rglob("*") if one.is_file()
    )
    assert PERSON.encode() not in state
    assert "4 deeds" in said("audit") or said("audit")


def test_a_denied_trunk_keeps_strangers_out_over_a_restart_until_it_is_undone(
    site: ScreenedSite, said: Said
) -> None:
    site.start_agent(STEADY)
    site.agent.teach(served_before([CUSTOMER]))
    assert "deny trunk trunk until" in said("deny", "--trunk", "trunk", "--for", "10m", "--yes")
    site.agent.stop()
    site.agent.start()
    site.agent.listen_in()

    refused = counts(site, "trunk-1", PERSON)
    assert (refused.code(603), refused.received.get("BYE", 0)) == (1, 0)
    assert reasons(site, "trunk-1")[:2] == ["score", "denied-trunk"]
    assert verdict_on(site, "trunk-2", CUSTOMER) == "admit"
    assert "undone: deny of trunk trunk" in said("undo", "--trunk", "trunk")
    assert verdict_on(site, "trunk-3", OTHER) == "admit"
