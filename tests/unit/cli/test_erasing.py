import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from screener.cli.erasing import Elsewhere
from screener.config.load import load_config
from screener.storage.central.pending import pending
from screener.storage.keys import load_keys
from tests.unit.agents import an_agent, port_of
from tests.unit.cli.command import run_here
from tests.unit.cli.logged import Logged, logged
from tests.unit.fastagi_client import screened
from tests.unit.storage.logs import decided

NUMBER = "+16515550142"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Logged]:
    with logged(tmp_path) as found:
        found.log.decisions(decided("a" * 16, NUMBER))
        yield found


@contextmanager
def answering(path: Path, reply: bytes) -> Iterator[list[bytes]]:
    """Answer one request at the socket as an agent would; yield what was asked."""
    asked: list[bytes] = []

    class Answer(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            asked.append(self.rfile.readline())
            self.wfile.write(reply)

    with socketserver.UnixStreamServer(str(path), Answer) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        yield asked
        thread.join()


def forgotten(site: Logged) -> Elsewhere:
    elsewhere = Elsewhere(site.config, load_keys(site.log.keys))
    elsewhere.forget(NUMBER)
    return elsewhere


def test_a_running_agent_is_asked_and_its_answer_told(site: Logged) -> None:
    socket = Path(site.config.control.socket)
    with answering(socket, b'{"ok": true, "queued": 3}\n') as asked:
        told = forgotten(site).told
    assert b'"forget"' in asked[0]
    assert NUMBER.encode() in asked[0]
    assert told == ["the running agent has forgotten it; 3 calls of it were waiting to be written"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("unknown request; known are: status", "it remembers this one until its tables let go"),
        ("internal error", "the running agent did not forget it: internal error"),
    ],
)
def test_an_agent_that_does_not_forget_is_told_plainly(site: Logged, error: str, said: str) -> None:
    socket = Path(site.config.control.socket)
    with answering(socket, f'{{"ok": false, "error": "{error}"}}\n'.encode()):
        elsewhere = forgotten(site)
    assert said in elsewhere.told[0]
    assert not elsewhere.is_whole


def test_an_agent_that_gives_no_answer_is_not_taken_for_none(site: Logged) -> None:
    left = site.log.path.parent / "memory.state"
    left.write_bytes(b"not sealed")
    with answering(Path(site.config.control.socket), b""):
        elsewhere = forgotten(site)
    assert len(elsewhere.told) == 1  # what is the agent's own to change is left to it
    assert elsewhere.told[0].startswith("the running agent may still remember it: ")
    assert "repeat this command" in elsewhere.told[0]
    assert not elsewhere.is_whole


def test_without_an_agent_nobody_remembers(site: Logged) -> None:
    elsewhere = forgotten(site)
    assert elsewhere.told == ["no agent answers, so none remembers it"]
    assert elsewhere.is_whole


def test_what_an_agent_left_behind_is_changed_and_what_cannot_be_is_told(site: Logged) -> None:
    (site.log.path.parent / "memory.state").write_bytes(b"not sealed")
    elsewhere = forgotten(site)
    assert not elsewhere.is_whole
    told = elsewhere.told
    assert told[1].startswith("what an agent left behind may hold it: ")


def test_the_memory_that_a_stopped_agent_kept_lets_go_of_the_number(tmp_path: Path) -> None:
    with an_agent(tmp_path) as agent:
        screened(port_of(agent), NUMBER)
    config = load_config(agent.config)
    elsewhere = Elsewhere(config, load_keys(Path(config.storage.keys)))
    elsewhere.forget(NUMBER)
    assert elsewhere.told[0] == "no agent answers, so none remembers it"
    assert "entries of its memory are erased" in elsewhere.told[1]


def test_reviews_of_the_number_go_with_it(capsys: pytest.CaptureFixture[str], site: Logged) -> None:
    assert run_here(capsys, "deny", NUMBER, "--config", str(site.path)).status in {0, 4}
    told = forgotten(site).told
    assert told[-1] == "1 reviews of it (allow, deny, not-spam) are erased"


def test_what_was_not_looked_at_is_named(site: Logged) -> None:
    folder = site.log.path.parent
    for name in ("decisions.db.corrupt-1", "decisions.db.corrupt-1-wal"):
        (folder / name).touch()
    named = Elsewhere(site.config, load_keys(site.log.keys)).may_hold()
    assert named[0] == "decisions.db.corrupt-1"
    assert "backups" in named
    assert not [name for name in named if name.endswith("-wal")]


def test_a_central_log_that_is_away_is_told_and_the_erasure_kept(site: Logged) -> None:
    text = site.path.read_text()
    site.path.write_text(text + f'ship: {{dsn: "host={site.path.parent} dbname=x user=x"}}\n')
    elsewhere = forgotten(site)
    assert not elsewhere.is_whole
    assert "the central log still holds it (the central log cannot be used" in elsewhere.told[-1]
    keys = load_keys(site.log.keys)
    found, unread = pending(site.log.path.parent, keys)
    assert ([one.identity for one in found], unread) == ([NUMBER], [])


def test_without_psycopg_an_erasure_is_kept_as_well(
    site: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    for name in ("driver", "erased", "schema"):
        monkeypatch.delitem(sys.modules, f"screener.storage.central.{name}", raising=False)
    site.path.write_text(site.path.read_text() + "ship: {dsn: service=x}\n")
    elsewhere = forgotten(site)
    assert "psycopg, which is not installed" in elsewhere.told[-1]
    assert len(pending(site.log.path.parent, load_keys(site.log.keys))[0]) == 1
