"""Pausing: kept, audited and ended, told sentence by sentence, with and without an agent."""

from pathlib import Path

import pytest

from screener.desk import pausing
from screener.desk.reviewer import desk
from screener.errors import UsageError
from screener.service.reviewing import PAUSE


@pytest.fixture(name="config")
def _config(tmp_path: Path) -> Path:
    path = tmp_path / "screener.yaml"
    path.write_text(
        f"version: 1\ncontrol: {{socket: {tmp_path}/none.sock}}\n"
        f"storage: {{folder: {tmp_path}/state, keys: {tmp_path}/keys.json}}\n"
    )
    (tmp_path / "state").mkdir(mode=0o700)
    return path


def test_a_pause_is_kept_under_who_asked_and_ends_by_itself(config: Path) -> None:
    said: list[str] = []
    with desk(config, "anna (web)", said.append) as at:
        pausing.pause(900.0, at, "a drill")
        assert at.reader.paused_until(at.now) == pytest.approx(at.now + 900.0)
        assert not at.reader.paused_until(at.now + 901.0)
        action = at.reader.action(1)
    assert action is not None
    assert (action.what, action.who, action.reason) == (PAUSE, "anna (web)", "a drill")
    assert said[0].startswith("review 1: every call is let in until ")
    assert "no agent runs" in said[1]


def test_resuming_ends_it_and_says_where_there_was_none(config: Path) -> None:
    said: list[str] = []
    with desk(config, "anna (web)", said.append) as at:
        pausing.resume(at)
        assert said[0] == "there was no pause; calls are screened"
        pausing.pause(900.0, at)
        pausing.resume(at)
        assert not at.reader.paused_until(at.now)
    assert "the pause is over: calls are screened again" in said


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90.0), ("15m", 900.0), ("24h", 86_400.0)])
def test_a_span_is_read(text: str, seconds: float) -> None:
    assert pausing.span_of(text) == seconds


@pytest.mark.parametrize("text", ["", "0s", "25h", "soon", "-5m", "15"])
def test_what_is_no_span_or_too_long_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="SPAN"):
        pausing.span_of(text)
