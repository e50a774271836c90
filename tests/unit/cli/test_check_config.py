import json
from pathlib import Path

import pytest

from screener.config.load import load_config
from tests.unit.cli.command import ROOT, run_here

EXAMPLE = ROOT / "config" / "screener.yaml"


def test_a_good_file_is_one_line_with_what_it_amounts_to(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = run_here(capsys, "check-config", str(EXAMPLE))
    config = load_config(EXAMPLE).settings.config_hash
    assert (done.status, done.err) == (0, "")
    assert done.out == (
        f"{EXAMPLE}: good. mode observe, region US, 4 limits, 2 lists, config {config}\n"
    )


def test_without_a_file_the_embedded_defaults_are_checked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = run_here(capsys, "check-config")
    assert done.status == 0
    assert done.out.startswith("embedded defaults: good. mode observe")


def test_every_problem_is_a_line_with_its_place_and_status_3(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "screener.yaml"
    path.write_text("version: 1\nmode: loud\nlisten:\n  prot: 4591\n")
    done = run_here(capsys, "check-config", str(path))
    assert (done.status, done.out) == (3, "")
    mode, listen = done.err.splitlines()
    assert mode.startswith(f"screener: {path}:2:7: mode ")
    assert "observe" in mode
    assert listen.startswith(f"screener: {path}:4:3: ")
    assert "prot" in listen


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_file_that_cannot_be_read_is_one_line_and_status_3(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    done = run_here(capsys, "check-config", str(tmp_path / name))
    (line,) = done.err.splitlines()
    assert (done.status, done.out) == (3, "")
    assert line.startswith(f"screener: {tmp_path / name}")


def test_effective_prints_every_value_in_force_as_json(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "screener.yaml"
    path.write_text("version: 1\nlisten: {port: 4600}\n")
    plain = json.loads(run_here(capsys, "check-config", "--effective").out)
    changed = json.loads(run_here(capsys, "check-config", str(path), "--effective").out)
    assert plain["listen"]["port"] == 4591
    assert changed["listen"] == {**plain["listen"], "port": 4600}
    assert changed["limits"] == plain["limits"]
    assert plain["policy"]["thresholds"]["calm"] == {"challenge": 5, "drop": 14}
