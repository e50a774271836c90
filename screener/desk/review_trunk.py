"""Denying a whole trunk for a while: whom that would meet, told before it is done.

Doing it is `reviews.decide`'s, as of any entry; the entry is written `trunk:NAME`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from screener.config.times import format_duration
from screener.core.lists import Entry, ListAction, Trunk
from screener.core.review import LONGEST_TRUNK_S, TRUNK_MARK
from screener.desk.log_reading import reading
from screener.desk.reviewer import Desk
from screener.errors import MissingPartError, ScreenerError
from screener.service.review_rules import trunk_may_be_denied
from screener.storage.review_store import Act
from screener.storage.review_trunks import TrunkShare, share_of, trunks_in

USUAL_SPAN = "1h"
"""How long a trunk is denied where nobody said."""

SPANS_S = {"hour": 3_600.0, "day": 86_400.0}
"""Over which it is told what came by a trunk."""


@dataclass(frozen=True, slots=True)
class Met:
    """What the last hour and day brought by a trunk; `others` are the log's trunks, if it is none.

    `shares` is empty where there is no log.
    """

    name: str
    shares: dict[str, TrunkShare]
    others: tuple[str, ...] = ()

    @property
    def told(self) -> Iterator[str]:
        """Yield it in sentences."""
        if not self.shares:
            yield "there is no log to tell whom it would have met"
        for span, share in self.shares.items():
            yield (
                f"of the {share.calls} calls of the last {span} {share.by_trunk}"
                f"{_percent(share)} came by it, {share.proven} of them of known callers or of "
                "who passed a captcha"
            )
        if self.shares and not self.shares["day"].by_trunk:
            names = ", ".join(self.others) or "none"
            yield f"no call of the last day came by a trunk of that name; the log has: {names}"


def target_of(trunk: str) -> str:
    """Return how a trunk is written as whom a review is about."""
    return TRUNK_MARK + trunk.strip()


def is_trunk(target: str) -> bool:
    """Say whether a target is a trunk: whoever denies it is to see first whom it meets (`met`)."""
    return target.startswith(TRUNK_MARK)


def met(text: str, at: Desk) -> Met:
    """Return what came of late by the trunk that a target names; raises ScreenerError."""
    name = text.removeprefix(TRUNK_MARK)
    try:
        with reading(at.config) as connection:
            shares = {
                span: share_of(connection, name, at.now - seconds)
                for span, seconds in SPANS_S.items()
            }
            others = () if shares["day"].by_trunk else tuple(trunks_in(connection))
    except MissingPartError:
        return Met(name, {})
    return Met(name, shares, others)


def refuse_unending(entry: Entry, action: ListAction, act: Act) -> None:
    """Raise ScreenerError where a trunk would be denied for too long."""
    if isinstance(entry, Trunk) and not trunk_may_be_denied(action.value, act.at, act.until):
        raise ScreenerError(
            f"--for, a trunk is denied for {format_duration(LONGEST_TRUNK_S)} at most: it "
            "carries people, too"
        )


def _percent(share: TrunkShare) -> str:
    return f" ({share.by_trunk / share.calls:.0%})" if share.calls else ""
