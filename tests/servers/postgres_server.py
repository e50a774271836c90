"""A real PostgreSQL for the tests: the system's own, or one fetched beside the lab, without root.

It listens on a socket in its own folder alone. PostgreSQL refuses to run as root, so root runs it
as `nobody`, in a folder of that user.
"""

import atexit
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import psycopg
import pytest

from screener.errors import MissingPartError
from screener.lab.fetch import Fetched, fetch_tree, folder_trouble, lab_folder, locked

PACKAGES = ("postgresql",)
USER = "screener"
START_S = 60.0

_SETTINGS = {
    # Safe against a kill of its processes, which is what tests do; not against a power cut.
    "fsync": "off",
    "listen_addresses": "''",
    "shared_buffers": "32MB",
    "max_connections": "40",
    "log_min_messages": "fatal",
}
# initdb and postgres find each other by their own path, so scripts stand where they look. Their
# own loader and libraries make the machine's libc not matter.
_SCRIPT = """\
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
top=$here/../../../../..
exec "$top/{loader}" --argv0 "$here/{name}" --library-path "$top/{libraries}" \\
  "$here/{name}.real" "$@"
"""


@dataclass(frozen=True, slots=True)
class Programs:
    """Where `initdb` and `postgres` are; `tree` is what must be copied for another user, if any."""

    folder: Path
    tree: Path | None = None


def ensure_postgres() -> Programs:
    """Return a PostgreSQL: the system's own, the one fetched before, or a new one.

    SCREENER_LAB_FETCH=always passes the system's own by. Raises MissingPartError.
    """
    if os.environ.get("SCREENER_LAB_FETCH") != "always":
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if found:
            return Programs(found[-1].parent)
    folder = lab_folder() / "postgresql"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / "lock", lambda _: None):
            if not _bin(folder / "root"):
                what = Fetched("PostgreSQL", "about 60 MB", PACKAGES, _finish)
                fetch_tree(folder / "root", what, lambda _: None, lambda _: None)
    except OSError as error:
        raise MissingPartError(folder_trouble(folder, error)) from error
    programs = _bin(folder / "root")
    if programs is None:
        raise MissingPartError(f"{folder}/root holds no PostgreSQL: remove it and try again")
    return Programs(programs, folder / "root")


def _bin(root: Path) -> Path | None:
    found = sorted(root.glob("usr/lib/postgresql/*/bin/initdb.real"))
    return found[-1].parent if found else None


def _finish(tree: Path, archives: list[str]) -> None:
    del archives
    loader = next(iter(sorted(tree.glob("usr/lib/*/ld-linux*.so.*"))))
    for program in ("postgres", "initdb"):
        for path in tree.glob(f"usr/lib/postgresql/*/bin/{program}"):
            path.rename(path.with_name(f"{program}.real"))
            path.write_text(
                _SCRIPT.format(
                    loader=loader.relative_to(tree),
                    libraries=loader.parent.relative_to(tree),
                    name=program,
                )
            )
            path.chmod(0o755)


class PostgresServer:
    """One server with a folder of its own; ended by its process id."""

    def __init__(self, programs: Programs) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="screener-pg-"))
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._programs = self._reachable(programs)
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0
        self._own(self._folder)
        self._run("initdb", "-D", str(self.data), "-U", USER, "-A", "trust", "-E", "UTF8", "-N")
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in _SETTINGS.items())

    @property
    def data(self) -> Path:
        return self._folder / "data"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def dsn(self, database: str = "postgres") -> str:
        return f"host={self._folder} user={USER} dbname={database}"

    def new_database(self, options: str = "") -> str:
        """Make an empty database, with options of its creation; return the way to it."""
        self._made += 1
        name = f"log{self._made}"
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 {options}".encode())
        return self.dsn(name)

    def start(self) -> None:
        """Start it and wait until it answers; after a crash that is when it has recovered."""
        command = [str(self._programs / "postgres"), "-D", str(self.data), "-k", str(self._folder)]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self._as_user()
        )
        until = time.monotonic() + START_S
        while True:
            try:
                psycopg.connect(self.dsn(), connect_timeout=2).close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """Kill the server as a crash of its machine's would, its workers with it."""
        for pid in (*self._workers(), self._pid()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._reap()

    def freeze(self) -> None:
        """Stop everything: connections stay, nobody answers."""
        for pid in (self._pid(), *self._workers()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        for pid in (self._pid(), *self._workers()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def close(self) -> None:
        if self._process is not None:
            self.thaw()
            self._process.send_signal(signal.SIGINT)  # a fast shutdown
            self._reap()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _workers(self) -> list[int]:
        told = Path(f"/proc/{self._pid()}/task/{self._pid()}/children").read_text()
        return [int(pid) for pid in told.split()]

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait(START_S)
            self._process = None

    def _reachable(self, programs: Programs) -> Path:
        """Return a folder that the user who runs it may look into: root's cache is its own."""
        if programs.tree is None or self._user is None:
            return programs.folder
        copy = self._folder / "root"
        shutil.copytree(programs.tree, copy, symlinks=True)
        return copy / programs.folder.relative_to(programs.tree)

    def _own(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def _as_user(self) -> dict[str, Any]:
        if self._user is None:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self._folder,
            **self._as_user(),
        )
        if done.returncode:
            raise MissingPartError(f"{program} failed: {done.stderr.strip()[-300:]}")


def found_programs() -> Programs:
    """Return a PostgreSQL; where none is to be had the test is skipped, unless it is required."""
    try:
        return ensure_postgres()
    except MissingPartError as error:
        if os.environ.get("SCREENER_REQUIRE_LAB") == "1":
            raise
        pytest.skip(f"no PostgreSQL: {error}")


@contextlib.contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Run a server that one test may end, kill and freeze."""
    with PostgresServer(found_programs()) as server:
        yield server


@cache
def shared_postgres() -> PostgresServer:
    """Return the server of this process's tests, each of which makes a database of its own."""
    server = PostgresServer(found_programs())
    atexit.register(server.close)
    server.start()
    return server
