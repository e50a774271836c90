import os
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from screener.cli.at_desk import desk as at_desk
from screener.config.load import load_config
from screener.desk import reviewer
from screener.desk.reviewer import list_name, moment, tell_agent, until_of
from screener.errors import MissingPartError, ScreenerError
from tests.builders import NOW
from tests.unit.cli.reviewing_agent import ALICE, Site, a_site


@pytest.fixture
def site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Site]:
    with a_site(tmp_path, capsys) as made:
        yield made


@pytest.mark.parametrize(
    ("span", "seconds"), [("90s", 90.0), ("1h", 3_600.0), ("30d", 2_592_000.0), ("60", None)]
)
def test_spans_are_durations(span: str, seconds: float | None) -> None:
    if seconds is None:
        with pytest.raises(ScreenerError, match="--for, how long: allowed"):
            until_of(span, NOW)
    else:
        assert until_of(span, NOW) == NOW + seconds
    assert until_of("forever", NOW) is None


def test_ends_read_as_sentences() -> None:
    assert moment(None) == "for ever"
    assert moment(0.0) == "until 1970-01-01T00:00:00Z"


def test_a_folder_of_another_user_is_left_alone(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 54_321)
    with pytest.raises(ScreenerError, match="the user of the agent"), at_desk(site.config):
        pass


def test_a_reason_is_made_inert_and_never_empty(site: Site) -> None:
    with at_desk(site.config) as at:
        assert at.act("deny", reason=" \x07bad ").reason == "?bad"
        assert at.act("deny").reason == "none given"


def test_a_list_s_name_is_ours_and_not_the_configuration_s(site: Site) -> None:
    config = load_config(site.config)
    assert list_name("block-2", config) == "block-2"
    for name in ("", "Block", "2block", "x" * 32, "partners", "=cmd"):
        with pytest.raises(ScreenerError):
            list_name(name, config)


def test_keys_that_others_can_read_are_refused(site: Site) -> None:
    (site.folder / "keys.json").chmod(0o644)
    with pytest.raises(ScreenerError, match="chmod 600"), at_desk(site.config):
        pass


def test_keys_that_cannot_be_had_are_told(site: Site) -> None:
    text = site.config.read_text()
    (site.folder / "file").write_text("")
    site.config.write_text(text.replace("/keys.json", "/file/keys.json"))
    with pytest.raises(MissingPartError, match="cannot be read"), at_desk(site.config):
        pass


def test_a_dead_agent_s_socket_is_no_agent(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(site.folder / "control.sock"))
    with at_desk(site.config) as at:
        tell_agent(at)
    assert capsys.readouterr().out == "no agent runs: it takes effect at its next start\n"


def test_an_agent_that_hangs_is_told_and_the_review_is_kept(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviewer, "REFRESH_S", 0.2)
    with socket.socket(socket.AF_UNIX) as hung:
        hung.bind(str(site.folder / "control.sock"))
        hung.listen()
        done = site.run("deny", ALICE)
    assert done.status == 1
    assert "it is kept, but the agent has not taken it in: " in done.err
    assert "did not answer in time" in done.err
    with site.agent():
        hit = site.decide(ALICE).list_hit
    assert hit is not None


def test_an_agent_of_before_that_knows_no_reviews_is_told(site: Site) -> None:
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(str(site.folder / "control.sock"))
        old.listen()
        # Its answer, waiting to be read before anything is asked of it.
        with at_desk(site.config) as at:
            client = _answering(old, b'{"ok":false,"error":"unknown request"}\n')
            with pytest.raises(ScreenerError, match="unknown request"):
                tell_agent(at, 2.0)
            client.join(5.0)


def _answering(listener: socket.socket, answer: bytes) -> Thread:
    def serve() -> None:
        for _ in range(2):  # the look whether anybody is there, then the request
            connection, _ = listener.accept()
            with connection:
                if connection.recv(4_096):
                    connection.sendall(answer)

    thread = Thread(target=serve)
    thread.start()
    return thread
