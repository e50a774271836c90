"""A real Redis or Valkey, and its Sentinels, each on a free port of loopback, for the tests.

The system's own is used where it is there, else one fetched beside the lab without root, run
through its own tree's loader. Redis and Valkey are told apart by `Kind`; what they are asked is
the tests' part.
"""

import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from screener.errors import MissingPartError
from screener.lab.child import Child
from screener.lab.fetch import Fetched, fetch_tree, folder_trouble, lab_folder, locked
from screener.lab.ports import LOOPBACK, free_ports

UP_S = 60.0
"""How long a server may take to answer."""

_READY = "ready"


@dataclass(frozen=True, slots=True)
class Kind:
    """One make of server: its program, and the packages that hold it."""

    name: str
    packages: tuple[str, ...]

    @property
    def program(self) -> str:
        return f"{self.name}-server"

    def command(self) -> list[str]:
        """Return the words that start it; raises MissingPartError where it cannot be had."""
        if os.environ.get("SCREENER_LAB_FETCH") != "always" and (
            found := shutil.which(self.program)
        ):
            return [found]
        folder = lab_folder() / self.name
        root = folder / "root"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with locked(folder / "lock", lambda _: None):
                if not (root / _READY).exists():
                    what = Fetched(self.name.title(), "about 12 MB", self.packages, _finish)
                    fetch_tree(root, what, lambda _: None, lambda _: None)
        except OSError as error:
            raise MissingPartError(folder_trouble(folder, error)) from error
        loader = next(iter(sorted(root.glob("usr/lib/*/ld-linux*.so.*"))), None)
        if loader is None:
            raise MissingPartError(f"{root} holds no loader: remove the folder and try again")
        return [
            str(loader),
            "--library-path",
            str(loader.parent),
            str(root / "usr/bin" / self.program),
        ]


REDIS = Kind("redis", ("redis-server",))
VALKEY = Kind("valkey", ("valkey-server",))


def _finish(tree: Path, archives: list[str]) -> None:
    (tree / _READY).write_text("\n".join(archives))


@dataclass
class RedisServer(Child):
    """One server, nothing on disk; `settings` are lines of its configuration."""

    folder: Path
    kind: Kind = REDIS
    settings: tuple[str, ...] = ()
    sentinel: bool = False
    port: int = 0
    tls: bool = False
    what: str = field(default="the server", init=False)

    def start(self) -> None:
        command = self.kind.command()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = self.port or free_ports(1)[0]
        ports = [f"tls-port {self.port}", "port 0"] if self.tls else [f"port {self.port}"]
        file = self.folder / ("sentinel.conf" if self.sentinel else "server.conf")
        lines = (
            *ports,
            f"bind {LOOPBACK}",
            f"dir {self.folder}",
            *(() if self.sentinel else ("save ''", "appendonly no")),
            *self.settings,
        )
        if not (self.sentinel and file.exists()):
            file.write_text("\n".join(lines) + "\n")
        extra = ["--sentinel"] if self.sentinel else []
        self._spawn([*command, str(file), *extra], self.folder / "log", folder=self.folder)
        ends = time.monotonic() + UP_S
        while not self._answers():
            if not self.running or time.monotonic() > ends:
                raise MissingPartError(f"{self.kind.program} does not start: {self._said()}")
            time.sleep(0.02)

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def freeze(self) -> None:
        """Stop it as a whole; connections stand and nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it at once, as by a crash."""
        assert self._child is not None
        self._child.kill()
        self._child.wait(self.stop_limit_s)

    def stop(self) -> None:
        with suppress(MissingPartError, ProcessLookupError):
            self.thaw()
        super().stop()

    def say(self, *words: str, user: str = "", password: str = "") -> bytes:
        """Say one thing over a connection of its own and return the raw answer, up to 64 KiB."""
        with socket.create_connection((LOOPBACK, self.port), timeout=30) as peer:
            asked = [("AUTH", user, password)] if user else []
            for one in (*asked, words):
                parts = [word.encode() for word in one]
                told = b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
                peer.sendall(b"*%d\r\n%s" % (len(parts), told))
                answer = peer.recv(65_536)
        return answer

    def _answers(self) -> bool:
        """Whether it says anything: then all its sockets are open; over TLS that one is must do."""
        with suppress(OSError), socket.create_connection((LOOPBACK, self.port), timeout=1) as peer:
            if self.tls:
                return True
            peer.sendall(b"PING\r\n")
            return bool(peer.recv(100))
        return False

    def _said(self) -> str:
        with suppress(OSError):
            return (self.folder / "log").read_text(errors="replace")[-500:]
        return "it said nothing"


def require_redis() -> None:
    """Skip the tests where no Redis can be had, or fail them if they must run."""
    try:
        REDIS.command()
    except MissingPartError as error:
        if os.environ.get("SCREENER_REQUIRE_LAB") == "1":
            raise
        pytest.skip(f"no redis: {error}")


@contextmanager
def redis_or_skip(folder: Path) -> Iterator[RedisServer]:
    """Run a Redis, if one can be had."""
    require_redis()
    with RedisServer(folder) as running:
        yield running


def sentinel_of(
    folder: Path, kind: Kind, name: str, primary: RedisServer, quorum: int
) -> RedisServer:
    """Return a Sentinel, not started, that watches a primary under that name."""
    settings = (
        f"sentinel monitor {name} {LOOPBACK} {primary.port} {quorum}",
        f"sentinel down-after-milliseconds {name} 500",
        f"sentinel failover-timeout {name} 2000",
        "sentinel resolve-hostnames no",
    )
    return RedisServer(folder, kind, settings, sentinel=True)
