import json
from pathlib import Path

import pytest

from tests.unit.cli.command import run_here


def a_file(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text("version: 1\n" + text)
    return str(path)


def test_what_differs_is_told_key_by_key_with_status_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = a_file(tmp_path, "a.yaml", "")
    other = a_file(tmp_path, "b.yaml", "policy: {thresholds: {calm: {challenge: 4}}}\n")
    done = run_here(capsys, "diff-config", one, other)
    assert (done.status, done.out) == (0, "policy.thresholds.calm.challenge: 5 -> 4\n")
    told = json.loads(run_here(capsys, "diff-config", one, other, "-o", "json").out)
    assert told == [{"key": "policy.thresholds.calm.challenge", "before": 5, "after": 4}]


def test_other_opening_hours_are_named_as_the_file_writes_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = a_file(tmp_path, "a.yaml", "hours: {openings: [mon-fri 08:00-16:30]}\n")
    other = a_file(
        tmp_path, "b.yaml", "hours: {openings: [mon-fri 08:00-18:00], when_closed: busy}\n"
    )
    assert run_here(capsys, "diff-config", one, other).out == (
        "hours.openings: [mon-fri 08:00-16:30] -> [mon-fri 08:00-18:00]\n"
        "hours.when_closed: announce -> busy\n"
    )


def test_the_same_in_other_words_is_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = a_file(tmp_path, "a.yaml", ""), a_file(tmp_path, "b.yaml", "mode: observe # !\n")
    assert "the same" in run_here(capsys, "diff-config", one, other).out
    assert run_here(capsys, "diff-config", one, other, "-o", "json").out == "[]\n"


def test_a_file_that_is_refused_is_told_with_status_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = a_file(tmp_path, "a.yaml", ""), a_file(tmp_path, "b.yaml", "mode: perhaps\n")
    done = run_here(capsys, "diff-config", good, bad)
    assert (done.status, done.out) == (3, "")
    assert "b.yaml:2:7" in done.err
