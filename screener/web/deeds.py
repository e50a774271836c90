"""What people do at the web admin, written into the audit before it is done."""

from screener.desk import noting
from screener.storage.review_store import NO_REASON, Act
from screener.web.page import Visit


async def note(visit: Visit, what: str, target: str, *, who: str = "") -> None:
    """Write a deed down; `who` is whoever asks, unless said. Raises ScreenerError: leave it then.

    `target` may hold no telephone number.
    """
    act = Act(who or visit.who, what, visit.site.wall(), reason=NO_REASON)
    await visit.site.run(noting.note, visit.site.config, act, target)
