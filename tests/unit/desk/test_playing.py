import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.config.load import Config, load_config
from screener.core.settings import Action
from screener.desk.playing import Window, play, window_of
from screener.errors import MissingPartError, ScreenerError
from tests.builders import DAY, NOW
from tests.unit.cli.logged import Logged, logged
from tests.unit.cli.played import STRICT, live, served
from tests.unit.service.replays import Happening, happenings

ALL = Window(0.0, 2 * NOW, seed_free=True)


def candidate(site: Logged, text: str) -> Config:
    path = site.path.with_name("candidate.yaml")
    path.write_text(text)
    return load_config(path)


@settings(max_examples=12, deadline=None)
@given(st.lists(happenings, min_size=1, max_size=60))
def test_a_log_played_under_its_own_configuration_agrees_with_itself(
    script: list[Happening],
) -> None:
    with tempfile.TemporaryDirectory() as folder, logged(Path(folder)) as site:
        live(site, script)
        played = play(site.config, site.config, site.config, ALL)
        assert played.what_if.calls == len(script)
        assert played.what_if.fidelity.share == 1.0
        assert played.what_if.changes == {}
        assert played.unopened == 0


def test_what_was_learned_before_the_window_counts_in_it(tmp_path: Path) -> None:
    with logged(tmp_path) as site:
        live(site, [served(1, gap=2 * DAY)] * 3)
        strict = candidate(site, STRICT)
        late = Window(NOW + 5 * DAY, NOW + 9 * DAY)
        learned = play(strict, site.config, site.config, late).what_if
        assert (learned.calls, learned.current.verdicts[Action.ADMIT]) == (1, 1)
        free = play(strict, site.config, site.config, replace(late, seed_free=True)).what_if
        assert (free.calls, free.current.verdicts[Action.DROP]) == (1, 1)


def test_calls_of_the_day_before_are_played_and_not_compared(tmp_path: Path) -> None:
    with logged(tmp_path) as site:
        live(site, [served(1, gap=10.0)] * 8)
        found = play(site.config, site.config, site.config, Window(NOW + 65.0, NOW + DAY)).what_if
        assert found.calls == 2
        assert found.fidelity.share == 1.0
        assert found.current.verdicts[Action.CHALLENGE] == 0


def test_there_must_be_a_log_with_calls_and_some_in_the_window(tmp_path: Path) -> None:
    with logged(tmp_path) as site:
        with pytest.raises(ScreenerError, match="is empty"):
            play(site.config, site.config, site.config, ALL)
        live(site, [served(1)])
        with pytest.raises(ScreenerError, match=r"calls came between 2027-01-15T0\d:00:00Z and"):
            play(site.config, site.config, site.config, Window(0.0, NOW - DAY))
    nowhere = replace(site.config.storage, folder=str(tmp_path / "none"))
    with pytest.raises(MissingPartError, match="no decision log"):
        play(site.config, site.config, replace(site.config, storage=nowhere), ALL)


def test_a_damaged_log_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    with logged(tmp_path) as site:
        config = site.config
    site.log.path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 4_096)
    before = site.log.path.read_bytes()
    with pytest.raises(ScreenerError, match="cannot be read"):
        play(config, config, config, ALL)
    assert site.log.path.read_bytes() == before


def test_a_window_is_spans_back_or_moments() -> None:
    assert window_of("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", seed_free=True) == Window(
        1_767_225_600.0, 1_767_312_000.0, seed_free=True
    )
    week = window_of("7d", "")
    assert week.until - week.since == 7 * DAY
