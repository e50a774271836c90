import signal
from pathlib import Path

from screener.desk.replay_process import ReplayJob, said_by, start_process
from tests.builders import DAY, NOW
from tests.unit.cli.logged import logged
from tests.unit.cli.played import live, served


def test_it_says_how_far_it_is_and_what_it_found_and_ends(tmp_path: Path) -> None:
    with logged(tmp_path) as site:
        live(site, [served(place) for place in range(3)])
        content = site.path.read_bytes()
        process = start_process(ReplayJob(site.path, content, content, 1, NOW + DAY / 2))
        said = list(said_by(process))
        assert process.wait() == 0
        assert [one[0] for one in said] == ["done", "found"]
        assert 0.0 <= said[0][1] <= 1.0
        assert said[1][1]["window"]["calls"] == 3
        assert (said[1][1]["changes"], said[1][1]["unopened"]) == ([], 0)


def test_what_is_refused_is_said(tmp_path: Path) -> None:
    path = tmp_path / "screener.yaml"
    process = start_process(ReplayJob(path, b"version: 1\n", b"version: 2\n", 1, NOW))
    said = list(said_by(process))
    assert process.wait() == 0
    assert said[0][0] == "failed"
    assert "version" in said[0][1]


def test_one_that_is_ended_says_nothing_more(tmp_path: Path) -> None:
    path = tmp_path / "screener.yaml"
    process = start_process(ReplayJob(path, b"version: 1\n", b"version: 1\n", 1, NOW))
    process.kill()
    assert list(said_by(process)) == []
    assert process.wait() == -signal.SIGKILL


def test_the_window_ends_at_the_moment_told() -> None:
    window = ReplayJob(Path("x"), b"", b"", 7, NOW).window
    assert (window.since, window.until, window.seconds) == (NOW - 7 * DAY, NOW, 8 * DAY)
