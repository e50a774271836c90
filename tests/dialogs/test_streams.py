"""Runs every `*.stream`: what is sent to the agent, what it answers, what it complains of.

-- a remark
-> a line that is sent
<- the answer to it, in full           !! the diagnostic of it, in full
"""

import io
from pathlib import Path

import pytest

from screener.adapters.pipe import Pipe
from screener.core.settings import Settings
from screener.storage.new_memory import new_memory

FILES = sorted(Path(__file__).parent.glob("*.stream"))


def replayed(lines: list[str]) -> list[str]:
    """Send the lines of a script and return the script as it really went."""
    complaints = io.BytesIO()
    pipe = Pipe(Settings(), new_memory, complaints)
    went: list[str] = []
    for line in lines:
        if line.startswith("--"):
            went.append(line)
        if not line.startswith("-> "):
            continue
        went.append(line)
        complaints.seek(0)
        complaints.truncate()
        answer = pipe.take(line[3:].encode() + b"\n")
        went += [f"<- {text}" for text in answer.decode("ascii").splitlines()]
        went += [f"!! {text}" for text in complaints.getvalue().decode("ascii").splitlines()]
    assert pipe.ended
    return went


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_stream_goes_as_it_is_written(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert replayed(lines) == lines


def test_there_are_streams_and_all_their_lines_have_a_mark() -> None:
    assert FILES
    for path in FILES:
        marks = {line[:3] for line in path.read_text().splitlines()}
        assert marks <= {"-- ", "-> ", "<- ", "!! "}, path.name
