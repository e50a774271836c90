import logging
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from screener.core.call import Facts
from screener.core.outcome import Event, Outcome
from screener.service.screening import ScreeningService
from screener.service.tally import Tally
from screener.storage.keys import load_keys
from screener.storage.log_query import find
from screener.storage.pseudonyms import pseudonym
from tests.builders import HandClock, an_engine
from tests.unit.storage.logs import OpenLog, a_log, decided

KILLS = 8


def test_a_call_and_its_outcome_come_back_as_they_went_in(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        decision = decided("a1", queue_waiting="3", uniqueid="1.2", name="Zebedee")
        log.decisions(decision)
        log.decisions.outcome("a1", Outcome(Event.ANSWERED, 61.5))
        connection = sqlite3.connect(log.path)
        told = find(connection, "a1")
        connection.close()
    assert told is not None
    assert told["caller"] == "+1\u2022\u2022\u2022\u2022\u2022\u2022\u2022\u202242"
    assert (told["verdict"], told["reasons"]) == ("admit", list(decision.verdict.reasons))
    assert told["signals"] == [
        {
            "name": "new-caller",
            "group": "history",
            "points": 1.0,
            "counts": True,
            "reason": "no earlier call of this number is known",
        }
    ]
    assert (told["queue_waiting"], told["uniqueid"], told["error"]) == (3, "1.2", None)
    assert told["outcomes"] == [{"at": log.clock.now, "event": "answered", "talk_s": 61.5}]


def test_a_row_is_in_other_hands_when_the_verdict_leaves(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        service = ScreeningService(an_engine(), HandClock(), Tally(), (log.decisions,))
        answer = service.screen(Facts(number="+16515550142"))
        assert log.ids() == [answer["SCREENER_ID"]]


def test_a_call_let_pass_by_a_fault_of_ours_is_there_with_its_error(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        log.decisions.fault("f1", "1.7", "ZeroDivisionError")
        assert log.ask("SELECT id, verdict, uniqueid, error FROM calls") == [
            ("f1", "admit", "1.7", "ZeroDivisionError")
        ]


def test_what_comes_before_the_log_is_open_is_written_once_it_is(tmp_path: Path) -> None:
    log = OpenLog(tmp_path)
    log.decisions(decided("early"))
    assert log.decisions.snapshot() == {
        "rows": None,
        "queued": 1,
        "not_durable": 1,
        "not_recorded": 0,
    }
    log.settle(2)
    assert log.decisions.snapshot() == {"rows": 1, "queued": 0, "not_durable": 0, "not_recorded": 0}
    assert log.ids() == ["early"]
    log.upkeep.close()


def test_a_full_queue_loses_the_oldest_counts_them_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = OpenLog(tmp_path, queue=3)
    for place in range(5):
        log.decisions(decided(f"c{place}"))
    for _ in range(100):
        log.timer.now += 1.0
        log.decisions.flush()
    assert caplog.text.count("LOG-TROUBLE") == 2
    assert "queued=3 not_recorded=2" in caplog.text
    with caplog.at_level(logging.INFO, "screener.log"):
        log.settle(2)
    assert log.ids() == ["c2", "c3", "c4"]
    assert "LOG-RESUMED" in caplog.text
    assert log.decisions.snapshot() == {"rows": 3, "queued": 0, "not_durable": 0, "not_recorded": 2}
    log.upkeep.close()


def test_while_another_program_locks_the_log_calls_are_queued_and_none_is_lost(
    tmp_path: Path,
) -> None:
    with a_log(tmp_path) as log:
        other = sqlite3.connect(log.path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        for place in range(300):
            log.decisions(decided(f"c{place}"))
        log.decisions.outcome("c7", Outcome(Event.ABANDONED))
        assert (log.decisions.queued, log.decisions.not_durable) == (301, 0)
        other.execute("ROLLBACK")
        other.close()
        log.settle()
        assert log.ids() == [f"c{place}" for place in range(300)]
        assert log.ask("SELECT event FROM outcomes") == [("abandoned",)]
        assert log.decisions.snapshot() == {
            "rows": 300,
            "queued": 0,
            "not_durable": 0,
            "not_recorded": 0,
        }


def test_an_outcome_of_no_logged_call_is_counted_and_holds_nothing_up(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        log.decisions.outcome("unknown", Outcome(Event.ANSWERED))
        log.decisions(decided("c1"))
        assert log.ids() == ["c1"]
        assert log.decisions.not_recorded == 1


@pytest.mark.parametrize("harm", ["removed", "moved", "replaced", "folder"])
def test_a_log_that_vanishes_is_begun_anew(tmp_path: Path, harm: str) -> None:
    with a_log(tmp_path) as log:
        log.decisions(decided("before"))
        match harm:
            case "removed":
                log.path.unlink()
            case "moved":
                log.path.rename(tmp_path / "elsewhere")
            case "replaced":
                log.path.unlink()
                log.path.write_bytes(b"")
            case _:
                shutil.rmtree(log.path.parent)
        log.decisions(decided("after"))
        log.settle()
        assert log.ids() == ["after"]
        assert log.decisions.not_recorded == 0


def test_a_log_that_breaks_while_it_is_open_is_set_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with a_log(tmp_path) as log:
        log.decisions(decided("before"))
        log.upkeep.empty_wal()
        with log.path.open("r+b") as file:
            file.write(b"\xff" * log.path.stat().st_size)
        for place in range(50):
            log.decisions(decided(f"after{place}"))
        log.settle()
        assert log.path.with_name("decisions.db.corrupt-1").exists()
        assert "LOG-ASIDE" in caplog.text
        kept = log.ids()
    assert kept[-1] == "after49"
    assert log.decisions.not_recorded == 0


def test_a_full_disk_costs_no_row_and_no_call(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        log.decisions(decided("c0"))
        wal = log.path.with_name("decisions.db-wal").stat().st_size
        unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
        # A file that may not grow: SQLite meets it as it meets a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (wal + 30_000, unlimited[1]))
        try:
            for place in range(1, 200):
                log.decisions(decided(f"c{place}"))
            log.settle(3)
            held = log.decisions.queued
            in_memory = log.decisions.not_durable
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        assert 0 < in_memory < held < 200
        log.settle()
        assert log.ids() == [f"c{place}" for place in range(200)]
        assert log.ask("PRAGMA integrity_check") == [("ok",)]
        assert log.decisions.snapshot() == {
            "rows": 200,
            "queued": 0,
            "not_durable": 0,
            "not_recorded": 0,
        }


WRITER = """
    import sys
    from pathlib import Path
    from tests.unit.storage.logs import OpenLog, decided
    from screener.core.outcome import Event, Outcome
    log = OpenLog(Path(sys.argv[1]))
    log.upkeep.start()
    for place in range(100_000):
        call_id = f"{sys.argv[2]}-{place}"
        log.decisions(decided(call_id, trunk=f"trunk-{place % 7}"))
        if place % 5 == 0:
            log.decisions.outcome(call_id, Outcome(Event.ANSWERED, 30.0))
        print(call_id, flush=True)
        log.timer.now += 0.1
        log.decisions.flush()
"""


def killed_writer(folder: Path, name: str, rows: int) -> set[str]:
    """Let a child write so many rows and more, kill it, and return what it had acknowledged."""
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), str(folder), name],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    ) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(rows)]
        child.send_signal(signal.SIGKILL)
        lines += child.stdout.read().splitlines(keepends=True)
    return {line.decode().strip() for line in lines if line.endswith(b"\n")}


def test_no_acknowledged_row_is_lost_by_any_kill(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        acknowledged: set[str] = set()
        for kill in range(KILLS):
            other = sqlite3.connect(log.path, isolation_level=None)
            if kill % 2:  # all that this child writes, it writes to its spill file
                other.execute("BEGIN EXCLUSIVE")
            acknowledged |= killed_writer(tmp_path, f"k{kill}", 1 + 37 * kill % 400)
            if kill % 2:
                assert list(log.path.parent.glob("*.waiting-*"))
                other.execute("ROLLBACK")
            other.close()
    with a_log(tmp_path) as log:
        assert len(acknowledged) > KILLS
        held = log.ids()
        assert acknowledged - set(held) == set()
        assert len(held) == len(set(held))
        written = log.ask("SELECT id FROM outcomes JOIN calls ON seq = call_seq")
        assert len(written) == len(set(written)) >= len(acknowledged) // 5 - KILLS
        assert log.ask("PRAGMA integrity_check") == [("ok",)]
        assert not list(log.path.parent.glob("*.corrupt-*"))
        assert not list(log.path.parent.glob("*.waiting-*"))


def test_a_call_does_not_wait_for_our_own_upkeep_and_its_row_is_durable(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        with log.decisions.gate:
            log.decisions(decided("c1"))
            log.decisions(decided("c2"))
            assert (log.decisions.queued, log.decisions.not_durable) == (2, 0)
        log.decisions(decided("c3"))
        assert log.ids() == ["c1", "c2", "c3"]


def test_what_waits_of_a_caller_is_forgotten_before_it_is_written(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        key = pseudonym("number", "+16515550177", load_keys(log.keys))
        with log.decisions.gate:
            log.decisions(decided("gone", "+16515550177"))
            log.decisions(decided("kept"))
            log.decisions.outcome("gone", Outcome(Event.ABANDONED))
            assert log.decisions.forget(key) == 1
        log.settle()
        assert log.ids() == ["kept"]
        assert log.decisions.not_recorded == 0


def test_a_caller_from_before_the_keys_were_read_is_forgotten_too(tmp_path: Path) -> None:
    log = OpenLog(tmp_path)
    log.decisions(decided("gone", "+16515550177"))
    log.decisions(decided("kept"))
    log.upkeep.prepare()
    assert log.decisions.forget(pseudonym("number", "+16515550177", load_keys(log.keys))) == 1
    assert (log.decisions.queued, log.decisions.not_durable) == (1, 0)
    log.settle(2)
    assert log.ids() == ["kept"]
    log.upkeep.close()


def test_with_the_keys_read_a_row_is_durable_before_the_log_is_open(tmp_path: Path) -> None:
    log = OpenLog(tmp_path)
    log.upkeep.prepare()
    log.decisions(decided("early"))
    assert (log.decisions.queued, log.decisions.not_durable) == (1, 0)
    log.decisions.close()
    with a_log(tmp_path) as successor:
        assert successor.ids() == ["early"]


def test_ten_thousand_planted_numbers_are_in_no_file_and_no_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    numbers = [f"+1651555{tail:04d}" for tail in range(10_000)]
    with a_log(tmp_path) as log:
        for place, number in enumerate(numbers):
            shown = "prohib" if place % 9 == 0 else "allowed"
            log.decisions(decided(f"c{place}", number, presentation=shown, name=number))
        files = log.bytes()
        said = f"{caplog.text} {log.decisions.snapshot()}".encode()
        assert log.decisions.rows is None or log.decisions.rows == 10_000
    found = re.findall(rb"651555\d{4}", files + said)
    # A chance run of digits in sealed bytes is no number of ours: it would need its sign as well.
    assert [one for one in found if b"+1" + one in files + said] == []
    assert len(found) < 3
    assert len(files) > 1_000_000


def test_a_withheld_number_leaves_only_what_limits_count_it_by(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        log.decisions(decided("w1", presentation="prohib"))
        log.decisions(decided("s1"))
        log.decisions(decided("w2", presentation="prohib"))
        rows = log.ask("SELECT caller, number_key, prefix_key, sealed FROM calls WHERE id <> 's1'")
        assert rows == [("withheld", None, None, None)] * 2
        counted = [row[0] for row in log.ask("SELECT counter_key FROM calls ORDER BY seq")]
        assert counted[0] == counted[2] != log.ask("SELECT number_key FROM calls")[1][0]
        assert counted[1] is None


def test_a_row_is_never_without_its_features(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        for place in range(2_100):
            log.decisions(decided(f"c{place}", trunk=f"trunk-{place // 700}"))
        held = log.ask("SELECT facet, block FROM facets WHERE facet LIKE 'trunk:%'")
        wanted = log.ask("SELECT DISTINCT 'trunk:' || trunk, seq >> 10 FROM calls")
        assert set(held) == set(wanted)


def test_only_the_user_of_the_agent_can_read_it(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        log.decisions(decided("c1"))
        assert {one.stat().st_mode & 0o077 for one in log.path.parent.iterdir()} == {0}
        assert log.path.parent.stat().st_mode & 0o077 == 0


def test_an_outcome_is_kept_under_the_moment_at_which_it_happened(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        log.decisions(decided("a1"))
        log.decisions.outcome("a1", Outcome(Event.QUEUE_JOINED, ago_s=133.0))
        log.decisions.outcome("a1", Outcome(Event.ANSWERED, 93.0))
        now = log.clock.now
        assert log.ask("SELECT event, at, talk_s FROM outcomes ORDER BY rowid") == [
            ("queue_joined", now - 133.0, 0.0),
            ("answered", now, 93.0),
        ]


def test_an_outcome_that_waited_for_the_database_keeps_its_moment(tmp_path: Path) -> None:
    log = OpenLog(tmp_path)
    log.decisions(decided("a1"))
    log.decisions.outcome("a1", Outcome(Event.QUEUE_JOINED, ago_s=50.0))
    now = log.clock.now
    log.clock.now += 600.0
    log.settle()
    assert log.ask("SELECT event, at FROM outcomes") == [("queue_joined", now - 50.0)]
    log.upkeep.close()
