"""One run of SIPp: real SIP callers, or real operators' phones, with their results as figures.

The scenarios stand beside, as text. What the calls are, and what they should meet, is left to the
traffic and to the tests.
"""

import csv
import re
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from screener.errors import MissingPartError
from screener.lab.child import Child
from screener.lab.ports import LOOPBACK, free_ports, free_udp_block
from screener.lab.root import LabRoot

SCENARIOS = Path(__file__).parent / "scenarios"
"""caller.xml, info.xml, hostile.xml (callers) and operator.xml (phones)."""

_FINE = {0, 1, 97, 99}
"""SIPp's own exit statuses: all well, some call failed, told to end, no call made."""

_COLUMN = re.compile(r"\d+_(\w+)_(Recv|Sent)")


@dataclass(frozen=True, slots=True)
class Load:
    """How many calls to make and how: `rate` a second; `rows` are the fields of the scenario.

    `at_once` caps the calls up at one time, `limit_s` bounds the whole run; `hold_ms` is what a
    scenario's plain pause lasts (an operator's talk). A row is used once; they start over when
    there are fewer than calls. `mark` begins every Call-ID, `media_port` is where the sound is
    wanted (0: a free port, where nobody listens).
    """

    calls: int = 0
    rate: float = 10.0
    rows: Sequence[Sequence[str]] = ()
    at_once: int = 1000
    hold_ms: int = 1000
    limit_s: float = 120.0
    mark: str = "lab"
    media_port: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """What a run has seen: messages received and sent by name (`486`, `BYE`), and ended calls.

    A name counts where it stands first in the scenario, so 200 is the answer to the INVITE.
    `failed` counts calls that met something their scenario does not allow, or nothing at all; a
    refusal with a SIP code is a successful call here.
    """

    received: Mapping[str, int] = field(default_factory=dict)
    sent: Mapping[str, int] = field(default_factory=dict)
    created: int = 0
    successful: int = 0
    failed: int = 0

    def code(self, code: int) -> int:
        """Return how many calls met this response."""
        return self.received.get(str(code), 0)


class Sipp(Child):
    """A running SIPp in a folder of its own; `target` is the SIP port called, None for phones."""

    what = "SIPp"
    stop_limit_s = 3.0

    def __init__(
        self,
        root: LabRoot,
        folder: Path,
        scenario: str,
        load: Load,
        *,
        target: int | None = None,
        port: int | None = None,
    ) -> None:
        self.port = port or free_ports(1)[0]
        self.folder = folder
        self._root = root
        self._scenario = SCENARIOS / scenario
        self._load = load
        self._target = target
        self._output = folder / "output"

    def start(self) -> None:
        """Start it; raises MissingPartError where SIPp ends at once."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [*self._root.command("sipp"), *self._words()]
        child = self._spawn(command, self._output, folder=self.folder)
        try:
            status = child.wait(0.1)
        except subprocess.TimeoutExpired:
            return
        self._refuse(status)

    def wait(self, limit_s: float | None = None) -> Counts:
        """Wait until all calls are over and return what became of them.

        Raises MissingPartError where SIPp breaks, or is not done after `limit_s` seconds (the
        load's own limit and a little where none is given); it is stopped then.
        """
        if self._child is None:
            raise MissingPartError("SIPp is not running")
        limit = self._load.limit_s + 10 if limit_s is None else limit_s
        try:
            status = self._child.wait(limit)
        except subprocess.TimeoutExpired as error:
            self.stop()
            raise MissingPartError(f"SIPp was not done after {limit:g} s") from error
        self._refuse(status)
        return self.counts()

    def counts(self) -> Counts:
        """Return what was seen so far; a running SIPp writes it every second."""
        messages = _last_row(self.folder, "*_counts.csv")
        totals = _last_row(self.folder, "totals.csv")
        seen: dict[str, dict[str, int]] = {"Recv": {}, "Sent": {}}
        for column, value in messages.items():
            if named := _COLUMN.fullmatch(column):
                seen[named[2]].setdefault(named[1], int(value))
        return Counts(
            seen["Recv"],
            seen["Sent"],
            int(totals.get("TotalCallCreated", 0)),
            int(totals.get("SuccessfulCall(C)", 0)),
            int(totals.get("FailedCall(C)", 0)),
        )

    def response_times_ms(self) -> list[float]:
        """Return the milliseconds from each INVITE to its final response, in order of arrival."""
        times: list[float] = []
        for path in self.folder.glob("*_rtt.csv"):
            rows = [line.split(";") for line in path.read_text().splitlines()[1:]]
            times += [float(row[1]) for row in rows if len(row) > 1]
        return times

    def hush(self) -> None:
        """Make no more calls and end when those under way are over."""
        if self.running and self._child is not None:
            self._child.send_signal(signal.SIGUSR1)

    def _words(self) -> list[str]:
        load = self._load
        media = load.media_port or free_udp_block(4)
        words = [] if self._target is None else [f"{LOOPBACK}:{self._target}"]
        words += ["-sf", str(self._scenario), "-i", LOOPBACK, "-p", str(self.port), "-bind_local"]
        words += ["-mi", LOOPBACK, "-mp", str(media), "-nostdin", "-trace_err"]
        words += ["-trace_stat", "-stf", "totals.csv", "-fd", "1", "-trace_counts", "-trace_rtt"]
        words += [
            "-rtt_freq",
            "1",
            "-cid_str",
            f"{load.mark}-%u-%p@{LOOPBACK}",
            "-d",
            str(load.hold_ms),
        ]
        if self._target is not None:
            words += ["-m", str(load.calls), "-r", f"{load.rate:g}", "-l", str(load.at_once)]
            words += ["-timeout", f"{load.limit_s:g}", "-recv_timeout", f"{load.limit_s * 1000:g}"]
        if load.rows:
            write_rows(self.folder / "calls.csv", load.rows)
            words += ["-inf", "calls.csv"]
        return words

    def _refuse(self, status: int) -> None:
        if status not in _FINE:
            errors = sorted(self.folder.glob("*_errors.log"))
            text = (errors[-1] if errors else self._output).read_text(errors="replace").strip()
            raise MissingPartError(f"SIPp ended with status {status}: {text[-300:]}")


def write_rows(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write an injection file; raises ValueError for a field that would break its form."""
    lines = ["SEQUENTIAL"]
    for row in rows:
        if any(mark in value for value in row for mark in ";\r\n"):
            raise ValueError(f"a field may not hold a semicolon or a line break: {row!r}")
        lines.append(";".join(row) + ";")
    path.write_text("\n".join(lines) + "\n")


def wait_all(runs: Iterable[Sipp], limit_s: float) -> list[Counts]:
    """Wait for several runs under one limit, seconds; as `Sipp.wait`."""
    deadline = time.monotonic() + limit_s
    return [run.wait(max(0.1, deadline - time.monotonic())) for run in runs]


def _last_row(folder: Path, name: str) -> dict[str, str]:
    """Read the last row that was written whole; a running SIPp may be in the middle of one."""
    for path in folder.glob(name):
        lines = path.read_text().split("\n")[:-1]
        if len(lines) > 1:
            head, last = csv.reader([lines[0], lines[-1]], delimiter=";")
            return dict(zip(head, last, strict=False))
    return {}


__all__ = ["SCENARIOS", "Counts", "Load", "Sipp", "wait_all", "write_rows"]
