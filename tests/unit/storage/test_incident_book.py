"""Kept incidents: what comes back, what is never written, what a killed agent may leave."""

import json
import logging
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import ScreenerError
from screener.storage import incident_book
from screener.storage.incident_book import LINE_LIMIT, MOST_KEPT, SPARE_LINES, IncidentBook


def an_incident(number: int, **more: object) -> dict[str, object]:
    return {"id": f"i{number}", "began": float(number), "ended": None, **more}


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "incidents.jsonl"


def test_no_file_means_no_incident(path: Path) -> None:
    assert IncidentBook(path).read() == []


def test_the_last_word_on_each_counts_and_the_newest_comes_first(path: Path) -> None:
    book = IncidentBook(path)
    book.keep(an_incident(1, calls=5))
    book.keep(an_incident(2))
    book.keep(an_incident(1, calls=9, ended=7.0))
    assert book.read() == [an_incident(2), an_incident(1, calls=9, ended=7.0)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_number_is_written_not_even_a_masked_one(path: Path) -> None:
    marks = [
        {"kind": "callers", "what": "new numbers", "share": 0.5},
        {"kind": "number", "what": "+1651***0142", "share": 0.5},
    ]
    IncidentBook(path).keep(an_incident(1, marks=marks))
    assert "0142" not in path.read_text()
    assert IncidentBook(path).read()[0]["marks"] == marks[:1]


def test_a_line_cut_short_by_a_kill_costs_no_other(path: Path) -> None:
    book = IncidentBook(path)
    book.keep(an_incident(1))
    with path.open("ab") as file:
        file.write(b'{"id":"i2","beg')
    book.keep(an_incident(3))
    assert [one["id"] for one in book.read()] == ["i3", "i1"]


@given(st.lists(st.binary(max_size=30)))
def test_whatever_stands_in_the_file_it_is_read(lines: list[bytes]) -> None:
    whole = json.dumps(an_incident(1)).encode()
    data = b"\n".join([*lines, b"", whole, b""])
    assert "i1" in [one["id"] for one in incident_book._newest_first(data)]


@pytest.mark.parametrize("line", ["[1]", '{"id":1,"began":2}', '{"id":"x"}', "x" * LINE_LIMIT])
def test_what_is_no_incident_is_left_out(path: Path, line: str) -> None:
    path.write_text(f"{line}\n")
    assert IncidentBook(path).read() == []


def test_an_incident_that_is_too_long_is_not_kept(path: Path) -> None:
    IncidentBook(path).keep(an_incident(1, done=["x" * LINE_LIMIT]))
    assert not path.exists()


def test_the_file_is_bounded_and_keeps_the_newest(path: Path) -> None:
    told = MOST_KEPT + SPARE_LINES
    path.write_text("".join(f"{json.dumps(an_incident(one))}\n" for one in range(told)))
    book = IncidentBook(path)
    book.keep(an_incident(told))
    kept = book.read()
    assert (len(kept), kept[0]["id"]) == (MOST_KEPT, f"i{told}")
    assert path.read_bytes().count(b"\n") == MOST_KEPT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_telling_one_incident_again_and_again_does_not_grow_the_file(path: Path) -> None:
    book = IncidentBook(path)
    for calls in range(SPARE_LINES + 5):
        book.keep(an_incident(1, calls=calls))
    assert path.read_bytes().count(b"\n") <= SPARE_LINES + 1
    assert book.read()[0]["calls"] == SPARE_LINES + 4


def test_a_folder_that_cannot_be_written_is_told_and_not_raised(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    book = IncidentBook(tmp_path / "none" / "incidents.jsonl")
    with pytest.raises(ScreenerError, match="cannot be kept"):
        book.keep(an_incident(1))
    caplog.set_level(logging.WARNING)
    book.keep_or_tell(an_incident(1))
    assert caplog.text.count("INCIDENT-UNKEPT") == 1
