"""How fast recorded calls are replayed through two configurations, and in how much memory.

A log is written first (not timed): half of the calls by callers who come again, half by new
numbers, over a week; two calls in five are served. Replay is `cli.playing`, reading, unsealing
and comparing included, in a process of its own. The peer is one bare engine deciding the same
calls, already read.
"""

import resource
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from screener.config.load import load_config
from screener.core.call import Facts, read_call
from screener.core.decision import Decision
from screener.core.engine import Engine
from screener.core.number import NumberPlan
from screener.core.outcome import Event, Outcome
from screener.core.recorded import RecordedCall
from screener.core.settings import Action, Mode
from screener.desk.playing import Window, play
from screener.storage.facets import block_of
from screener.storage.keys import load_or_make_keys
from screener.storage.log_file import open_log
from screener.storage.log_rows import RowMaker, insert
from screener.storage.new_memory import new_memory
from screener.storage.recorded import read_events
from screener.storage.site_files import LOG_FILE
from tests.bench.callers import known, spoofed
from tests.bench.figures import Scale, show
from tests.builders import NOW

REGULARS = 20_000
SPAN_S = 7 * 86_400.0
TALK = Outcome(Event.ANSWERED, 90.0)
PEER_CALLS = 100_000
BATCH = 1_024


def run(scale: Scale) -> None:
    """Measure and print."""
    calls = scale.of(1_000_000, 5_000)
    with TemporaryDirectory() as folder:
        place = Path(folder)
        _write_files(place)
        for step in (_write_log, _replayed, _bare):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as child:
                result = child.submit(step, place, calls).result()
            if step is _replayed:
                seconds, peak_mb, agreeing = result
            elif step is _bare:
                bare_us, read_us = result[:2]
    us = seconds / calls * 1e6
    rows = [
        ("replay, two configurations: calls/s", round(calls / seconds)),
        ("us a call", us),
        ("peak memory, MB", peak_mb),
        ("agreeing with the record, %", 100.0 * agreeing),
        ("bare engine, us a call", bare_us),
        ("reading alone (row, number, outcomes), us a call", read_us),
        ("replay to bare engine", f"{us / bare_us:.2f} x"),
    ]
    show(f"replay of {calls:,} recorded calls", ("what", "figure"), rows)


def _write_files(folder: Path) -> None:
    head = f"version: 1\nmode: enforce\nstorage: {{folder: {folder}, keys: {folder}/keys.json}}\n"
    (folder / "current.yaml").write_text(head)
    (folder / "candidate.yaml").write_text(
        head + "policy: {thresholds: {calm: {challenge: 4}, rising: {challenge: 0.5}}}\n"
    )


def _write_log(folder: Path, calls: int) -> tuple[float, ...]:
    """Let one engine meet the calls, and write what a log would hold."""
    config = load_config(folder / "current.yaml")
    maker = RowMaker(load_or_make_keys(Path(config.storage.keys)))
    connection = open_log(folder / LOG_FILE)
    connection.execute("PRAGMA wal_autocheckpoint = 1000")
    seq = 1
    decisions = _decisions(config.settings.region, calls)
    while batch := list(islice(decisions, BATCH)):
        connection.execute("BEGIN")
        for decision in batch:
            _write(connection, maker, seq, decision)
            seq += 1
        connection.execute("COMMIT")
    connection.close()
    return ()


def _write(connection: sqlite3.Connection, maker: RowMaker, seq: int, decision: Decision) -> None:
    row = maker.of_decision(decision)
    connection.execute(insert(), (seq, *row.values))
    connection.executemany(
        "INSERT OR IGNORE INTO facets VALUES (?, ?)", [(one, block_of(seq)) for one in row.facets]
    )
    if _is_served(seq) and decision.verdict.action is Action.ADMIT:
        ended = decision.call.arrived_at + TALK.talk_s + 10.0
        event = TALK.event.value
        connection.execute(
            "INSERT INTO outcomes VALUES (?, ?, ?, ?)", (seq, ended, event, TALK.talk_s)
        )


def _is_served(seq: int) -> bool:
    return seq % 5 < 2


def _decisions(region: str, calls: int) -> Iterator[Decision]:
    settings = replace(load_config(None).settings, mode=Mode.ENFORCE, region=region)
    engine, waiting = Engine(settings, new_memory(settings)), list[tuple[float, str]]()
    for seq in range(1, calls + 1):
        now = NOW + seq * SPAN_S / calls
        while waiting and waiting[0][0] <= now:
            ended, call_id = waiting.pop(0)
            engine.report(call_id, TALK, ended)
        number = known(seq * 7_919 % REGULARS) if seq % 2 else spoofed(seq)
        facts = Facts(number=number, did="6515392200", trunk="trunk", source="127.0.0.1")
        call, load = read_call(facts, engine.plan, call_id=f"{seq:016x}", now=now)
        decision = engine.decide(call, load)
        if _is_served(seq) and decision.verdict.action is Action.ADMIT:
            waiting.append((now + TALK.talk_s + 10.0, call.call_id))
        yield decision


def _replayed(folder: Path, calls: int) -> tuple[float, ...]:
    """Replay the log; return seconds, peak MB and the share that agrees."""
    current = load_config(folder / "current.yaml")
    candidate = load_config(folder / "candidate.yaml")
    started = time.process_time()
    played = play(current, candidate, current, Window(0.0, 2 * NOW, seed_free=True))
    seconds = time.process_time() - started
    if played.what_if.calls != calls:
        raise ValueError(f"{played.what_if.calls} of {calls} calls were replayed")
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return seconds, peak_mb, played.what_if.fidelity.share or 0.0


def _bare(folder: Path, calls: int) -> tuple[float, ...]:
    """Return us a call of one engine deciding what was read before, and of the reading."""
    config = load_config(folder / "current.yaml")
    settings = replace(config.settings, mode=Mode.ENFORCE)
    keys = load_or_make_keys(Path(config.storage.keys))
    connection = open_log(folder / LOG_FILE)
    engine, count = Engine(settings, new_memory(settings)), min(PEER_CALLS, calls)
    events = read_events(connection, keys, NumberPlan(settings.region), after=0.0)
    started = time.process_time()
    read = list(islice((one for one in events if isinstance(one, RecordedCall)), count))
    was_read = time.process_time()
    for record in read:
        engine.decide(record.call, record.load)
    decided = time.process_time()
    return (decided - was_read) / count * 1e6, (was_read - started) / count * 1e6
