"""What `lab` plays needs a real Asterisk: see `tests/e2e`."""

from pathlib import Path

import pytest

from screener.cli import lab as cli
from screener.errors import MissingPartError
from screener.lab.fetch import lab_folder
from screener.lab.play import LabRun
from tests.unit.cli.command import run_here


def test_it_says_where_the_lab_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    done = run_here(capsys, "lab", "--where")
    assert (done.status, done.out, done.err) == (0, f"{lab_folder()}\n", "")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ((), LabRun(seconds=60.0, stay=True, enforce=True)),
        (("--seconds", "7", "--once"), LabRun(seconds=7.0, stay=False, enforce=True)),
        (("--observe",), LabRun(seconds=60.0, stay=True, enforce=False)),
    ],
)
def test_the_options_say_what_is_played(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    wanted: LabRun,
) -> None:
    played: list[LabRun] = []
    monkeypatch.setattr(cli, "play", lambda _console, run: played.append(run))
    assert run_here(capsys, "lab", *words).status == 0
    assert played == [wanted]


def test_what_is_missing_is_one_line_and_status_4(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nothing_here(*_: object) -> Path:
        raise MissingPartError("no Asterisk on this system, and no apt to fetch one with")

    monkeypatch.setattr(cli, "ensure_lab", nothing_here)
    done = run_here(capsys, "lab", "--fetch-only")
    assert (done.status, done.out) == (4, "")
    assert done.err == "screener: no Asterisk on this system, and no apt to fetch one with\n"
