import csv
import io
from dataclasses import replace

from rich.console import Console

from screener.cli.what_if_text import COLUMNS, WIDTH, csv_of, print_what_if
from screener.core.call import Load
from screener.core.recorded import RecordedCall
from screener.core.settings import Action, Mode, Settings
from screener.desk.playing import Played
from screener.service.replay import Compared
from screener.service.what_if import CAVEAT, WhatIf
from tests.builders import NOW, a_call, an_engine

VERDICT = an_engine().assess(a_call(), Load()).verdict
HOSTILE = "=cmd|'/c calc'!A1"


def found(
    current: Mode = Mode.ENFORCE, candidate: Mode = Mode.ENFORCE, *, after: Action = Action.DROP
) -> Played:
    what_if = WhatIf(Settings(mode=current), Settings(mode=candidate))
    call = a_call(call_id="00000000000000ab", trunk=HOSTILE, did="[bold]\x1b[2J", arrived_at=NOW)
    record = RecordedCall(
        *(1, call, Load(), Action.ADMIT, Action.ADMIT, ("score",), "default", False, False)
    )
    verdict = replace(VERDICT, action=after)
    what_if.add(Compared(record, VERDICT, verdict, good=True))
    return Played(what_if, 3)


def text(played: Played) -> str:
    out = io.StringIO()
    print_what_if(
        Console(file=out, markup=False, emoji=False, highlight=False, width=WIDTH), played
    )
    return out.getvalue()


def test_the_tables_tell_what_changes_for_whom_and_how_far_to_believe_it() -> None:
    said = text(found())
    for part in (
        "1 calls, 2027-01-15T08:00:00Z",
        "admit -> drop",
        "00000000000000ab",
        "1 calls, 1 callers",
        "By trunk",
        "Fidelity: the current configuration says again what was said of 1 of 1 calls",
        "The numbers of 3 calls are sealed with other keys",
    ):
        assert part in said, part
    assert " ".join(CAVEAT.split()) in " ".join(said.split())
    assert "6515550142" not in said


def test_nothing_of_the_log_steers_the_terminal() -> None:
    said = text(found())
    assert "\x1b" not in said
    assert "[bold]?[2J" in said


def test_no_change_is_said_to_be_none() -> None:
    assert "No verdict changes." in text(found(after=Action.ADMIT))


def test_a_change_of_mode_is_said_first_and_plainly() -> None:
    lines = text(found(Mode.OBSERVE)).splitlines()
    assert "THE MODE CHANGES FROM OBSERVE TO ENFORCE" in " ".join(lines[:4])
    assert "challenge 0 of these calls and drop 1" in " ".join(lines[:5])
    assert "FROM ENFORCE TO OBSERVE" in text(found(candidate=Mode.OBSERVE))
    assert "Both only observe" in text(found(Mode.OBSERVE, Mode.OBSERVE))


def test_csv_holds_every_figure_and_is_safe_to_open() -> None:
    rows = list(csv.DictReader(io.StringIO(csv_of(found()))))
    assert tuple(rows[0]) == COLUMNS
    by_part = {row["part"]: row for row in rows}
    assert by_part["change"]["samples"] == "00000000000000ab"
    assert by_part["good outcome, newly refused"]["callers"] == "1"
    assert by_part["change by trunk"]["value"] == "'" + HOSTILE
    assert all(not row["value"].startswith(("=", "+", "-", "@")) for row in rows)
