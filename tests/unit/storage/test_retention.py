"""What is over its time is gone, bytes and all, and nothing else is."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from screener.core.outcome import Event, Outcome
from screener.storage.retention import DAY_S, Retention, remove_old_files
from tests.builders import NOW
from tests.unit.storage.logs import OpenLog, at, refused

CALLS = 6_000


@pytest.fixture(scope="module")
def purged(tmp_path_factory: pytest.TempPathFactory) -> tuple[OpenLog, list[tuple[object, ...]]]:
    """Return a log of 40 days after its purge, and the rows that it held before."""
    log = OpenLog(tmp_path_factory.mktemp("log"), retention=Retention(7 * DAY_S, 30 * DAY_S))
    log.clock.now = NOW - 40 * DAY_S
    log.upkeep.step()
    random.seed(7)
    for place in range(CALLS):
        moment = NOW - 40 * DAY_S + 40 * DAY_S * place / CALLS
        decision = at(moment, f"c{place}", f"+1651555{random.randrange(3_000):04d}")  # noqa: S311 - a sample
        log.decisions(refused(decision) if random.random() < 0.4 else decision)  # noqa: S311 - a sample
        if place % 3 == 0:
            log.decisions.outcome(f"c{place}", Outcome(Event.ANSWERED, 30.0))
        if place % 1_000 == 0:
            log.upkeep.empty_wal()
    before = log.ask("SELECT seq, at, verdict, number_key, sealed FROM calls")
    # Purges day by day, as the agent does them, so that pages are emptied piece by piece.
    for day in range(40, -1, -1):
        log.clock.now = NOW - day * DAY_S
        log.upkeep.purge()
    log.upkeep.close()
    return log, before


def is_due(row: tuple[object, ...]) -> bool:
    kept = 7 if row[2] == "admit" else 30
    return float(str(row[1])) < NOW - kept * DAY_S


def test_each_class_is_kept_for_its_own_time(
    purged: tuple[OpenLog, list[tuple[object, ...]]],
) -> None:
    log, before = purged
    left = {row[0] for row in log.ask("SELECT seq FROM calls")}
    assert left == {row[0] for row in before if not is_due(row)}
    assert 0 < len(left) < len(before)


def test_outcomes_go_with_their_calls(purged: tuple[OpenLog, list[tuple[object, ...]]]) -> None:
    log, _ = purged
    orphans = "SELECT count(*) FROM outcomes WHERE call_seq NOT IN (SELECT seq FROM calls)"
    assert log.ask(orphans) == [(0,)]
    assert log.ask("SELECT count(*) FROM outcomes")[0][0] != 0


def test_no_byte_of_a_purged_seal_or_pseudonym_is_in_any_file(
    purged: tuple[OpenLog, list[tuple[object, ...]]],
) -> None:
    log, before = purged
    files = log.bytes()
    living = {row[3] for row in before if not is_due(row)}
    due = [row for row in before if is_due(row)]
    seals = [row[4] for row in due if isinstance(row[4], bytes)]
    keys = [row[3] for row in due if isinstance(row[3], bytes) and row[3] not in living]
    assert len(seals) > 3_000
    assert len(keys) > 300
    assert [one.hex() for one in seals if one in files] == []
    assert [one.hex() for one in keys if one in files] == []
    kept = [row[4] for row in before if not is_due(row) and isinstance(row[4], bytes)]
    assert all(one in files for one in kept)


def test_features_of_blocks_without_calls_are_forgotten(
    purged: tuple[OpenLog, list[tuple[object, ...]]],
) -> None:
    log, _ = purged
    assert log.ask("SELECT min(block) >= (SELECT min(seq) >> 10 FROM calls) FROM facets") == [(1,)]


def test_a_second_purge_finds_nothing_and_new_calls_are_found(tmp_path: Path) -> None:
    log = OpenLog(tmp_path)
    log.upkeep.step()
    log.decisions(at(NOW - 8 * DAY_S, "old"))
    assert log.upkeep.purge() == 1
    assert log.upkeep.purge() == 0
    log.decisions(at(NOW - 8 * DAY_S, "old again"))
    assert log.upkeep.purge() == 1
    log.decisions(at(NOW, "new"))
    assert log.upkeep.purge() == 0
    assert log.ids() == ["new"]
    log.upkeep.close()


def test_broken_logs_set_aside_are_kept_no_longer_than_calls(tmp_path: Path) -> None:
    path = tmp_path / "decisions.db"
    for name in ("decisions.db", "decisions.db.corrupt-1", "decisions.db.corrupt-1-wal"):
        (tmp_path / name).touch()
    remove_old_files(path, 0.0)
    assert len(list(tmp_path.iterdir())) == 3
    remove_old_files(path, 4e9)
    assert [one.name for one in tmp_path.iterdir()] == ["decisions.db"]


def test_who_enforcing_would_have_refused_is_kept_as_long_as_the_refused(tmp_path: Path) -> None:
    log = OpenLog(tmp_path, retention=Retention(7 * DAY_S, 30 * DAY_S))
    log.upkeep.step()
    observed = refused(at(NOW - 8 * DAY_S, "observed"))
    action = observed.verdict.action.ADMIT
    log.decisions(replace(observed, verdict=replace(observed.verdict, action=action)))
    log.decisions(at(NOW - 8 * DAY_S, "let-in"))
    log.upkeep.purge()
    assert log.ids() == ["observed"]
    log.upkeep.close()


def test_imported_calls_are_kept_from_the_day_they_were_brought_in(tmp_path: Path) -> None:
    log = OpenLog(tmp_path, retention=Retention(7 * DAY_S, 30 * DAY_S))
    log.upkeep.step()
    log.decisions(at(NOW, "own"))
    log.ask_to(
        "INSERT INTO calls (seq, id, at, verdict, would, reasons, imported_at) VALUES "
        "(0, 'fresh', ?, 'admit', 'admit', 'imported', ?), "
        "(-1, 'over', ?, 'admit', 'admit', 'imported', ?)",
        *(NOW - 300 * DAY_S, NOW - 29 * DAY_S, NOW - 300 * DAY_S, NOW - 31 * DAY_S),
    )
    log.upkeep.purge()
    assert log.ids() == ["fresh", "own"]
    log.upkeep.close()
