"""Figures of a benchmark: quantiles, medians of rounds, the clocks of other processes, tables.

What is measured is left to the benchmarks, what was aimed at to `report`.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.report import REPORT, Report


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is done: the full run, or a quick one that only shows that it works.

    `minutes`, `scenario` and `share` are for `real-day`; 0 or empty: its own.
    """

    quick: bool
    minutes: float = 0.0
    scenario: str = ""
    share: float = 0.0

    def of(self, full: int, quick: int) -> int:
        """Return the size for this run."""
        return quick if self.quick else full


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which that share of them lies; 0 where there are none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def median_quantile(rounds: Sequence[Sequence[float]], share: float) -> float:
    """Return the median over the rounds of each round's quantile."""
    return median(quantile(values, share) for values in rounds)


def cpu_s(pid: int) -> float:
    """Return the CPU seconds a process of this machine has used (Linux, all its threads).

    The kernel's id of another process's CPU clock is made as in `clock_getcpuclockid(3)`.
    """
    return time.clock_gettime_ns((~pid << 3) | 2) / 1e9


def resident_mb() -> float:
    """Return this process's resident memory, MB of 10^6 bytes."""
    return _kilobytes(Path("/proc/self/status"), "VmRSS:") * 1024 / 1e6


def own_mb(pid: int) -> float:
    """Return a process's memory with its share of what it shares (PSS), MB of 10^6 bytes."""
    return _kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss:") * 1024 / 1e6


def _kilobytes(path: Path, key: str) -> int:
    for line in path.read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1])
    raise OSError(f"this system tells no {key}")


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table in plain text, the first column to the left and the others to the right.

    It is kept for the report at the end, too.
    """
    REPORT.table(title, columns, rows)
    _print(title, columns, rows)


def show_aims(report: Report, *, quick: bool) -> None:
    """Print every aim of the run with what was found."""
    missed = sum(not aim.met for aim in report.aims)
    title = f"Aims: {len(report.aims) - missed} met, {missed} missed"
    if quick:
        title += " (of a quick look: it means nothing)"
    _print(title, ("aim", "found", "bound", ""), report.rows_of_aims())


def _print(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    table = [[str(column) for column in columns], *([_text(cell) for cell in row] for row in rows)]
    widths = [max(len(row[at]) for row in table) for at in range(len(columns))]
    print(f"\n{title}")
    for row in table:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  " + "  ".join(cells), flush=True)


def _text(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:,.2f}" if abs(cell) < 100 else f"{cell:,.0f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
