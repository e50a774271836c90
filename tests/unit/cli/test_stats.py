import csv
import io
import json
from collections import Counter
from collections.abc import Iterator

import pytest

from screener.cli.stats import GROUP_COLUMNS, cells
from screener.core.outcome import Event, Outcome
from screener.desk.counting import ordered
from screener.storage.log_stats import By, Stats, Tally
from tests.builders import NOW
from tests.unit.cli.command import Done, run_here
from tests.unit.cli.logged import Logged, logged
from tests.unit.storage.logs import at, refused

SPAN = ("--since", "2027-01-01T00:00:00Z", "--until", "2027-02-01T00:00:00Z")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logged]:
    with logged(tmp_path_factory.mktemp("stats")) as found:
        write = found.log.decisions
        for place in range(6):
            call = at(NOW + 1_800 * place, f"c{place}", trunk="=t" if place % 2 else "\x1bt")
            write(refused(call) if place > 3 else call)
        write.outcome("c0", Outcome(Event.QUEUE_JOINED, ago_s=75.0))
        write.outcome("c0", Outcome(Event.ANSWERED, 30.0))
        write.outcome("c1", Outcome(Event.CHALLENGE_PASSED))
        write.outcome("c2", Outcome(Event.CHALLENGE_FAILED))
        yield found


def figures(capsys: pytest.CaptureFixture[str], site: Logged, *words: str) -> Done:
    done = run_here(capsys, "stats", *SPAN, *words, "--config", str(site.path))
    assert (done.status, done.err) == (0, "")
    return done


def test_the_figures_are_told_as_data(capsys: pytest.CaptureFixture[str], site: Logged) -> None:
    told = json.loads(figures(capsys, site, "-o", "json").out)
    assert told["calls"] == 6
    assert told["verdicts"] == {"admit": 4, "challenge": 0, "drop": 2}
    assert told["pass_rate"] == 0.5
    assert told["mean_talk_s"] == 30.0
    assert (told["mean_wait_s"], told["wait_p80_s"]) == (45.0, 45.0)
    assert told["outcomes"]["queue_joined"] == 1
    assert told["outcomes"]["challenge_silent"] == 0
    assert told["answered_callers_dropped"] == 2
    assert told["groups"] == {}


def test_the_table_says_them_in_words(capsys: pytest.CaptureFixture[str], site: Logged) -> None:
    out = figures(capsys, site, "--by", "hour").out
    lines = [line.split() for line in out.splitlines()]
    assert ["verdict", "drop", "2"] in lines
    assert ["challenges", "passed", "50.0%"] in lines
    assert ["mean", "wait", "in", "the", "queue,", "seconds", "45.0"] in lines
    assert "By hour" in out
    assert [line[0] for line in lines if line and line[0].startswith("2027-")] == [
        "2027-01-15T08:00:00Z",
        "2027-01-15T09:00:00Z",
        "2027-01-15T10:00:00Z",
    ]


def test_groups_are_rows_for_a_spreadsheet(
    capsys: pytest.CaptureFixture[str], site: Logged
) -> None:
    out = figures(capsys, site, "--by", "trunk", "-o", "csv").out
    rows = list(csv.reader(io.StringIO(out)))
    assert rows[0] == ["trunk", *GROUP_COLUMNS]
    assert sorted(row[0] for row in rows[1:]) == ["'=t", "?t"]
    assert [row[1] for row in rows[1:]] == ["3", "3"]


def test_a_span_without_calls_is_zeros_and_no_rates(
    capsys: pytest.CaptureFixture[str], site: Logged
) -> None:
    done = run_here(
        capsys, "stats", "--until", "2020-01-01", "--since", "2019-01-01", "-c", str(site.path)
    )
    assert done.status == 0
    assert "none yet" in done.out


def test_groups_stand_in_an_order_that_can_be_read() -> None:
    found = Stats(groups={"b": Tally(calls=1), "a": Tally(calls=1), "c": Tally(calls=9)})
    assert [name for name, _ in ordered(found, By.DID)] == ["c", "a", "b"]
    hours = Stats(groups={"36000": Tally(), "(others)": Tally(calls=9), "7200": Tally()})
    assert [name for name, _ in ordered(hours, By.HOUR)] == ["7200", "36000", "(others)"]


def test_the_cells_of_a_group_stand_under_their_columns() -> None:
    tally = Tally(
        calls=9,
        faults=1,
        imported=2,
        talk_s=50.0,
        waits=2,
        wait_s=9.0,
        verdicts=Counter(admit=1, challenge=2, drop=3),
        would=Counter(challenge=4, drop=5),
        outcomes=Counter(
            challenge_passed=6,
            challenge_failed=7,
            challenge_abandoned=8,
            answered=10,
            abandoned=11,
            challenge_silent=12,
            queue_joined=13,
        ),
    )
    assert dict(zip(GROUP_COLUMNS, cells(tally), strict=True)) == {
        "calls": 9,
        "admit": 1,
        "challenge": 2,
        "drop": 3,
        "would challenge": 4,
        "would drop": 5,
        "passed": 6,
        "failed": 7,
        "silent": 12,
        "gave up": 8,
        "queued": 13,
        "mean wait s": 4.5,
        "answered": 10,
        "abandoned": 11,
        "mean talk s": 5.0,
        "faults": 1,
        "imported": 2,
    }
