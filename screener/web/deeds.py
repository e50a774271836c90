"""What people do here, written into the audit before it is done."""

from contextlib import closing

from screener.storage.keys import load_or_make_keys
from screener.storage.review_file import REVIEW_FILE
from screener.storage.review_store import NO_REASON, Act, ReviewStore
from screener.web.page import Visit


async def note(visit: Visit, what: str, target: str, *, who: str = "") -> None:
    """Write a deed down; `who` is whoever asks, unless said. Raises ScreenerError: leave it then.

    `target` may hold no telephone number.
    """
    act = Act(who or visit.who, what, visit.site.wall(), reason=NO_REASON)
    await visit.site.run(_note, visit, act, target)


def _note(visit: Visit, act: Act, target: str) -> None:
    keys = load_or_make_keys(visit.site.keys)
    with closing(ReviewStore(visit.site.folder / REVIEW_FILE, keys)) as store:
        store.note(act, target)
