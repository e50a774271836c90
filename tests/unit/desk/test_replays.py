from pathlib import Path

import pytest

from screener.desk.replay_process import ReplayJob
from screener.desk.replays import Replays, ReplayState
from screener.errors import ConfigError, ScreenerError
from tests.builders import DAY, NOW
from tests.unit.cli.logged import Logged, logged
from tests.unit.cli.played import live, served

STRICT = (
    b"policy: {thresholds: {calm: {challenge: 0.4, drop: 0.9}, "
    b"rising: {challenge: 0.4, drop: 0.9}, full: {challenge: 0.4, drop: 0.9}}}\n"
)


def a_job(site: Logged, extra: bytes = STRICT, days: int = 1) -> ReplayJob:
    content = site.path.read_bytes()
    return ReplayJob(site.path, content, content + extra, days, NOW + DAY / 2)


def test_a_replay_finds_what_the_command_would_find(tmp_path: Path) -> None:
    with logged(tmp_path) as site:
        live(site, [served(place) for place in range(5)])
        replays = Replays()
        run = replays.start(a_job(site), "ann (web)")
        replays.wait()
        assert (run.error, run.state, run.share) == ("", ReplayState.DONE, 1.0)
        assert run.found is not None
        assert run.found["newly_refused"] == {"calls": 5, "callers": 5}
        assert run.found["changes"][0]["good_samples"][0] == f"{1:016x}"
        assert run.alarms[0].startswith("5 calls with a good outcome")
        assert replays.get(run.number) is run
        assert replays.latest(run.pair) is run
        assert replays.latest((run.pair[1], run.pair[0])) is None
        assert replays.running is None


def test_one_replay_at_a_time_and_it_can_be_cancelled(tmp_path: Path) -> None:
    with logged(tmp_path) as site:
        live(site, [served(1)])
        replays = Replays()
        run = replays.start(a_job(site), "ann")
        with pytest.raises(ScreenerError, match="ann began is under way"):
            replays.start(a_job(site), "bob")
        assert replays.running is run
        replays.cancel(run.number)
        states = [run.state]
        assert states == [ReplayState.CANCELLED]
        assert replays.latest(run.pair) is None
        replays.cancel(run.number)
        again = replays.start(a_job(site), "bob")
        replays.close()
        assert again.state is ReplayState.CANCELLED


def test_what_keeps_a_replay_from_its_end_is_told(tmp_path: Path) -> None:
    with logged(tmp_path) as site:
        replays = Replays()
        run = replays.start(a_job(site), "ann")
        replays.wait()
        assert (run.state, "is empty" in run.error) == (ReplayState.FAILED, True)
        with pytest.raises(ConfigError):
            replays.start(a_job(site, b"mode: enforce\n"), "ann")
        assert replays.running is None


def test_a_replay_that_dies_has_failed(tmp_path: Path) -> None:
    with logged(tmp_path) as site:
        replays = Replays()
        run = replays.start(a_job(site), "ann")
        assert replays._process is not None
        replays._process.kill()
        replays.wait()
        assert (run.state, "ended with status -9" in run.error) == (ReplayState.FAILED, True)
