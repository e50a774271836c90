import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from screener.cli.main import build
from screener.cli.subject import EXPORTED
from screener.core.outcome import Event, Outcome
from screener.storage.log_rows import SHOWN
from tests.unit.cli.command import Done, run_here
from tests.unit.cli.logged import Logged, logged
from tests.unit.storage.logs import decided

NUMBER, OTHER = "+16515550142", "+16515550143"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Logged]:
    with logged(tmp_path) as found:
        write = found.log.decisions
        write(decided("a" * 16, NUMBER, trunk="=cmd|' /C calc'!A1"))
        write(decided("b" * 16, OTHER))
        write(decided("c" * 16, f"{NUMBER};ext=7"))
        write(decided("d" * 16, NUMBER, presentation="prohib"))
        write.outcome("a" * 16, Outcome(Event.ANSWERED, 12.0))
        yield found


def run(capsys: pytest.CaptureFixture[str], site: Logged, *words: str) -> Done:
    return run_here(capsys, *words, "--reason", "ticket 7", "--config", str(site.path))


def deeds(site: Logged) -> list[object]:
    return [row[0] for row in site.log.ask("SELECT what FROM audit ORDER BY place")]


def test_a_number_is_revealed_and_that_it_was_stays_written(
    capsys: pytest.CaptureFixture[str], site: Logged
) -> None:
    assert run(capsys, site, "reveal", "a" * 16) == Done(0, f"{NUMBER}\n", "")
    done = run(capsys, site, "reveal", "d" * 16)
    assert (done.status, done.out) == (1, "")
    assert deeds(site) == ["reveal", "reveal"]
    assert site.log.ask("SELECT reason FROM audit LIMIT 1") == [("ticket 7",)]


@pytest.mark.parametrize("words", [("reveal", "a" * 16), ("export", NUMBER), ("erase", NUMBER)])
def test_without_a_reason_nothing_is_done(
    capsys: pytest.CaptureFixture[str], site: Logged, words: tuple[str, str]
) -> None:
    assert run_here(capsys, *words, "--config", str(site.path)).status == 2
    done = run_here(capsys, *words, "--reason", " ", "--config", str(site.path), *_yes(words))
    assert (done.status, done.out) == (1, "")
    assert "needs a name and a reason" in done.err
    assert deeds(site) == []
    assert len(site.log.ids()) == 4


def _yes(words: tuple[str, str]) -> tuple[str, ...]:
    return ("--yes",) if words[0] == "erase" else ()


def test_an_export_holds_all_that_is_kept_of_a_number(
    capsys: pytest.CaptureFixture[str], site: Logged
) -> None:
    told: list[dict[str, Any]] = json.loads(run(capsys, site, "export", "1 651 555 0142").out)
    assert [call["id"][0] for call in told] == ["d", "c", "a"]
    assert [call["number"] for call in told] == [None, f"{NUMBER};ext=7", NUMBER]
    assert set(told[0]) == set(EXPORTED) == {*SHOWN, "number", "outcomes"} - {"seq"}
    assert deeds(site) == ["export"]


def test_an_export_as_csv_is_in_words_and_runs_nothing(
    capsys: pytest.CaptureFixture[str], site: Logged
) -> None:
    done = run(capsys, site, "export", NUMBER, "-o", "csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [row["number"] for row in rows] == ["withheld", f"'{NUMBER};ext=7", f"'{NUMBER}"]
    assert rows[2]["trunk"].startswith("'=cmd")
    assert "new-caller +1 (no earlier call of this number is known)" in rows[2]["signals"]
    assert rows[2]["outcomes"] == "answered at 2027-01-15T08:00:00Z, 12 s"
    assert rows[2]["at"] == "2027-01-15T08:00:00Z"


def test_an_absent_number_has_an_empty_export(
    capsys: pytest.CaptureFixture[str], site: Logged
) -> None:
    assert run(capsys, site, "export", "+16515550199") == Done(0, "[]\n", "")


def test_erasing_takes_everything_and_says_where_more_may_be(
    capsys: pytest.CaptureFixture[str], site: Logged
) -> None:
    done = run(capsys, site, "erase", NUMBER, "--yes")
    assert (done.status, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith("3 calls of +1")
    assert lines[1] == "no agent answers, so none remembers it"
    assert lines[-1].startswith("not looked at, and may still hold it: ")
    assert NUMBER not in done.out
    assert site.log.ids() == ["b" * 16]
    assert deeds(site) == ["erase"]


def test_an_erasure_that_is_not_whole_is_status_1(
    capsys: pytest.CaptureFixture[str], site: Logged
) -> None:
    (site.log.path.parent / "memory.state").write_bytes(b"not sealed")
    done = run(capsys, site, "erase", NUMBER, "--yes")
    assert done.status == 1
    assert "what an agent left behind may hold it: " in done.out
    assert site.log.ids() == ["b" * 16]


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_erasing_asks_first_and_a_no_changes_nothing(site: Logged, answer: str) -> None:
    words = ["erase", NUMBER, "--reason", "x", "--config", str(site.path)]
    done = CliRunner().invoke(build(), words, input=answer)
    assert done.exit_code == 1
    assert "Erase all that is kept of +1" in done.output
    assert NUMBER not in done.output
    assert deeds(site) == []
    assert CliRunner().invoke(build(), words, input="y\n").exit_code == 0
    assert site.log.ids() == ["b" * 16]


def test_who_names_nobody_is_refused(capsys: pytest.CaptureFixture[str], site: Logged) -> None:
    for command in ("export", "erase"):
        done = run(capsys, site, command, "anonymous")
        assert done.status == 1
        assert "NUMBER: this names no caller" in done.err


def test_a_lost_key_file_is_told_before_anything_is_written(
    capsys: pytest.CaptureFixture[str], site: Logged
) -> None:
    site.log.keys.unlink()
    for words in (("reveal", "a" * 16), ("export", NUMBER), ("erase", NUMBER, "--yes")):
        done = run(capsys, site, *words)
        assert done.status == 4
        assert "there is no key file at" in done.err
    assert deeds(site) == []
