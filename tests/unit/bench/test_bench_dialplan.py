"""The dialplan of the benchmarks."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from screener.lab.share import sample_folder
from tests.bench.bench_dialplan import bench_dialplan, fill_blacklist


def test_every_way_can_be_refused_and_answered() -> None:
    text = bench_dialplan((sample_folder() / "screener.conf").read_text(), {"agent": 4591})
    for name in ("plain", "defence", "bare", "agent"):
        for end, last in (("", "Hangup(21)"), ("-answer", "Wait(10)")):
            entry = text.split(f"exten => bench-{name}{end},1,")[1].split("\nexten")[0]
            assert last in entry


def test_bare_asks_nobody() -> None:
    text = bench_dialplan((sample_folder() / "screener.conf").read_text(), {})
    assert "AGI(agi://" not in text


def test_a_sample_that_changed_is_told() -> None:
    with pytest.raises(ValueError, match="fit the benchmark"):
        bench_dialplan("[other]\nexten => s,1,Return()\n", {})


def test_the_blacklist_is_in_the_form_that_asterisk_reads(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    fill_blacklist(tmp_path, 3)
    with closing(sqlite3.connect(tmp_path / "lib/astdb.sqlite3")) as database:
        keys = [key for (key,) in database.execute("SELECT key FROM astdb ORDER BY key")]
    assert keys == [f"/blacklist/+49300000000{index}" for index in range(3)]
