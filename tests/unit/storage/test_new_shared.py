import sys
from pathlib import Path

import pytest

from screener.config.options import RedisOptions, SharingOptions
from screener.errors import MissingPartError
from screener.storage.new_shared import new_shared
from screener.storage.shared_redis import SharedRedis
from screener.storage.shared_sqlite import SharedSqlite


def wall() -> float:
    return 1_000.0


def test_who_shares_nothing_has_no_store() -> None:
    assert new_shared(SharingOptions(), wall, Path.read_text) is None


async def test_sqlite_is_the_file_that_is_named(tmp_path: Path) -> None:
    store = new_shared(
        SharingOptions(store="sqlite", file=str(tmp_path / "s")), wall, Path.read_text
    )
    assert isinstance(store, SharedSqlite)
    await store.ping()
    await store.close()
    assert (tmp_path / "s").exists()


def test_redis_has_the_prefix_that_is_named() -> None:
    options = SharingOptions(store="redis", redis=RedisOptions(prefix="site"))
    store = new_shared(options, wall, Path.read_text)
    assert isinstance(store, SharedRedis)
    assert store._key("c", "x") == "site:c:x"


def test_without_its_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "redis"]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("redis_place", "redis_link", "shared_redis"):
        monkeypatch.delitem(sys.modules, f"screener.storage.{name}")
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(MissingPartError, match=r"screener\[redis\]"):
        new_shared(SharingOptions(store="redis"), wall, Path.read_text)
