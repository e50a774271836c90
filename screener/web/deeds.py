"""What people do at the web admin, written into the audit before it is done."""

from collections.abc import Callable
from functools import partial

from screener.desk.noting import note as write
from screener.storage.review_store import NO_REASON, Act
from screener.web.page import Visit


def noting(visit: Visit, what: str, target: str, *, who: str = "") -> Callable[[], None]:
    """Return what writes a deed down; `who` is whoever asks, unless said.

    It blocks, and raises ScreenerError: then the deed must not be done. `target` may hold no
    telephone number.
    """
    act = Act(who or visit.who, what, visit.site.wall(), reason=NO_REASON)
    return partial(write, visit.site.config, act, target)


async def note(visit: Visit, what: str, target: str, *, who: str = "") -> None:
    """Write a deed down; as `noting`."""
    await visit.site.run(noting(visit, what, target, who=who))
