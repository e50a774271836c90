import json
from pathlib import Path

import pytest

from tests.builders import DAY
from tests.unit.cli.command import run_here
from tests.unit.cli.logged import Logged, logged
from tests.unit.cli.played import STRICT, live, served

ALL = ("--since", "2027-01-01T00:00:00Z", "--until", "2027-12-31T00:00:00Z")


def a_candidate(site: Logged, text: str = STRICT) -> str:
    path = site.path.with_name("candidate.yaml")
    path.write_text(text)
    return str(path)


def test_people_whom_a_candidate_would_refuse_are_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logged(tmp_path) as site:
        live(site, [served(place % 5, gap=DAY / 4) for place in range(20)])
        words = ("replay", "--config", a_candidate(site), "--current", str(site.path), *ALL)
        done = run_here(capsys, *words, "-o", "json")
        assert done.status == 0, done.err
        told = json.loads(done.out)
        assert told["window"]["calls"] == told["window"]["good_outcome"] == 20
        assert told["newly_refused"] == {"calls": 20, "callers": 5}
        assert told["fidelity"]["share"] == 1.0
        assert told["changes"][0]["from"] == "admit"
        table = run_here(capsys, *words)
        assert "20 calls, 5 callers" in table.out
        rows = run_here(capsys, *words, "-o", "csv")
        assert '"good outcome, newly refused",,,,20,,5' in rows.out
        for said in (done.out, table.out, rows.out):
            assert "651555" not in said


def test_nothing_is_changed_by_a_replay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with logged(tmp_path) as site:
        live(site, [served(place) for place in range(5)])
    before = {path: path.read_bytes() for path in site.log.path.parent.iterdir()}
    words = ("replay", "--config", a_candidate(site), "--current", str(site.path), *ALL)
    assert run_here(capsys, *words).status == 0
    after = {path: path.read_bytes() for path in site.log.path.parent.iterdir()}
    assert {path: after[path] for path in before} == before
    assert {path.name for path in after} <= {f"decisions.db{end}" for end in ("", "-wal", "-shm")}


def test_without_a_current_file_the_log_is_the_candidates(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logged(tmp_path) as site:
        live(site, [served(1)])
        done = run_here(capsys, "replay", "--config", str(site.path), *ALL, "-o", "json")
        assert json.loads(done.out)["window"]["calls"] == 1


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("version: 1\nmode: perhaps\n", 3, "candidate.yaml:2:7"),
        (STRICT, 1, "the decision log is empty"),
    ],
)
def test_what_cannot_be_replayed_is_told_with_its_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, status: int, said: str
) -> None:
    with logged(tmp_path) as site:
        words = ("replay", "--config", a_candidate(site, text), "--current", str(site.path))
        done = run_here(capsys, *words)
        assert (done.status, done.out) == (status, "")
        assert said in done.err
