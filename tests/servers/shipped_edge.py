"""An edge for tests of the central log: a real log of its own, shipped in this process or another.

Edges share one key file, as those of a site do.
"""

import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psycopg

from screener.core.outcome import Event, Outcome
from screener.storage.central.shipper import Edge, Shipper
from screener.storage.keys import load_keys, load_or_make_keys
from screener.storage.retention import Retention
from tests.unit.storage.logs import OpenLog, at

PROCESS_S = 90.0
BEGAN = time.time() - 3_600.0  # noqa: TID251 - the server's clock forgets
"""When all edges' calls begin, so that their order hangs on no machine's speed."""

Rows = list[tuple[object, ...]]


class ShippedEdge:
    """One edge's folder, its open log, and the way to the central log."""

    def __init__(self, folder: Path, name: str, dsn: str, keys: Path | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name, self.dsn = name, dsn
        if keys is not None:
            shutil.copy(keys, folder / "keys.json")
        load_or_make_keys(folder / "keys.json")
        self.log = OpenLog(folder, queue=100_000)
        self.log.clock.now = self.now = BEGAN
        self.log.upkeep.step()
        self.config = folder / "screener.yaml"
        self.config.write_text(
            f"version: 1\nmode: enforce\ncontrol: {{socket: {folder}/none.sock}}\n"
            f"storage: {{folder: {self.log.path.parent}, keys: {self.log.keys}}}\n"
            f'ship: {{dsn: "{dsn}", edge: {name}, batch: 10, pause: 0.1s}}\n'
        )

    @property
    def edge(self) -> Edge:
        return Edge(self.name, self.log.path, load_keys(self.log.keys), Retention(), batch=50)

    def shipper(self, **changes: object) -> Shipper:
        return Shipper(replace(self.edge, **changes), self.dsn, time.monotonic)  # type: ignore[arg-type]  # real fields

    def ship(self, **changes: object) -> None:
        """Ship all that there is, over a connection of its own."""
        shipper = self.shipper(**changes)
        try:
            while shipper.round():
                pass
        finally:
            shipper.close()

    def process(self) -> "subprocess.Popen[bytes]":
        """Start `screener ship`."""
        return subprocess.Popen(
            [sys.executable, "-m", "screener", "ship", "-c", str(self.config)],
            stderr=subprocess.DEVNULL,
        )

    def call(self, place: int, number: str = "", **facts: str) -> str:
        """Write a call; return its id."""
        call_id = f"{place:016x}"
        self.log.clock.now = self.now + place * 0.1
        told = number or f"+165155{place % 10_000:05d}"
        self.log.decisions(at(self.log.clock.now, call_id, told, **facts))
        return call_id

    def calls(self, first: int, count: int) -> None:
        """Write calls, every second one with outcomes."""
        for place in range(first, first + count):
            call_id = self.call(place)
            if place % 2:
                self.log.decisions.outcome(call_id, Outcome(Event.QUEUE_JOINED))
                self.log.decisions.outcome(call_id, Outcome(Event.ANSWERED, 5.0))

    def own(self) -> Rows:
        """Return what the edge's own log holds: id, moment, and what became of the call."""
        return self.log.ask(
            "SELECT id, calls.at, (SELECT group_concat(event, ',') FROM "
            "(SELECT event FROM outcomes WHERE call_seq = seq ORDER BY rowid)) "
            "FROM calls ORDER BY id, calls.at"
        )

    def central(self) -> Rows:
        """Return the same of the central log; nothing before there is one."""
        if asked(self.dsn, "SELECT to_regclass('edges')") == [(None,)]:
            return []
        return asked(
            self.dsn,
            "SELECT id, calls.at, (SELECT string_agg(event, ',' ORDER BY place) FROM outcomes "
            "WHERE call_seq = seq) FROM calls WHERE edge = %s ORDER BY id, calls.at",
            self.name,
        )

    def wait_until_shipped(self) -> None:
        until, own = time.monotonic() + PROCESS_S, self.own()
        while self.central() != own:
            assert time.monotonic() < until, "not all is shipped"
            time.sleep(0.05)

    def close(self) -> None:
        self.log.upkeep.close()


def asked(dsn: str, sql: str, *values: object) -> Rows:
    with psycopg.connect(dsn) as connection:
        return connection.execute(sql.encode(), values).fetchall()


def ended(process: "subprocess.Popen[bytes]") -> int:
    """End a process orderly; return its status."""
    process.terminate()
    return process.wait(PROCESS_S)
