"""Every figure is compared with the same one made in plain Python from the rows as they stand."""

import math
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from screener.core.outcome import Event, Outcome, joined_queue
from screener.storage import log_stats
from screener.storage.facets import block_of, hour_facet
from screener.storage.log_file import open_log
from screener.storage.log_stats import OTHERS, By, Stats, Tally, stats
from tests.unit.storage.logs import a_log, decided

CALLS = 6_000
START, STEP_S = 1_800_000_000.0, 7.0
SINCE, UNTIL = START + 1_000 * STEP_S, START + 4_000 * STEP_S


@dataclass(frozen=True)
class Told:
    """One row of the log, as the test made it."""

    seq: int
    at: float
    verdict: str
    would: str
    treatment: str | None
    reasons: str
    did: str
    trunk: str
    caller_class: str
    config: str
    latency_ms: float | None
    error: str | None
    number_key: bytes | None
    imported_at: float | None
    outcomes: tuple[tuple[str, float], ...]

    @property
    def waited(self) -> float | None:
        """How long it waited in the queue; None where that is not told."""
        events = dict(self.outcomes)
        ended = "answered" in events or "abandoned" in events
        return 5.25 + self.seq % 50 if "queue_joined" in events and ended else None

    def at_of(self, event: str, talk_s: float) -> float:
        """Return when one of its outcomes was told."""
        ended = self.waited is not None and event in {"answered", "abandoned"}
        return self.at + 9.0 + ((self.waited or 0.0) + talk_s if ended else 0.0)


def made(rng: random.Random, seq: int) -> Told:
    verdict = rng.choice(["admit", "admit", "challenge", "drop"])
    imported = seq <= 0
    fault = rng.random() < 0.01
    outcomes = [
        ("answered", rng.uniform(1, 900)),
        ("abandoned", 0.0),
        *((f"challenge_{end}", 0.0) for end in ("passed", "failed", "silent", "abandoned")),
    ]
    queued = [("queue_joined", 0.0)] if rng.random() < 0.4 else []
    return Told(
        seq=seq,
        at=START + STEP_S * (abs(seq) - 1) + 0.25,
        verdict=verdict,
        would=verdict if rng.random() < 0.7 else "drop",
        treatment=rng.choice(["busy", "refuse"]) if verdict == "drop" else None,
        reasons="imported" if imported else ",".join(rng.sample(["score", "a", "b", "limit:c"], 2)),
        did=rng.choice(["+1", "+2", ""]),
        trunk=rng.choice(["t1", "t2"]),
        caller_class=rng.choice(["valid", "foreign", "withheld"]),
        config=rng.choice(["aaaa", "bbbb"]),
        latency_ms=None if imported or fault else round(rng.lognormvariate(-1, 1.2), 3),
        error="ValueError" if fault else None,
        number_key=rng.choice([None, rng.randrange(2_000).to_bytes(16, "big")]),
        imported_at=START if imported else None,
        outcomes=(*queued, *rng.sample(outcomes, rng.choice([0, 0, 1, 2]))),
    )


@pytest.fixture(scope="module")
def rows() -> list[Told]:
    rng = random.Random(5)  # noqa: S311 - plausible data, the same each time
    return [made(rng, seq) for seq in range(-1_500, CALLS) if seq]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, rows: list[Told]) -> Path:
    path = tmp_path_factory.mktemp("log") / "decisions.db"
    names = [name for name in Told.__dataclass_fields__ if name != "outcomes"]
    with closing(open_log(path)) as log:
        log.execute("BEGIN")
        log.executemany(
            f"INSERT INTO calls (id, {', '.join(names)}) VALUES ({', '.join('?' * 15)})",  # noqa: S608 - the test's own names
            [(f"c{row.seq}", *(getattr(row, name) for name in names)) for row in rows],
        )
        log.executemany(
            "INSERT OR IGNORE INTO facets VALUES (?, ?)",
            [(hour_facet(row.at), block_of(row.seq)) for row in rows],
        )
        log.executemany(
            "INSERT INTO outcomes VALUES (?, ?, ?, ?)",
            [
                (row.seq, row.at_of(event, talk), event, talk)
                for row in rows
                for event, talk in row.outcomes
            ],
        )
        log.execute("COMMIT")
    return path


