"""Telling the other edges of what was decided here while no agent of this edge runs.

An agent that runs tells them itself. What cannot be told now stays noted as untold, and the next
agent of this edge tells it.
"""

import asyncio
import time
from pathlib import Path

from screener.adapters.secret_file import read_secret
from screener.config.load import Config
from screener.core.number import NumberPlan
from screener.errors import ScreenerError, SharedStoreError
from screener.ports import SharedStore
from screener.service.shared_feed import SharedFeed
from screener.service.shared_reviews import KIND, SharedReviews
from screener.storage.new_shared import new_shared
from screener.storage.review_exchange import ReviewExchange
from screener.storage.review_file import REVIEW_FILE
from screener.storage.shared_seal import BodySealer, load_secret

TELL_S = 2.0
"""How long a command waits for the store, seconds."""


def tell_edges(config: Config, plan: NumberPlan) -> str:
    """Tell the other edges what they were not told yet; return a sentence, empty for no edges."""
    try:
        store = new_shared(config.sharing, _now, read_secret)
        if store is None:
            return ""
        asyncio.run(_tell(store, config, plan))
    except (ScreenerError, TimeoutError) as error:
        why = f": {error}" if str(error) else " in time"
        return f"the other edges cannot be told now{why}; an agent of this edge tells them"
    return "the other edges are told"


def erased_mark(config: Config, identity: str) -> bytes:
    """Return the mark by which all edges erase a number's reviews, empty where there are none.

    Raises ScreenerError where the edges' secret cannot be read.
    """
    if config.sharing.store == "none":
        return b""
    return BodySealer(load_secret(Path(config.sharing.key_file))).mark(identity)


async def _tell(store: SharedStore, config: Config, plan: NumberPlan) -> None:
    edge, sealer = config.sharing.edge, BodySealer(load_secret(Path(config.sharing.key_file)))
    file = ReviewExchange(
        Path(config.storage.folder) / REVIEW_FILE,
        Path(config.storage.keys),
        lambda: plan,
        edge=edge,
        now=_now,
        mark=sealer.mark,
    )
    feed = SharedFeed(store, sealer, edge, KIND)
    try:
        async with asyncio.timeout(TELL_S):
            await store.ping()
            await SharedReviews(feed, file, _no_agent, _now).tell()
    finally:
        await store.close()


async def _no_agent() -> None:
    raise SharedStoreError("no agent runs here")


def _now() -> float:
    return time.time()  # noqa: TID251 - the moment of what is told
