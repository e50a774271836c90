"""Shipping an edge's log to the central one: rows a second beside the same rows brought bare.

The peers put ready rows into the very tables, empty and with their indexes: by one COPY, and by
`executemany`, 500 a commit. Shipping reads them from the edge's own log, half of them with two
outcomes each, and moves its cursor. The server runs with fsync off, which spares all of them the
same waits for the disk.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import psycopg

from screener.storage.central.cursor import Cursor
from screener.storage.central.driver import connect
from screener.storage.central.edge_reading import read_batch
from screener.storage.central.schema import prepare
from screener.storage.log_rows import COLUMNS
from tests.bench.figures import Scale, show
from tests.servers.postgres_server import shared_postgres
from tests.servers.shipped_edge import ShippedEdge, asked

ROUNDS = 5
BATCH = 500

_INTO = f"calls (edge, {', '.join(COLUMNS)})"
Rows = list[tuple[object, ...]]


def run(scale: Scale) -> None:
    """Measure and print."""
    count = scale.of(10_000, 300)
    with tempfile.TemporaryDirectory(prefix="screener-bench-") as folder:
        edge = ShippedEdge(Path(folder), "edge-a", "")
        edge.calls(0, count)
        rows = read_batch(edge.log.path, Cursor(), count).calls
        cases: dict[str, Callable[[str], None]] = {
            "peer: one COPY of ready rows": lambda dsn: _copied(dsn, rows),
            f"peer: executemany, {BATCH} a commit": lambda dsn: _inserted(dsn, rows),
            "shipped, 10 a commit": lambda dsn: _shipped(dsn, edge, 10),
            f"shipped, {BATCH} a commit": lambda dsn: _shipped(dsn, edge, BATCH),
            "shipped a second time": lambda dsn: _shipped(dsn, edge, BATCH),
        }
        took, cpu = _timed(cases, count)
        edge.close()
    peer = median(took["peer: one COPY of ready rows"])
    table = [
        (
            name,
            round(count / median(times)),
            f"{peer / median(times):.2f} x",
            *_each(cpu[name], count),
        )
        for name, times in took.items()
    ]
    columns = ("", "rows/s", "to peer", "our CPU, us a row")
    show(f"ship: medians of {ROUNDS} interleaved rounds of {count:,} rows", columns, table)


def _timed(
    cases: dict[str, Callable[[str], None]], count: int
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    took: dict[str, list[float]] = {name: [] for name in cases}
    cpu: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        dsn = ""
        for name, case in cases.items():
            if not name.endswith("second time"):
                dsn = shared_postgres().new_database()
                with connect(dsn, "bench") as connection:
                    prepare(connection)
            else:
                asked(dsn, "UPDATE edges SET cursor = '{}' RETURNING 1")
            began, used = time.perf_counter(), time.process_time()
            case(dsn)
            took[name].append(time.perf_counter() - began)
            cpu[name].append(time.process_time() - used)
            if asked(dsn, "SELECT count(*) FROM calls") != [(count,)]:
                raise AssertionError(f"{name}: not all rows are there, or some twice")
    return took, cpu


def _each(cpu: list[float], count: int) -> tuple[float]:
    return (round(median(cpu) / count * 1e6, 1),)


def _copied(dsn: str, rows: Rows) -> None:
    into = f"COPY {_INTO} FROM STDIN".encode()
    with (
        psycopg.connect(dsn) as connection,
        connection.cursor() as cursor,
        cursor.copy(into) as copy,
    ):
        for row in rows:
            copy.write_row(("edge-a", *row))


def _inserted(dsn: str, rows: Rows) -> None:
    places = ", ".join(["%s"] * (len(COLUMNS) + 1))
    into = f"INSERT INTO {_INTO} VALUES ({places})".encode()  # noqa: S608 - our own column names
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        for first in range(0, len(rows), BATCH):
            part = [("edge-a", *row) for row in rows[first : first + BATCH]]
            cursor.executemany(into, part)
            connection.commit()


def _shipped(dsn: str, edge: ShippedEdge, batch: int) -> None:
    edge.dsn = dsn
    edge.ship(batch=batch)


if __name__ == "__main__":
    run(Scale(quick=False))
