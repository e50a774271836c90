from pathlib import Path

import pytest

from screener.adapters.call_files import CallFile
from screener.adapters.line_problems import LineProblems
from screener.adapters.queue_calls import QueueCalls
from screener.core.past_call import WaitStep
from screener.errors import ScreenerError
from tests.unit.call_records import PERSON, START, a_wait, queue_lines


def read(
    folder: Path, text: str, *, since: float | None = None, skipping: bool = False
) -> tuple[list[WaitStep], QueueCalls]:
    path = folder / "queue_log"
    path.write_text(text)
    with CallFile(path) as file:
        calls = QueueCalls(file, LineProblems(path, skipping=skipping), since=since)
        return list(calls.steps()), calls


def test_a_served_call_is_three_steps(tmp_path: Path) -> None:
    steps, calls = read(tmp_path, queue_lines())
    assert steps == [
        a_wait(at=START + 2.0, number=PERSON),
        a_wait(at=START + 30.0, connected=True),
        a_wait(at=START + 72.0, served=True, talk_s=42.0, ended_at=START + 72.0),
    ]
    assert calls.events == 3


def test_an_abandoned_call_is_two(tmp_path: Path) -> None:
    steps, _ = read(tmp_path, queue_lines(talk=None))
    assert steps[1] == a_wait(at=START + 30.0, gone=True, ended_at=START + 30.0)


def test_a_number_that_was_dialled_is_taken_and_a_word_is_not(tmp_path: Path) -> None:
    head = f"{START}|{START}.7|support|NONE|DID"
    steps, _ = read(tmp_path, f"{head}|6515392200\n{head}|s\n")
    assert [step.did for step in steps] == ["6515392200", ""]


def test_empty_lines_and_other_events_are_nothing(tmp_path: Path) -> None:
    text = f"\n{START}|NONE|NONE|NONE|CONFIGRELOAD|\r\n{queue_lines()}"
    assert len(read(tmp_path, text)[0]) == 3


def test_older_lines_are_left_out_and_counted(tmp_path: Path) -> None:
    steps, calls = read(tmp_path, queue_lines(), since=START + 10.0)
    assert len(steps) == 2
    assert calls.older == 1


def test_broken_lines_are_named_at_the_end_or_left_out(tmp_path: Path) -> None:
    text = f"{queue_lines()}half a line\n"
    with pytest.raises(ScreenerError, match=r"queue_log:4:1: 1 fields"):
        read(tmp_path, text)
    assert len(read(tmp_path, text, skipping=True)[0]) == 3


def test_a_file_that_tells_of_no_call_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScreenerError, match="tells of no calls"):
        read(tmp_path, f"{START}|NONE|NONE|NONE|QUEUESTART|\n")
