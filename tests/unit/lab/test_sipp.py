from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from screener.errors import MissingPartError
from screener.lab.root import LabRoot
from screener.lab.sipp import SCENARIOS, Counts, Load, Sipp, write_rows

COUNTS = (
    "CurrentTime;ElapsedTime;0_INVITE_Sent;0_INVITE_Retrans;1_BYE_Recv;1_BYE_Unexp;"
    "9_486_Recv;17_200_Recv;18_ACK_Sent;22_200_Recv;24_ACK_Sent;\n"
)
TOTALS = "StartTime;TotalCallCreated;SuccessfulCall(P);SuccessfulCall(C);FailedCall(C);\n"


def rooted(tmp_path: Path, script: str) -> LabRoot:
    """A root whose loader is a script in SIPp's place, for what a healthy SIPp does not do."""
    loader = tmp_path / "root/usr/lib/any/ld-linux-any.so.2"
    loader.parent.mkdir(parents=True)
    loader.write_text(f"#!/bin/sh\n{script}\n")
    loader.chmod(0o755)
    return LabRoot("22.0", tmp_path, tmp_path, tmp_path / "root")


def made(tmp_path: Path, script: str = "true", load: Load | None = None) -> Sipp:
    (tmp_path / "run").mkdir()
    root = rooted(tmp_path, script)
    return Sipp(root, tmp_path / "run", "caller.xml", load or Load(calls=1), target=5060)


def test_before_sipp_wrote_anything_there_is_nothing_to_count(tmp_path: Path) -> None:
    assert made(tmp_path).counts() == Counts()


def test_counts_are_read_from_the_last_whole_row_and_a_names_first_place(tmp_path: Path) -> None:
    run = made(tmp_path)
    rows = "t;1;1;0;0;0;0;0;0;0;0;\nt;2;9;0;2;0;3;5;5;4;3;\n"
    (run.folder / "caller_7_counts.csv").write_text(COUNTS + rows)
    (run.folder / "totals.csv").write_text(TOTALS + "t;9;1;8;1;\n")

    counts = run.counts()

    assert (counts.code(200), counts.code(486), counts.code(603)) == (5, 3, 0)
    assert (counts.received["BYE"], counts.sent["INVITE"], counts.sent["ACK"]) == (2, 9, 5)
    assert (counts.created, counts.successful, counts.failed) == (9, 8, 1)


ROW = "t;2;9;0;2;0;3;5;5;4;3;\n"


@pytest.mark.parametrize("cut", range(len(ROW)))
def test_a_row_in_the_middle_of_being_written_leaves_the_row_before(
    tmp_path: Path, cut: int
) -> None:
    run = made(tmp_path)
    (run.folder / "caller_7_counts.csv").write_text(COUNTS + ROW + ROW.replace("5", "77")[:cut])

    assert run.counts().code(200) == 5


def test_response_times_are_the_second_column(tmp_path: Path) -> None:
    run = made(tmp_path)
    (run.folder / "caller_7_rtt.csv").write_text(
        "Date_ms;response_time_ms;rtd_no\n1;2.5;1\n2;3;1\n"
    )

    assert run.response_times_ms() == [2.5, 3.0]


@pytest.mark.parametrize("field", ["a;b", "a\nb", "a\r"])
def test_a_field_that_would_break_the_injection_file_is_refused(tmp_path: Path, field: str) -> None:
    with pytest.raises(ValueError, match="semicolon or a line break"):
        write_rows(tmp_path / "calls.csv", [("ok", field)])


def test_rows_are_written_one_a_line(tmp_path: Path) -> None:
    write_rows(tmp_path / "calls.csv", [("1", "Ann"), ("2", "Bob")])

    assert (tmp_path / "calls.csv").read_text() == "SEQUENTIAL\n1;Ann;\n2;Bob;\n"


def test_a_sipp_that_breaks_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(MissingPartError, match=r"status 255: Unable to bind"):
        made(tmp_path, "echo Unable to bind; exit 255").start()


def test_a_sipp_that_never_ends_is_ended_and_told(tmp_path: Path) -> None:
    run = made(tmp_path, "exec sleep 60")
    run.start()
    assert run.running

    with pytest.raises(MissingPartError, match=r"not done after 0\.1 s"):
        run.wait(0.1)
    assert not run.running
    run.stop()


def test_waiting_for_what_was_never_started_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingPartError, match="not running"):
        made(tmp_path).wait()


@pytest.mark.parametrize("name", ["caller", "hostile", "operator"])
def test_a_scenario_is_well_formed_and_opens_with_what_it_is(name: str) -> None:
    text = (SCENARIOS / f"{name}.xml").read_text()

    assert ET.fromstring(text).get("name") == name  # noqa: S314 - our own file
    assert text.splitlines()[1].startswith("<!-- ")
