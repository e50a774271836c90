from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.core.settings import Action
from tests.unit.cli.reviewing_agent import ALICE, Site, a_site


@pytest.fixture
def site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Site]:
    with a_site(tmp_path, capsys) as made:
        yield made


def test_a_pause_lets_everybody_in_until_it_is_ended(site: Site) -> None:
    with site.agent():
        site.lines("deny", ALICE)
        before = site.decide(ALICE).verdict
        said = site.lines("pause", "15m", "--reason", "the phones are down")
        paused = site.decide(ALICE).verdict
        assert (paused.action, paused.reasons[0]) == (Action.ADMIT, "paused")
        assert paused.would is before.would
        assert site.lines("resume")[0] == "the pause is over: calls are screened again"
        assert site.decide(ALICE).verdict == before
        assert site.lines("resume")[0] == "there was no pause; calls are screened"
    assert said[0].startswith("review 2: every call is let in until 20")


def test_a_pause_outlives_a_restart_and_can_be_undone(site: Site) -> None:
    with site.agent():
        site.lines("deny", ALICE)
        site.lines("pause", "1h")
    with site.agent():
        assert site.decide(ALICE).verdict.reasons[0] == "paused"
        assert site.lines("undo")[2] == "now: calls are screened again"
        assert site.decide(ALICE).verdict.reasons[0] != "paused"


def test_a_shorter_pause_takes_the_place_of_a_longer_one(site: Site) -> None:
    site.lines("pause", "2h")
    site.lines("pause", "1h")
    assert site.lines("undo")[2].startswith("now: paused until 20")
    site.lines("resume")
    assert "undone already" in site.refused("undo", "1")


@pytest.mark.parametrize("span", ["0s", "25h", "86401s", "soon", "forever", ""])
def test_a_pause_has_an_end_within_a_day(site: Site, span: str) -> None:
    assert "SPAN: allowed is" in site.refused("pause", span, status=2)
