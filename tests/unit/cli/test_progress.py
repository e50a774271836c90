import pytest
from rich.console import Console

from screener.cli import progress as module
from screener.cli.progress import progress


def test_without_a_terminal_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("reading", 10) as told:
        told(5)
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_the_step_is_shown_while_it_lasts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "Console", lambda **_: Console(stderr=True, force_terminal=True))
    with progress("reading [bold]Master.csv", 0) as told:
        told(1)
    said = capsys.readouterr()
    assert "reading [bold]Master.csv" in said.err
    assert "100%" in said.err
    assert said.out == ""
