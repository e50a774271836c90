"""One running Asterisk of the lab: its run folder, its start, its command line, its end.

It runs the sample configuration as an admin would copy it, fitted by `samples` to free ports on
loopback. What calls it is left to `sipp`.
"""

import os
import re
import shlex
import shutil
import subprocess
import time
from pathlib import Path

from screener.errors import MissingPartError
from screener.lab.child import Child
from screener.lab.ports import LOOPBACK, free_ports, free_udp_block
from screener.lab.root import LabRoot
from screener.lab.samples import RTP_PORTS, LabPorts, LabSettings, fit_samples
from screener.lab.share import sample_folder

BOOT_LIMIT_S = 90.0
"""A boot takes 0.6 s here; a loaded machine is given its time."""

_SOCKET_PATH = 107
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

_DIRECTORIES = """\
[directories]
astetcdir = {etc}
astmoddir = {modules}
astvarlibdir = {folder}/lib
astdbdir = {folder}/lib
astkeydir = {folder}/lib
astdatadir = {data}
astagidir = {folder}/agi-bin
astspooldir = {folder}/spool
astrundir = {folder}/run
astlogdir = {folder}/log
astcachedir = {folder}/cache

[options]
verbose = 1
nocolor = yes
documentation_language = en_US
"""
_LOGGER = """\
[general]
dateformat = %F %T.%3q

[logfiles]
messages => notice,warning,error,verbose(1)
"""
_CORE_FILES = (
    "acl",
    "amd",
    "cdr",
    "cel",
    "features",
    "indications",
    "pjproject",
    "res_http_media_cache",
    "stir_shaken",
    "udptl",
    "websocket_client",
)
"""Files that Asterisk's core reports as errors when they are not there; empty ones will do."""


def choose_ports() -> LabPorts:
    """Return free ports on loopback for a whole lab."""
    sip, operators, agent, http, ami = free_ports(5)
    return LabPorts(sip, operators, agent, http, ami, free_udp_block(RTP_PORTS))


class Asterisk(Child):
    """A running Asterisk in a folder of its own.

    Start it with `start()`, or use it as a context manager. `ports` says where it listens and where
    it expects the agent and the operators.
    """

    what = "Asterisk"

    def __init__(
        self,
        root: LabRoot,
        folder: Path,
        ports: LabPorts | None = None,
        settings: LabSettings | None = None,
    ) -> None:
        self.ports = ports or choose_ports()
        self.folder = folder.absolute()
        self.log = self.folder / "log/messages"
        self._root = root
        self._settings = settings or LabSettings()
        self._output = self.folder / "log/output"

    def lay_out(self) -> None:
        """Make the run folder with the fitted samples; `start` does it too."""
        if len(str(self.folder / "run/asterisk.ctl")) > _SOCKET_PATH:
            raise MissingPartError(f"{self.folder} is too long a name for Asterisk's socket")
        for part in ("etc", "lib/keys", "agi-bin", "spool", "run", "log", "cache"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        etc = self.folder / "etc"
        for name in _CORE_FILES:
            (etc / f"{name}.conf").touch()
        fit_samples(sample_folder(), etc, self.ports, self._settings)
        if self._settings.ari_secret:
            self._keep_secret(self._settings.ari_secret)
        (etc / "logger.conf").write_text(_LOGGER)
        (etc / "asterisk.conf").write_text(
            _DIRECTORIES.format(
                etc=etc, folder=self.folder, modules=self._root.modules, data=self._root.data
            )
        )

    def start(self, limit_s: float = BOOT_LIMIT_S, prefix: tuple[str, ...] = ()) -> None:
        """Start it and wait until it is fully booted, `limit_s` seconds at most.

        `prefix` are words before the command, such as `unshare -n`. Raises MissingPartError with
        the last lines of its log where it does not come up.
        """
        self.lay_out()
        child = self._spawn(
            [*prefix, *self._command(), "-f"],
            self._output,
            folder=self.folder,
            environment={**os.environ, "TERM": "dumb"},
        )
        deadline = time.monotonic() + limit_s
        while not self._is_booted():
            if child.poll() is not None:
                raise MissingPartError(f"Asterisk ended while starting: {self.last_words()}")
            if time.monotonic() > deadline:
                self.stop()
                raise MissingPartError(
                    f"Asterisk was not up after {limit_s:g} s: {self.last_words()}"
                )
            time.sleep(0.05)

    def rx(self, command: str, limit_s: float = 10.0) -> str:
        """Run one command of Asterisk's command line and return what it prints, without colours.

        Raises MissingPartError where Asterisk does not answer.
        """
        try:
            said = subprocess.run(  # noqa: S603 - the lab's own program
                [*self._command(), "-rx", command],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=limit_s,
                env={**os.environ, "TERM": "dumb"},
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise MissingPartError(f"Asterisk did not answer within {limit_s:g} s") from error
        if said.returncode:
            raise MissingPartError(f"Asterisk does not answer: {said.stdout.strip()}")
        return _COLOUR.sub("", said.stdout)

    @property
    def ari_url(self) -> str:
        """Where its REST interface listens."""
        return f"http://{LOOPBACK}:{self.ports.http}"

    @property
    def ari_secret_file(self) -> Path:
        """The file that holds the ARI user's password alone, where the settings have one."""
        return self.folder / "ari.secret"

    @property
    def console(self) -> str:
        """The words that open its command line in a terminal."""
        return shlex.join([*self._command(), "-r"])

    def channels(self) -> int:
        """Return how many channels are up, of callers, operators and Asterisk's own."""
        found = re.search(r"(\d+) active channel", self.rx("core show channels count"))
        return int(found[1]) if found else 0

    def waiting(self, queue: str = "operators") -> int:
        """Return how many callers wait in a queue."""
        found = re.search(r"has (\d+) calls", self.rx(f"queue show {queue}"))
        return int(found[1]) if found else 0

    def last_words(self, lines: int = 5) -> str:
        """Return the last lines that Asterisk logged or printed, in one line."""
        for place in (self.log, self._output):
            if place.is_file() and (text := place.read_text(errors="replace").strip()):
                return " | ".join(text.splitlines()[-lines:])
        return "it said nothing"

    def remove(self) -> None:
        """Stop it and remove its run folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _keep_secret(self, secret: str) -> None:
        (self.folder / "etc/ari.conf").chmod(0o600)
        self.ari_secret_file.touch(mode=0o600)
        self.ari_secret_file.write_text(f"{secret}\n")

    def _command(self) -> list[str]:
        return [*self._root.command("asterisk"), "-C", str(self.folder / "etc/asterisk.conf")]

    def _is_booted(self) -> bool:
        if not (self.folder / "run/asterisk.ctl").exists():
            return False
        try:
            return "fully booted" in self.rx("core waitfullybooted")
        except MissingPartError:
            return False
