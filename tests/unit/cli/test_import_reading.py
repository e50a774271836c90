import gzip
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from screener.adapters.wall_clock import WallClock
from screener.cli.import_reading import Wanted, read_files
from screener.cli.progress import progress
from screener.errors import ScreenerError
from screener.storage.call_staging import CallStaging
from tests.unit.call_records import START, cdr_line, queue_lines


@pytest.fixture
def staging() -> Iterator[CallStaging]:
    with closing(CallStaging(1_000)) as made:
        yield made


def wanted(folder: Path, **changes: object) -> Wanted:
    """Return what asks for both files of the folder."""
    plain: dict[str, object] = {
        "cdr": folder / "Master.csv",
        "queue_log": folder / "queue_log",
        "clock": WallClock(ZoneInfo("UTC")),
    }
    return Wanted(**{**plain, **changes})  # type: ignore[arg-type]  # the test names real fields


def test_both_files_are_joined_and_what_is_left_out_is_told(
    tmp_path: Path, staging: CallStaging
) -> None:
    inside = cdr_line(dcontext="from-internal")
    (tmp_path / "Master.csv").write_text(cdr_line() + inside + cdr_line()[:-1])
    (tmp_path / "queue_log").write_bytes(gzip.compress(queue_lines(talk=42).encode()))
    found = read_files(wanted(tmp_path), staging, progress)
    (call,) = staging.newest_first()
    assert call.ending.outcome is not None
    assert call.ending.outcome.talk_s == 42.0
    assert found.records == 5
    assert found.other_contexts == {"from-internal": 1}
    assert found.unfinished == [tmp_path / "Master.csv"]


def test_broken_lines_of_both_are_counted_where_they_are_left_out(
    tmp_path: Path, staging: CallStaging
) -> None:
    (tmp_path / "Master.csv").write_text(cdr_line() + "x\n")
    (tmp_path / "queue_log").write_text(queue_lines() + "y\nz\n")
    with pytest.raises(ScreenerError, match=r"Master.csv:2:1"):
        read_files(wanted(tmp_path), staging, progress)
    assert read_files(wanted(tmp_path, skip_broken=True), staging, progress).broken == 3


def test_older_lines_of_both_are_counted(tmp_path: Path, staging: CallStaging) -> None:
    (tmp_path / "Master.csv").write_text(cdr_line())
    (tmp_path / "queue_log").write_text(queue_lines())
    found = read_files(wanted(tmp_path, since=START + 1e6), staging, progress)
    assert found.older == 4
    assert staging.span() is None
