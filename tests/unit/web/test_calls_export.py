import csv
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError

from screener.desk.call_rows import COLUMNS
from screener.errors import ScreenerError
from screener.web import calls_export
from tests.unit.web.calls_site import BOB, FIRST, SECOND, WITHHELD, calls_site


async def test_csv_holds_what_the_filter_lets_through_masked(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        file = await at.viewer.get("/calls.csv?did=%2B16515392200")
        rows = list(csv.DictReader(file.text.splitlines()))
        assert list(rows[0]) == list(COLUMNS)
        assert [row["id"] for row in rows] == [WITHHELD, SECOND, FIRST]
        assert rows[2]["caller"] == "'+1••••••••42"
        assert "5550142" not in file.text
        assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert "attachment" in file.headers["Content-Disposition"]
        assert file.headers["Cache-Control"] == "no-store"


async def test_json_is_one_array_however_many_parts_it_was_read_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with calls_site(tmp_path) as at:
        for number in range(30):
            at.came(f"{number:016x}", BOB, float(number))
        assert calls_export.AT_ONCE > 33
        for part in (1, 7, 33, 1_000):
            monkeypatch.setattr(calls_export, "AT_ONCE", part)
            calls = (await at.viewer.get("/calls.json")).json()
            assert len({call["id"] for call in calls}) == len(calls) == 33
        assert (await at.viewer.get("/calls.json?verdict=drop")).json() == []


async def test_a_file_ends_at_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with calls_site(tmp_path) as at:
        monkeypatch.setattr(calls_export, "MOST", 2)
        assert len((await at.viewer.get("/calls.json")).json()) == 2
        assert len((await at.viewer.get("/calls.csv")).text.splitlines()) == 3


async def test_a_file_whose_log_goes_away_is_cut_so_that_nobody_takes_it_for_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with calls_site(tmp_path) as at:
        monkeypatch.setattr(calls_export, "AT_ONCE", 2)
        whole, parts = calls_export._part, []

        def part(*values: Any) -> Any:  # noqa: ANN401 - as it takes and gives them
            parts.append(values)
            if len(parts) > 1:
                raise ScreenerError("the log is away")
            return whole(*values)

        monkeypatch.setattr(calls_export, "_part", part)
        with pytest.raises(ClientError):
            await at.viewer.get("/calls.csv")
        assert len(parts) == 2


async def test_what_is_not_understood_is_told_instead_of_a_file(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        refused = await at.viewer.get("/calls.csv?verdict=maybe")
        assert (refused.status, refused.text.partition(":")[0]) == (422, "verdict")


async def test_without_a_log_there_is_no_file(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        at.log.upkeep.close()
        for one in at.log.path.parent.glob("decisions.db*"):
            one.unlink()
        assert (await at.viewer.get("/calls.csv")).status == 503
