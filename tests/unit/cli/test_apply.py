import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

from screener.cli.asker import who
from screener.config.history import History
from tests.unit.agents import an_agent
from tests.unit.cli.command import ROOT, run_here
from tests.unit.cli.logged import Logged, logged
from tests.unit.cli.played import live, served

MILD = "captcha: {places: 9999}\n"
STRICT = (
    "policy: {thresholds: {calm: {challenge: 0.4, drop: 0.9}, "
    "rising: {challenge: 0.4, drop: 0.9}, full: {challenge: 0.4, drop: 0.9}}}\n"
)
LONG_AGO = ("--since", "2027-01-01T00:00:00Z")


def a_candidate(site: Logged, extra: str) -> str:
    path = site.path.with_name("candidate.yaml")
    path.write_text(site.path.read_text() + extra)
    return str(path)


def apply(site: Logged, extra: str, *more: str) -> tuple[str, ...]:
    return ("apply", a_candidate(site, extra), "--config", str(site.path), *more)


@pytest.fixture
def at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands' own now be after the calls of the log."""
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0 + 20 * 86_400.0)


@pytest.mark.usefixtures("at_the_end")
def test_a_mild_change_is_shown_and_done_without_asking(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logged(tmp_path) as site:
        live(site, [served(place) for place in range(5)])
        done = run_here(capsys, *apply(site, MILD, *LONG_AGO))
        assert (done.status, done.err) == (0, "")
        assert "captcha.places: 10000 -> 9999" in done.out
        assert "No verdict changes." in done.out
        assert "no agent runs" in done.out
        assert site.path.read_text().endswith(MILD)
        kept = History(Path(site.config.storage.folder)).latest(site.path)
        assert kept is not None
        assert kept.who == who()
        again = run_here(capsys, *apply(site, "", *LONG_AGO))
        assert "nothing to do" in again.out


@pytest.mark.usefixtures("at_the_end")
def test_whom_it_hurts_is_asked_first_and_without_a_terminal_nothing_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logged(tmp_path) as site:
        live(site, [served(place) for place in range(5)])
        before = site.path.read_text()
        done = run_here(capsys, *apply(site, STRICT, *LONG_AGO))
        assert done.status == 1
        assert "! 5 calls with a good outcome would newly be refused" in done.out
        assert "screener apply --yes" in done.err
        assert site.path.read_text() == before
        assert run_here(capsys, *apply(site, STRICT, "--yes", *LONG_AGO)).status == 0
        assert site.path.read_text() == before + STRICT


def test_beginning_to_enforce_is_asked_also_without_a_replay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logged(tmp_path) as site:
        enforce = site.path.read_text()
        site.path.write_text(enforce.replace("mode: enforce\n", "mode: observe\n"))
        candidate = site.path.with_name("candidate.yaml")
        candidate.write_text(enforce)
        words = ("apply", str(candidate), "--config", str(site.path), "--no-replay")
        done = run_here(capsys, *words)
        assert done.status == 1
        assert "! the mode changes from observe to enforce" in done.out
        assert run_here(capsys, *words, "--yes").status == 0


def test_without_a_log_the_impact_is_unknown_and_asked_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logged(tmp_path) as site:
        done = run_here(capsys, *apply(site, MILD))
        assert done.status == 1
        assert "! no what-if: the decision log is empty" in done.out
        assert run_here(capsys, *apply(site, MILD, "--no-replay")).status == 0


def test_a_candidate_that_is_refused_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logged(tmp_path) as site:
        before = site.path.read_text()
        done = run_here(capsys, *apply(site, "captcha: {places: many}\n", "--yes"))
        assert (done.status, site.path.read_text()) == (3, before)
        assert "candidate.yaml:5" in done.err


def test_a_rollback_goes_one_step_back_and_can_be_taken_back_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logged(tmp_path) as site:
        rollback = ("rollback", "--config", str(site.path))
        assert "no earlier file" in run_here(capsys, *rollback).err
        before = site.path.read_bytes()
        run_here(capsys, *apply(site, MILD, "--no-replay"))
        after = site.path.read_bytes()
        asked = run_here(capsys, *rollback)
        assert (asked.status, site.path.read_bytes()) == (1, after)
        assert "screener rollback --yes" in asked.err
        done = run_here(capsys, *rollback, "--yes")
        assert (done.status, site.path.read_bytes()) == (0, before)
        assert "captcha.places: 9999 -> 10000" in done.out
        assert run_here(capsys, *rollback, "--yes").status == 0
        assert site.path.read_bytes() == after
        told = run_here(capsys, "audit", "-o", "json", "--config", str(site.path)).out
        new = site.config.settings.config_hash
        deeds = [(one["who"], one["what"], one["target"].split()) for one in json.loads(told)]
        old = deeds[0][2][1]
        there, back = ["config", old, "->", new], ["config", new, "->", old]
        me = who()
        assert deeds == [
            (me, "apply", there),
            (me, "rollback", back),
            (me, "rollback", there),
        ]


def test_a_file_that_was_broken_by_hand_is_rolled_back_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logged(tmp_path) as site:
        before = site.path.read_bytes()
        run_here(capsys, *apply(site, MILD, "--no-replay"))
        site.path.write_bytes(site.path.read_bytes() + b"mode: perhaps\nmodus: 3\n")
        done = run_here(capsys, "rollback", "--config", str(site.path), "--yes")
        assert (done.status, site.path.read_bytes()) == (0, before)
        assert "cannot be told" in done.out


def test_a_file_that_is_broken_beyond_reading_is_rolled_back_by_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logged(tmp_path) as site:
        before = site.path.read_bytes()
        run_here(capsys, *apply(site, MILD, "--no-replay"))
        site.path.write_bytes(b"mode: [\n")
        words = ("rollback", "--config", str(site.path), "--yes")
        lost = run_here(capsys, *words)
        assert (lost.status, "say with --folder where" in lost.err) == (1, True)
        found = run_here(capsys, *words, "--folder", str(site.log.path.parent))
        assert (found.status, site.path.read_bytes()) == (0, before)


def test_a_running_agent_follows_there_and_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with an_agent(tmp_path) as agent:
        before = agent.ask({"op": "status"})["config"]
        candidate = tmp_path / "candidate.yaml"
        candidate.write_text(agent.config.read_text() + MILD)
        words = ("apply", str(candidate), "--config", str(agent.config), "--no-replay")
        done = run_here(capsys, *words)
        assert (done.status, done.err) == (0, "")
        after = agent.ask({"op": "status"})["config"]
        assert f"config {after} is in force, was {before}" in done.out
        agent.config.write_text(agent.config.read_text() + "region: GB\n")
        began = time.monotonic()
        asked = run_here(capsys, "rollback", "--config", str(agent.config))
        assert "was changed since the agent read it" in asked.out
        done = run_here(capsys, "rollback", "--config", str(agent.config), "--yes")
        assert time.monotonic() - began < 5.0
        assert done.status == 0, done.err
        assert agent.ask({"op": "status"})["config"] == before


@pytest.mark.parametrize(("answer", "status"), [(b"y\n", 0), (b"n\n", 1)])
def test_on_a_terminal_the_question_is_asked(tmp_path: Path, answer: bytes, status: int) -> None:
    with logged(tmp_path) as site:
        ours, theirs = pty.openpty()
        try:
            os.write(ours, answer)
            done = subprocess.run(
                [sys.executable, "-m", "screener", *apply(site, MILD)],
                stdin=theirs,
                capture_output=True,
                timeout=30,
                check=False,
                cwd=ROOT,
            )
        finally:
            os.close(ours)
            os.close(theirs)
        assert done.returncode == status, done.stderr
        assert (site.path.read_text().endswith(MILD)) is (status == 0)
