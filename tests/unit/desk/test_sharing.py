import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from screener.config.load import load_config
from screener.core.lists import ListAction
from screener.core.number import NumberPlan
from screener.desk.sharing import erased_mark, tell_edges
from screener.desk.site_keys import site_keys
from screener.storage.review_file import REVIEW_FILE
from screener.storage.review_store import Act, ReviewStore
from screener.storage.shared_seal import BodySealer
from screener.storage.shared_sqlite import SharedSqlite
from tests.builders import NOW, HandClock
from tests.unit.storage.reviews import ALICE, PLAN, entry

SECRET = "s" * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "secret").chmod(0o600)
    text = (
        "version: 1\n"
        f"storage: {{folder: {tmp_path / 'state'}, keys: {tmp_path / 'keys.json'}}}\n"
        f"sharing: {{store: sqlite, edge: east, key_file: {tmp_path / 'secret'}, "
        f"file: {tmp_path / 'shared.db'}}}\n"
    )
    (tmp_path / "screener.yaml").write_text(text)
    return tmp_path / "screener.yaml"


def deny(path: Path) -> None:
    config = load_config(path)
    store = ReviewStore(Path(config.storage.folder) / REVIEW_FILE, site_keys(config))
    with closing(store):
        store.add(Act("anna", "deny", NOW), ListAction.DENY, entry(ALICE))


async def posted(path: Path) -> int:
    store = SharedSqlite(path.parent / "shared.db", HandClock(0.0))
    await store.ping()
    try:
        return len(await store.since("reviews", "", 10))
    finally:
        await store.close()


def test_what_is_untold_is_told_once(path: Path) -> None:
    deny(path)
    config = load_config(path)
    assert tell_edges(config, PLAN) == "the other edges are told"
    assert tell_edges(config, PLAN) == "the other edges are told"
    assert asyncio.run(posted(path)) == 1


def test_who_cannot_tell_says_why_and_keeps_it_untold(path: Path) -> None:
    deny(path)
    secret = path.parent / "secret"
    secret.chmod(0o644)
    told = tell_edges(load_config(path), PLAN)
    assert told.startswith("the other edges cannot be told now: ")
    assert told.endswith("; an agent of this edge tells them")
    secret.chmod(0o600)
    assert tell_edges(load_config(path), PLAN) == "the other edges are told"
    assert asyncio.run(posted(path)) == 1


def test_without_edges_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "alone.yaml").write_text("version: 1\n")
    config = load_config(tmp_path / "alone.yaml")
    assert not tell_edges(config, NumberPlan("US"))
    assert erased_mark(config, ALICE) == b""


def test_a_mark_is_of_the_edges_secret(path: Path) -> None:
    expected = BodySealer(SECRET.encode()).mark(ALICE)
    assert erased_mark(load_config(path), ALICE) == expected
