"""The central log under faults, with a real PostgreSQL: nothing is missing, nothing there twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interrupts import heed_interrupts
from tests.servers.postgres_server import PostgresServer
from tests.servers.shipped_edge import PROCESS_S, ShippedEdge, asked, ended

pytestmark = pytest.mark.e2e

KILLS = 20
CANNOT = "the log cannot be read now (the central log cannot"


@pytest.fixture
def edges(postgres: PostgresServer, tmp_path: Path) -> Iterator[list[ShippedEdge]]:
    dsn = postgres.new_database()
    first = ShippedEdge(tmp_path / "edge-0", "edge-0", dsn)
    others = [
        ShippedEdge(tmp_path / f"edge-{one}", f"edge-{one}", dsn, first.log.keys) for one in (1, 2)
    ]
    found = [first, *others]
    yield found
    for edge in found:
        edge.close()


def all_there(edges: list[ShippedEdge]) -> bool:
    return all(edge.central() == edge.own() for edge in edges)


def test_three_edges_that_start_at_once_are_all_shipped(edges: list[ShippedEdge]) -> None:
    for edge in edges:
        edge.calls(0, 200)
    processes = [edge.process() for edge in edges]
    try:
        for edge in edges:
            edge.calls(200, 100)
        for edge in edges:
            edge.wait_until_shipped()
    finally:
        assert [ended(one) for one in processes] == [0, 0, 0]
    assert asked(edges[0].dsn, "SELECT count(*), count(DISTINCT edge) FROM calls") == [(900, 3)]
    assert asked(edges[0].dsn, "SELECT * FROM schema_version") == [(1,)]


def test_a_server_that_crashes_in_mid_batch_has_all_in_the_end(
    postgres: PostgresServer, edges: list[ShippedEdge]
) -> None:
    chance = random.Random(7)  # noqa: S311 - moments of a test
    edge = edges[0]
    edge.calls(0, 1_500)
    process = edge.process()
    try:
        for _ in range(3):
            wait_for_rows(edge)
            time.sleep(chance.uniform(0.0, 0.05))
            postgres.kill()
            edge.calls(len(edge.own()), 20)
            postgres.start()
        edge.wait_until_shipped()
    finally:
        assert ended(process) == 0
    assert all_there([edge])


def wait_for_rows(edge: ShippedEdge) -> None:
    """Wait until something was shipped since now, or all is."""
    before, until = len(edge.central()), time.monotonic() + PROCESS_S
    while len(edge.central()) == before < len(edge.own()):
        assert time.monotonic() < until, "nothing is shipped"
        time.sleep(0.02)


def test_a_server_that_does_not_answer_holds_up_no_call_and_no_end(
    postgres: PostgresServer, edges: list[ShippedEdge]
) -> None:
    edge = edges[0]
    edge.calls(0, 50)
    process = edge.process()
    edge.wait_until_shipped()
    postgres.freeze()
    try:
        edge.calls(50, 200)  # the server answers only when this is over
        assert edge.log.decisions.queued == 0
        time.sleep(0.5)
        assert ended(process) == 0  # in the middle of a batch that nobody answers
    finally:
        postgres.thaw()
    edge.ship()
    assert all_there([edge])


def test_a_shipper_killed_twenty_times_loses_and_doubles_nothing(
    edges: list[ShippedEdge],
) -> None:
    chance = random.Random(20)  # noqa: S311 - moments of a test
    edge = edges[0]
    edge.calls(0, 2_000)
    progress: set[int] = set()
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.servers.shipper_process"),
            *(str(edge.config.parent), edge.name, edge.dsn),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as forker:
        assert forker.stdin is not None
        assert forker.stdout is not None
        for kill in range(KILLS):
            forker.stdin.write(b"one\n")
            forker.stdin.flush()
            pid = int(forker.stdout.readline())
            if kill % 2:  # however slow the machine, every other one gets on
                wait_for_rows(edge)
            time.sleep(chance.uniform(0.0, 0.1))
            os.kill(pid, signal.SIGKILL)
            progress.add(len(edge.central()))
    assert any(0 < one < 2_000 for one in progress), "no kill fell into the middle"
    assert len(progress) > 2
    assert set(edge.central()) <= set(edge.own())
    edge.ship()
    assert all_there([edge])


def test_hours_without_a_server_cost_nothing_but_time(
    postgres: PostgresServer, edges: list[ShippedEdge]
) -> None:
    edge = edges[1]
    postgres.kill()
    try:
        process = edge.process()
        edge.calls(0, 300)
        time.sleep(1.5)
        assert process.poll() is None
    finally:
        postgres.start()
    try:
        edge.wait_until_shipped()
    finally:
        assert ended(process) == 0


def test_who_follows_all_edges_sees_each_call_once_through_a_crash_of_the_server(
    postgres: PostgresServer, edges: list[ShippedEdge]
) -> None:
    first, second = edges[:2]
    first.call(1)
    first.ship()
    following = subprocess.Popen(
        [
            *(sys.executable, "-m", "screener", "log", "--central", "--follow", "--since", "2h"),
            *("-o", "json", "-c", str(second.config)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,  # noqa: PLW1509 - no other thread holds a lock here
    )
    out, err = following.stdout, following.stderr
    assert out is not None
    assert err is not None

    def next_calls(count: int) -> list[tuple[str, int]]:
        told = [json.loads(out.readline()) for _ in range(count)]
        return [(call["edge"], int(call["id"], 16)) for call in told]

    try:
        assert next_calls(1) == [("edge-0", 1)]
        for edge, place in ((first, 2), (second, 3)):
            edge.call(place)
            edge.ship()
        assert next_calls(2) == [("edge-0", 2), ("edge-1", 3)]
        postgres.kill()
        try:
            told = err.readline()
        finally:
            postgres.start()
        assert told.startswith(f"screener: {CANNOT}")
        second.calls(4, 20)
        second.ship()
        assert next_calls(20) == [("edge-1", place) for place in range(4, 24)]
        while CANNOT in (line := err.readline()):
            continue  # said again, where the reason is another
        assert line == "screener: the log is read again\n"
        following.send_signal(signal.SIGINT)
        rest = following.communicate(timeout=PROCESS_S)
    finally:
        following.kill()
        following.communicate()
    assert (following.returncode, rest) == (0, ("", ""))
