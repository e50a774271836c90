"""Calls into the sample dialplan by called number, which chooses what the peer or the site does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from screener.lab.asterisk import Asterisk
from screener.lab.root import LabRoot
from screener.lab.sipp import Counts, Load, Sipp

Call = Callable[..., Counts]
PEOPLE = (("+15551230101", "Ann Example"), ("+15551230102", "Bob Example"))


@contextmanager
def calling(lab_root: LabRoot, asterisk: Asterisk, folder: Path) -> Iterator[Call]:
    """Call a number, once for each of PEOPLE unless told otherwise, and see what comes back."""
    runs: list[Sipp] = []

    def make(did: str, hold_ms: int = 100, calls: int = 2, rate: float = 20) -> Counts:
        rows = [(*PEOPLE[n % 2], did, str(hold_ms)) for n in range(calls)]
        load = Load(calls=calls, rate=rate, rows=rows, limit_s=30)
        run = Sipp(lab_root, folder / did, "caller.xml", load, target=asterisk.ports.sip)
        runs.append(run)
        run.start()
        return run.wait()

    try:
        yield make
    finally:
        for run in runs:
            run.stop()
