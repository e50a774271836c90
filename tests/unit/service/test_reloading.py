import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from screener.config.build import Config
from screener.config.load import load_config
from screener.core.engine import Engine
from screener.core.settings import Mode
from screener.errors import ConfigError, ScreenerError
from screener.service.reloading import Reloading
from screener.service.screening import ScreeningService
from screener.service.tally import Tally
from tests.builders import NOW, a_memory


class Site:
    """An agent's rules under a file, and what a reload did around them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "screener.yaml"
        self.write("mode: observe\n")
        self.done: list[str] = []
        self.is_under_way = False
        self.refusal: ScreenerError | None = None
        self.trouble: ScreenerError | None = None
        config = load_config(self.path)
        self.service = ScreeningService(Engine(config.settings, a_memory()), lambda: NOW, Tally())
        self.reloading = Reloading(
            config,
            self.path,
            self.service,
            accept=self._accept,
            settle=lambda _: self.done.append("settled"),
            refresh=self._refresh,
            during=self._under_way,
        )

    def write(self, text: str) -> None:
        self.path.write_text("version: 1\n" + text)

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        self.is_under_way = True
        try:
            yield
        finally:
            self.is_under_way = False

    @property
    def mode(self) -> Mode:
        return self.service.engine.settings.mode

    def _accept(self, _new: Config) -> None:
        assert self.is_under_way
        if self.refusal is not None:
            raise self.refusal
        self.done.append("accepted")

    async def _refresh(self) -> None:
        assert not self.is_under_way
        self.done.append("refreshed")
        if self.trouble is not None:
            raise self.trouble


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


async def test_a_changed_file_is_taken_over(site: Site) -> None:
    before = site.reloading.config_hash
    site.write("mode: enforce\nlisten: {port: 4999}\n")
    told = await site.reloading.reload()
    assert site.mode is Mode.ENFORCE
    assert told == {
        "config": site.reloading.config_hash,
        "was": before,
        "next_start": ["listen.port"],
    }
    assert site.done == ["accepted", "settled", "refreshed"]


async def test_a_refused_file_changes_nothing(site: Site) -> None:
    before, engine = site.reloading.config, site.service.engine
    site.write("mode: enforce\nmood: bad\n")
    with pytest.raises(ConfigError, match="mood"):
        await site.reloading.reload()
    assert (site.reloading.config, site.service.engine, site.done) == (before, engine, [])
    assert not site.is_under_way


async def test_what_the_machine_cannot_give_changes_nothing(site: Site) -> None:
    before, engine = site.reloading.config, site.service.engine
    site.write("mode: enforce\n")
    site.refusal = ScreenerError("too few descriptors")
    with pytest.raises(ScreenerError, match="too few"):
        await site.reloading.reload()
    assert (site.reloading.config, site.service.engine, site.done) == (before, engine, [])


async def test_reviews_that_cannot_be_read_do_not_undo_it(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "screener.agent")
    site.write("mode: enforce\n")
    site.trouble = ScreenerError("review.db is locked")
    await site.reloading.reload()
    assert site.mode is Mode.ENFORCE
    assert "REVIEWS-TROUBLE" in caplog.text


async def test_two_at_once_follow_each_other(site: Site) -> None:
    site.write("mode: enforce\n")
    first, second = await asyncio.gather(site.reloading.reload(), site.reloading.reload())
    assert second["was"] == first["config"] == site.reloading.config_hash


async def test_by_signal_the_log_alone_tells_why_it_was_refused(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "screener.agent")
    site.write("mood: bad\n")
    site.reloading.by_signal()
    await asyncio.gather(*site.reloading._running)
    assert "RELOAD-REFUSED" in caplog.text
    assert "mood" in caplog.text
    assert f"the configuration {site.reloading.config_hash} stays" in caplog.text


async def test_a_fault_of_ours_by_signal_is_heard_without_its_words(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.WARNING, "screener.agent")
    monkeypatch.setattr(site.service.engine, "succeed", None)
    site.reloading.by_signal()
    await asyncio.gather(*site.reloading._running)
    assert "a fault of ours (TypeError)" in caplog.text
