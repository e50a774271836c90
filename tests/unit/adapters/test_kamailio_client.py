"""Keeping a Kamailio: all is written, counted and, after a fault of any kind, begun anew."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Self

import pytest

from screener.adapters import kamailio_client
from screener.adapters.kamailio_client import RECENT, KamailioClient
from screener.config.options import FrontOptions
from screener.core.decision import Decision
from screener.core.engine import Engine
from screener.core.lists import ListAction, ListSpec, parse_entry
from screener.core.number import NumberPlan
from screener.core.review import Review
from screener.core.settings import AdmissionSettings, Mode, Settings
from screener.service.front import Front
from screener.service.reviewing import Changes, LetIn
from tests.builders import NOW, a_memory
from tests.unit.adapters.fake_kamailio import FakeKamailio

PEST, OTHER = "+16515550100", "+16515550101"

Trunks = dict[str, tuple[IPv4Network | IPv6Network, ...]]


class Kept:
    """A client under way over a fake Kamailio; its pauses take no time."""

    def __init__(self, folder: Path, trunks: Trunks | None = None) -> None:
        self.fake = FakeKamailio(folder / "k")
        self.memory = a_memory()
        lists = (ListSpec("pest", ListAction.DENY, (PEST, "+4479*")),)
        settings = Settings(mode=Mode.ENFORCE, lists=lists, admission=AdmissionSettings(0))
        engine = Engine(settings, self.memory)
        options = FrontOptions(socket=str(self.fake.path), trunks=trunks or {})
        self.front = Front(options, lambda: engine, self.memory, lambda load: load, lambda: NOW)
        self.rows = list[Decision]()
        self.front.sinks = (self.rows.append,)
        self.pauses: list[float] = []
        self.client = KamailioClient(options, self.front, rest=self._rest)

    async def _rest(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0.001)

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(5.0):
            while not true():  # noqa: ASYNC110 - what is waited for is another party's doing
                await asyncio.sleep(0.002)

    async def __aenter__(self) -> Self:
        self.fake.open()
        self.task = asyncio.get_running_loop().create_task(self.client.run())
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task
        with suppress(OSError, ValueError):
            self.fake.close()

    @property
    def blocks(self) -> dict[str, object]:
        return self.fake.tables["screener_blocks"]

    def count(self, key: str, by: str, times: int) -> None:
        """Refuse calls as the sample configuration does."""
        counts = self.fake.tables["screener_counts"]
        for _ in range(times):
            for name in (by, "all"):
                counts[name] = counts.get(name, 0) + 1
            ring, slot = divmod(counts["all"], 256)
            table = self.fake.tables[f"screener_recent{ring % 8}"]
            table[str(slot)] = f"{counts['all']} {key}"


@pytest.fixture(autouse=True)
def _polled_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kamailio_client, "POLL_S", 0.01)


async def test_what_is_denied_stands_there_and_what_stood_of_another_run_does_not(
    tmp_path: Path,
) -> None:
    kept = Kept(tmp_path)
    kept.blocks["+19"] = 60301
    kept.fake.tables["screener_known"][OTHER] = 1
    async with kept:
        await kept.until(lambda: len(kept.blocks) == 2)
        assert kept.blocks == {PEST: 60302, "+4479*": 60302}
        assert kept.fake.tables["screener_front"]["generation"] == kept.front.generation
        assert kept.fake.tables["screener_front"]["lengths"] == "5"
        assert kept.front.state == "up"
        assert kept.fake.tables["screener_known"] == {OTHER: 1}  # is judged, and never shed


async def test_refusals_are_counted_exactly_and_told_as_rows(tmp_path: Path) -> None:
    async with Kept(tmp_path) as kept:
        await kept.until(lambda: len(kept.blocks) == 2)
        kept.count(PEST, "60302", 5)
        await kept.until(lambda: kept.front.counts.refused["list"] == 5)
        await kept.until(lambda: len(kept.rows) == 1)
        kept.count(PEST, "60302", 3)
        kept.fake.tables["screener_counts"]["shed"] = 4
        await kept.until(lambda: kept.front.counts.refused.total() == 12)
        await kept.until(
            lambda: kept.fake.tables["screener_front"]["taken"] == "60302=8,all=8,shed=4"
        )
        await kept.until(lambda: kept.front.counts.pending == 3)
    told = [row.verdict.score.signals[0].reason.split()[0] for row in kept.rows]
    assert told == ["5", "3"]  # the second at the end, sooner than it was due


async def test_each_of_a_flood_is_told_by_its_key_as_long_as_its_note_stands(
    tmp_path: Path,
) -> None:
    async with Kept(tmp_path) as kept:
        await kept.until(lambda: len(kept.blocks) == 2)
        kept.count(OTHER, "60302", 700)
        kept.count(PEST, "60302", 2_000)
        await kept.until(lambda: len(kept.rows) == 3)
    told = sorted(int(row.verdict.score.signals[0].reason.split()[0]) for row in kept.rows)
    assert told == [48, 652, 2_000]  # two tables of eight are written over by and by
    assert {row.verdict.reasons[1] for row in kept.rows} == {
        "front-list",
        "front-ended",
        "front-several",
    }


async def test_a_note_that_is_written_late_is_found_at_the_next_look(tmp_path: Path) -> None:
    async with Kept(tmp_path) as kept:
        await kept.until(lambda: len(kept.blocks) == 2)
        kept.fake.tables["screener_counts"].update({"60302": 1, "all": 1})
        await kept.until(lambda: kept.front.counts.refused["list"] == 1)
        kept.fake.tables["screener_recent0"]["1"] = f"1 {PEST}"
        await kept.until(lambda: len(kept.rows) == 1)


async def test_a_successor_tells_what_was_refused_meanwhile_and_nothing_twice(
    tmp_path: Path,
) -> None:
    async with Kept(tmp_path) as kept:
        await kept.until(lambda: len(kept.blocks) == 2)
        kept.count(PEST, "60302", 3)
        await kept.until(lambda: "all=3" in str(kept.fake.tables["screener_front"].get("taken")))
    tables = kept.fake.tables
    kept.count(PEST, "60302", 4)
    (tmp_path / "next").mkdir()
    successor = Kept(tmp_path / "next")
    successor.fake.tables.update(tables)
    async with successor:
        await successor.until(lambda: len(successor.rows) == 1)
    assert successor.front.counts.refused["list"] == 4
    assert successor.rows[0].verdict.score.signals[0].reason.startswith("4 calls")


async def test_a_kamailio_that_was_started_anew_is_told_all_and_counted_on(tmp_path: Path) -> None:
    async with Kept(tmp_path) as kept:
        await kept.until(lambda: len(kept.blocks) == 2)
        kept.count(PEST, "60302", 5)
        await kept.until(lambda: kept.front.counts.refused["list"] == 5)
        kept.fake.close()
        kept.fake.tables.clear()
        kept.fake.open()
        await kept.until(lambda: len(kept.blocks) == 2)
        kept.count(PEST, "60302", 2)
        await kept.until(lambda: kept.front.counts.refused["list"] == 7)


async def test_tables_that_somebody_emptied_are_written_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with Kept(tmp_path) as kept:
        await kept.until(lambda: len(kept.blocks) == 2)
        for table in kept.fake.tables.values():
            table.clear()
        await kept.until(lambda: len(kept.blocks) == 2)
        await kept.until(lambda: "FRONT-ANEW" in caplog.text)
    assert PEST[-7:] not in caplog.text


async def test_a_lost_kamailio_is_told_once_and_found_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with Kept(tmp_path) as kept:
        await kept.until(lambda: len(kept.blocks) == 2)
        kept.fake.close()
        await kept.until(lambda: kept.front.state == "down")
        await kept.until(lambda: len([one for one in kept.pauses if one >= 1.0]) > 4)
        kept.fake.open()
        await kept.until(lambda: kept.front.state == "up")
        assert len(kept.blocks) == 2
    assert max(kept.pauses) <= kamailio_client.PAUSE_S
    assert caplog.text.count("FRONT-DOWN") <= 2  # refused, then no such file


async def test_a_table_that_the_configuration_lacks_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = Kept(tmp_path)
    kept.fake.refuses = "htable.setxi"
    async with kept:
        await kept.until(lambda: "Kamailio refuses htable.setxi" in caplog.text)
        assert len(kept.blocks) == 0


async def test_an_allow_that_a_fault_swallowed_is_told_once_the_link_is_back(
    tmp_path: Path,
) -> None:
    async with Kept(tmp_path) as kept:
        await kept.until(lambda: len(kept.blocks) == 2)
        kept.fake.refuses = "htable.delete"  # with a word that is not "no such key"
        kept.fake.code = -32603
        kept.memory.reviews.put(Review(1, ListAction.ALLOW, parse_entry(PEST, NumberPlan("US"))))
        kept.front.heed(Changes(1, "b", let_in=(LetIn(PEST, "allow", NOW),)))
        await kept.until(lambda: kept.front.state == "down")
        kept.fake.refuses = ""
        await kept.until(lambda: PEST not in kept.blocks)


async def test_kamailio_forgets_that_it_refused_an_erased_caller(tmp_path: Path) -> None:
    async with Kept(tmp_path) as kept:
        await kept.until(lambda: len(kept.blocks) == 2)
        kept.count(PEST, "60302", 300)
        await kept.until(lambda: kept.front.counts.refused["list"] == 300)
        kept.fake.tables["screener_known"][PEST] = 1  # of another run
        kept.front.forget(PEST)
        await kept.until(lambda: not any(map(kept.fake.tables.get, RECENT)))
        assert kept.fake.tables["screener_known"] == {}


async def test_where_nothing_was_noted_no_notes_are_asked_for(tmp_path: Path) -> None:
    async with Kept(tmp_path) as kept:
        await kept.until(lambda: len(kept.blocks) == 2)
        kept.front.forget(OTHER)
        await kept.until(lambda: not kept.front.erased)
        assert all(params[0] not in RECENT for _, params in kept.fake.asked)


async def test_a_pause_empties_the_table_at_once(tmp_path: Path) -> None:
    async with Kept(tmp_path) as kept:
        await kept.until(lambda: len(kept.blocks) == 2)
        kept.memory.reviews.paused_until = NOW + 60
        await kept.until(lambda: not kept.blocks)
        assert ("htable.flush", ["screener_blocks"]) in kept.fake.asked[-50:]


async def test_kamailio_is_told_which_address_is_which_trunk_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept(tmp_path, {"a": (IPv4Network("192.0.2.6/31"),)})
    names = kept.fake.tables["screener_trunks"]
    names["192.0.2.1"] = "of another run"
    async with kept:
        await kept.until(lambda: kept.front.state == "up")
        assert names == {"192.0.2.6": "a", "192.0.2.7": "a"}
        monkeypatch.setattr(kamailio_client, "_NAMES_AGAIN_S", 0.0)
        names.clear()
        await kept.until(lambda: len(names) == 2)


async def test_without_trunks_a_kamailio_may_have_no_such_table(tmp_path: Path) -> None:
    async with Kept(tmp_path) as kept:
        await kept.until(lambda: len(kept.blocks) == 2)
        assert all(params[0] != "screener_trunks" for _, params in kept.fake.asked)
