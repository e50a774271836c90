import os
import threading
from pathlib import Path

import pytest

from screener.config.load import Config, load_config
from screener.errors import ConfigError, MissingPartError
from screener.web import site as site_module
from screener.web.site import AGAIN_S, Site
from tests.unit.web.signed_in import Time, a_site


def test_a_configuration_that_is_changed_counts_from_then_on(tmp_path: Path) -> None:
    site = a_site(tmp_path, "web: {idle: 10m}\n")
    assert site.config.web.idle == 600.0
    path = tmp_path / "screener.yaml"
    path.write_text(path.read_text().replace("10m", "20m"))
    os.utime(path, ns=(1, 1))
    assert site.config.web.idle == 1_200.0
    site.close()


def test_a_refused_change_leaves_what_was_said_before(tmp_path: Path) -> None:
    site = a_site(tmp_path, "web: {idle: 10m}\n")
    path = tmp_path / "screener.yaml"
    good = path.read_text()
    path.write_text(good + "nonsense: 1\n")
    assert site.config.web.idle == 600.0
    path.unlink()
    assert site.config.web.idle == 600.0
    path.write_text(good.replace("10m", "15m"))
    assert site.config.web.idle == 900.0
    site.close()


def test_a_refused_file_is_read_again_where_it_changed_or_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = Time()
    site = a_site(tmp_path, "web: {idle: 10m}\n", time)
    path = tmp_path / "screener.yaml"
    good, read = path.read_text(), list[Path | None]()

    def counted(path: Path | None) -> Config:
        read.append(path)
        return load_config(path)

    monkeypatch.setattr(site_module, "load_config", counted)
    path.write_text(good + "nonsense: 1\n")
    assert [site.config.web.idle for _ in range(5)] == [600.0] * 5
    assert len(read) == 1
    time.now += AGAIN_S
    assert [site.config.web.idle for _ in range(5)] == [600.0] * 5
    assert len(read) == 2
    time.now -= 1_000.0  # a clock that is set back holds nothing up
    assert site.config.web.idle == 600.0
    assert len(read) == 3
    path.write_text(good.replace("10m", "15m"))
    assert [site.config.web.idle for _ in range(5)] == [900.0] * 5
    assert len(read) == 4
    site.close()


def test_while_one_thread_reads_the_file_the_others_have_what_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = a_site(tmp_path, "web: {idle: 10m}\n")
    path = tmp_path / "screener.yaml"
    path.write_text(path.read_text().replace("10m", "15m"))
    seen: list[float] = []

    def read_slowly(path: Path | None) -> Config:
        seen.append(site.config.web.idle)  # as another thread would, in the middle of it
        return load_config(path)

    monkeypatch.setattr(site_module, "load_config", read_slowly)
    assert site.config.web.idle == 900.0
    assert seen == [600.0]
    site.close()


def test_a_refused_configuration_is_no_site(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        a_site(tmp_path, "nonsense: 1\n")


def test_the_embedded_defaults_make_a_site() -> None:
    site = Site(None, Time())
    assert site.config.web.host == "127.0.0.1"
    assert site.config is site.config
    site.close()


def test_its_files_are_those_of_the_configuration(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    assert (site.folder, site.keys) == (tmp_path / "state", tmp_path / "keys.json")
    site.close()


async def test_what_blocks_is_done_in_another_thread(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    assert await site.run(threading.get_ident) != threading.get_ident()
    assert await site.run(sorted, "ba", reverse=True) == ["b", "a"]
    with pytest.raises(ZeroDivisionError):
        await site.run(divmod, 1, 0)
    site.close()


async def test_an_agent_that_does_not_run_is_told(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    with pytest.raises(MissingPartError):
        await site.ask({"op": "status"}, 1.0)
    site.close()