@pytest.fixture
def log(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as opened:
        yield opened


def plain(rows: list[Told]) -> Tally:
    events = [one for row in rows for one in row.outcomes]
    own = [row for row in rows if row.imported_at is None]
    return Tally(
        calls=len(rows),
        imported=len(rows) - len(own),
        faults=sum(1 for row in rows if row.error),
        verdicts=Counter(row.verdict for row in own),
        would=Counter(row.would for row in own),
        treatments=Counter(row.treatment for row in own if row.treatment),
        outcomes=Counter(event for event, _ in events),
        talk_s=pytest.approx(  # type: ignore[arg-type]  # it compares as a float does
            sum(talk for event, talk in events if event == "answered")
        ),
        waits=len(waits_of(rows)),
        wait_s=pytest.approx(sum(waits_of(rows))),  # type: ignore[arg-type]  # as above
    )


def waits_of(rows: list[Told]) -> list[float]:
    return [row.waited for row in rows if row.waited is not None]


def as_plain(found: Stats, rows: list[Told]) -> None:
    assert found.total == plain(rows)
    names = [name for row in rows for name in row.reasons.split(",")]
    assert found.reasons == Counter(names)
    times = sorted(row.latency_ms for row in rows if row.latency_ms is not None)
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        exact = times[math.ceil(share * len(times)) - 1]
        assert found.latency_ms[name] == float(f"{exact:.3g}")
    waits = sorted(waits_of(rows))
    assert found.wait_p80_s == round(waits[math.ceil(0.8 * len(waits)) - 1])
    answered = {
        row.number_key for row in rows if "answered" in dict(row.outcomes) and row.number_key
    }
    known = [row for row in rows if row.number_key in answered]
    assert found.refused == sum(1 for row in known if row.verdict == "drop")
    assert found.would_refuse == sum(1 for row in known if row.would == "drop")
    assert found.refused > 10


def test_every_figure_of_the_whole_log_is_right(log: sqlite3.Connection, rows: list[Told]) -> None:
    as_plain(stats(log), rows)


def test_a_span_has_its_first_moment_and_not_its_last(
    log: sqlite3.Connection, rows: list[Told]
) -> None:
    within = [row for row in rows if SINCE <= row.at < UNTIL]
    as_plain(stats(log, SINCE, UNTIL), within)
    assert stats(log, rows[-2].at, rows[-1].at).total.calls == 1


@pytest.mark.parametrize("by", [one for one in By if one is not By.REASON])
def test_groups_add_up_to_the_whole(log: sqlite3.Connection, rows: list[Told], by: By) -> None:
    found = stats(log, SINCE, UNTIL, by)
    named: dict[By, Callable[[Told], str]] = {
        By.HOUR: lambda row: str(int(row.at) // 3_600 * 3_600),
        By.DID: lambda row: row.did,
        By.TRUNK: lambda row: row.trunk,
        By.CLASS: lambda row: row.caller_class,
        By.CONFIG: lambda row: row.config,
        By.EDGE: lambda _row: "",
    }
    groups: dict[str, list[Told]] = {}
    for row in rows:
        if SINCE <= row.at < UNTIL:
            groups.setdefault(named[by](row), []).append(row)
    assert found.groups == {name: plain(members) for name, members in groups.items()}
    assert sum(one.calls for one in found.groups.values()) == found.total.calls


def test_a_call_counts_under_each_of_its_reasons(log: sqlite3.Connection, rows: list[Told]) -> None:
    found = stats(log, by=By.REASON)
    names = {name for row in rows for name in row.reasons.split(",")}
    assert found.groups == {
        name: plain([row for row in rows if name in row.reasons.split(",")]) for name in names
    }


def test_a_span_without_calls_has_no_rates(log: sqlite3.Connection) -> None:
    found = stats(log, START + 1e6, None, By.HOUR)
    assert found == Stats(latency_ms={"p50": None, "p99": None})
    assert found.total.mean_talk_s is None
    assert found.total.mean_wait_s is None
    assert found.wait_p80_s is None
    assert found.total.pass_rate is None


def test_rates_are_of_what_they_say() -> None:
    events = {
        "challenge_passed": 4,
        "challenge_failed": 2,
        "challenge_silent": 1,
        "challenge_abandoned": 1,
        "answered": 4,
    }
    tally = Tally(outcomes=Counter(events), talk_s=100.0, waits=5, wait_s=200.0)
    assert tally.mean_talk_s == 25.0
    assert tally.mean_wait_s == 40.0
    assert tally.pass_rate == 0.5


def test_only_so_many_groups_and_callers_are_kept_apart(
    log: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_stats, "MOST_GROUPS", 1)
    monkeypatch.setattr(log_stats, "MOST_SERVED", 5)
    found = stats(log, by=By.TRUNK)
    assert len(found.groups) == 2
    assert OTHERS in found.groups
    assert sum(one.calls for one in found.groups.values()) == found.total.calls
    assert (
        sum(one.outcomes["answered"] for one in found.groups.values())
        == (found.total.outcomes["answered"])
    )
    assert found.refused is None
    assert found.would_refuse is None


def test_only_blocks_of_the_span_are_read(log: sqlite3.Connection) -> None:
    asked: list[str] = []
    log.set_trace_callback(asked.append)
    stats(log, START + 100 * STEP_S, START + 101 * STEP_S)
    spans = [sql for sql in asked if "json_each" in sql]
    assert spans
    assert all("[[-1024, 2047]]" in sql or "[[-1024, 1023]]" in sql for sql in spans), spans


def test_a_wait_is_told_whole_by_the_agents_own_log(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        write = log.decisions
        for call_id in ("a", "b", "c", "d"):
            write(decided(call_id))
        ends = (
            ("a", Outcome(Event.ANSWERED, 93.0), 40.0),
            ("b", Outcome(Event.ABANDONED), 300.0),
            ("c", Outcome(Event.ABANDONED), None),
        )
        for call_id, end, wait_s in ends:
            joined = None if wait_s is None else joined_queue(wait_s, end.talk_s)
            for outcome in (joined, end) if joined else (end,):
                write.outcome(call_id, outcome)
        write.outcome("d", Outcome(Event.QUEUE_JOINED))  # still waiting
        with closing(sqlite3.connect(log.path)) as opened:
            found = stats(opened)
    assert found.total.waits == 2
    assert found.total.mean_wait_s == pytest.approx(170.0)
    assert found.wait_p80_s == 300.0
    assert found.total.outcomes["queue_joined"] == 3


def test_outcomes_are_read_call_by_call_through_their_index(log: sqlite3.Connection) -> None:
    asked: list[str] = []
    log.set_trace_callback(asked.append)
    stats(log)
    log.set_trace_callback(None)
    (sql,) = (sql for sql in asked if "JOIN outcomes" in sql)
    plan = [row[3] for row in log.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert [step.partition(" ")[2].split()[0] for step in plan] == ["span", "calls", "outcomes"]
    assert "outcomes_by_call" in plan[-1]
