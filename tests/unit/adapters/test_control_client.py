"""The blocking client, against sockets that do not answer as an agent would."""

import os
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from screener.adapters.control_client import SilentAgentError, ask, follow, socket_address
from screener.errors import MissingPartError, RemoteProtocolError, ScreenerError

REQUEST = {"op": "status"}
NOBODY = 65534


@contextmanager
def answering(path: Path, answer: Callable[[socket.socket], None]) -> Iterator[None]:
    """Let one connection be answered so, in a thread of its own."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(1)

        def serve() -> None:
            connection = listener.accept()[0]
            with connection:
                answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            thread.join(10.0)
            assert not thread.is_alive()


def fixed(data: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(data)

    return answer


def until_left(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


def test_no_agent_says_what_to_start(path: Path) -> None:
    text = f"the agent is not running: nothing answers at {path}; start it with `screener serve`"
    for call in (lambda: ask(path, REQUEST), lambda: follow(path)):
        with pytest.raises(MissingPartError) as caught:
            call()
        assert str(caught.value) == text


def test_a_dead_agents_socket_counts_as_no_agent(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with pytest.raises(MissingPartError, match="the agent is not running"):
        ask(path, REQUEST)


def test_a_path_may_be_just_so_long() -> None:
    assert socket_address("/" + "x" * 106) == "/" + "x" * 106
    with pytest.raises(ScreenerError, match="longer than 107 bytes"):
        socket_address("/" + "x" * 107)
    with pytest.raises(ScreenerError, match="longer than 107 bytes"):
        ask("/" + "\u00e9" * 54, REQUEST)


def test_an_answer_in_pieces_is_put_together(path: Path) -> None:
    def slowly(connection: socket.socket) -> None:
        connection.recv(65_536)
        for byte in b'{"ok":true,"n":1}\n':
            connection.sendall(bytes([byte]))

    with answering(path, slowly):
        assert ask(path, REQUEST) == {"ok": True, "n": 1}


@pytest.mark.parametrize("cut", range(len(b'{"ok":true}\n')))
def test_an_answer_cut_off_is_no_answer(path: Path, cut: int) -> None:
    with (
        answering(path, fixed(b'{"ok":true}\n'[:cut])),
        pytest.raises(SilentAgentError, match="closed without an answer"),
    ):
        ask(path, REQUEST)


def test_an_agent_that_hangs_is_left_in_time(path: Path) -> None:
    with (
        answering(path, until_left),
        pytest.raises(SilentAgentError, match="did not answer in time"),
    ):
        ask(path, REQUEST, timeout=0.02)


def test_an_agent_that_hangs_is_left_in_time_by_a_follower(path: Path) -> None:
    with (
        answering(path, until_left),
        pytest.raises(SilentAgentError, match="did not answer in time"),
    ):
        follow(path, timeout=0.02)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (b'{"ok":false,"error":"no such caller"}\n', "no such caller"),
        (b'{"ok":false}\n', "refused without saying why"),
        (b'{"ok":1}\n', "refused without saying why"),
        (b"{}\n", "refused without saying why"),
    ],
)
def test_a_refusal_is_an_error_with_the_agents_text(path: Path, answer: bytes, text: str) -> None:
    with answering(path, fixed(answer)), pytest.raises(ScreenerError, match=text):
        ask(path, REQUEST)


@pytest.mark.parametrize("answer", [b"hello\n", b"[]\n", b'{"ok":NaN}\n'])
def test_an_answer_that_is_no_message_is_told_so(path: Path, answer: bytes) -> None:
    with answering(path, fixed(answer)), pytest.raises(RemoteProtocolError):
        ask(path, REQUEST)


def test_a_follower_reads_to_the_end_and_leaves_half_a_line_out(path: Path) -> None:
    with answering(path, fixed(b'{"ok":true}\n{"n":1}\n{"n":2}\n{"n":')):
        assert list(follow(path)) == [{"n": 1}, {"n": 2}]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can stand in for another user")
def test_somebody_elses_socket_is_not_told_any_number(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener,
    ):
        path = Path(folder) / "control.sock"
        Path(folder).chmod(0o777)
        os.seteuid(NOBODY)
        try:
            listener.bind(str(path))
            listener.listen()
        finally:
            os.seteuid(0)
        monkeypatch.setattr(os, "getuid", lambda: 4242)
        with pytest.raises(ScreenerError, match="another user"):
            ask(path, {"op": "status"})
