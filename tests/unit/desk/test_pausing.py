from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.cli.at_desk import desk as at_desk
from screener.desk.pausing import LONGEST_S, pause, resume, span_of
from screener.desk.reviewer import desk
from screener.errors import UsageError
from tests.unit.cli.reviewing_agent import Site, a_site


@pytest.fixture
def site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Site]:
    with a_site(tmp_path, capsys) as made:
        yield made


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90.0), ("15m", 900.0), ("24h", LONGEST_S)])
def test_a_pause_has_a_span(text: str, seconds: float) -> None:
    assert span_of(text) == seconds


@pytest.mark.parametrize("text", ["", "0s", "25h", "forever", "90"])
def test_a_pause_without_an_end_is_none(text: str) -> None:
    with pytest.raises(UsageError, match="SPAN: allowed is"):
        span_of(text)


def test_pausing_and_ending_it_is_told_and_kept_in_its_maker_s_name(site: Site) -> None:
    told: list[str] = []
    with site.agent(), desk(site.config, "anna (web)", told.append) as at:
        pause(900.0, at, "the trunk moves")
        assert at.made == [1]
        paused = at.reader.action(1)
        assert paused is not None
        assert (paused.who, paused.reason) == ("anna (web)", "the trunk moves")
        assert site.memory.reviews.paused_until > at.now
        resume(at)
        assert not site.memory.reviews.paused_until
        resume(at)
    words = [line.partition(" until ")[0] for line in told if not line.startswith("in force")]
    assert words == [
        "review 1: every call is let in",
        "the pause is over: calls are screened again",
        "there was no pause; calls are screened",
    ]


def test_the_command_s_desk_is_the_same(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    with at_desk(site.config) as at:
        pause(60.0, at)
    assert "no agent runs" in capsys.readouterr().out
