"""The API's routes about what people decide: reviews, lists, the pause.

What is done is done by `desk.reviews` and `desk.pausing`, as by the commands, in the name of the
token's or session's owner.
"""

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from typing import Annotated, Literal, TypeVar

from pydantic import Field

from screener.core.lists import ListAction
from screener.core.review import REVIEWED
from screener.desk import pausing
from screener.desk.finding import call_of
from screener.desk.listing import state_of, told_lists
from screener.desk.log_reading import calls_of
from screener.desk.review_trunk import USUAL_SPAN, is_trunk, met
from screener.desk.reviewer import IN_FORCE, Desk, NotTakenInError, desk, list_name, until_of
from screener.desk.reviews import call_not_spam, decide, take_back
from screener.errors import ScreenerError
from screener.service.reviewing import ALLOW, DENY, NOT_SPAM
from screener.storage.review_reading import Kept, State, Wanted
from screener.web.api.route import ApiError, ApiRoute, Asked
from screener.web.api.shapes import (
    LIST_NAME,
    At,
    Duration,
    Given,
    Limit,
    Place,
    Reason,
    Span,
    Told,
)
from screener.web.page import Role

T = TypeVar("T")

ListName = Annotated[str, Field(pattern=LIST_NAME, description="A list of reviews.")]


class Speaks(StrEnum):
    """What a review can speak for."""

    ALLOW = "allow"
    DENY = "deny"


class ReviewsQuery(Given):
    """Which reviews; what is left out asks for nothing."""

    list: ListName | None = None
    action: Speaks | None = None
    state: State = State.IN_FORCE
    before: Place | None = None
    limit: Limit = 50


class Review(Told):
    """One entry of what somebody decided; `entry` is masked, `number` undoes it.

    An import has many entries under one number. It ends at `until`, null for never.
    """

    place: int
    number: int
    what: str
    action: str
    entry: str
    list: str
    who: str
    at: At
    until: At | None
    reason: str
    call_id: str
    state: str
    undone_at: At | None
    undone_by: str | None


class Reviews(Told):
    """Reviews, newest first; `before` asks for the next page, null after the last."""

    reviews: list[Review]
    before: int | None


class DecisionBody(Given):
    """How long and why."""

    duration: Duration = "30d"
    reason: Reason = ""


class DenyBody(Given):
    """How long and why."""

    duration: Duration = "1d"
    reason: Reason = ""


class ReviewBody(Given):
    """Whom to allow or deny: a number, prefix, range or pattern, or a call by its id.

    To deny a trunk, `trunk:NAME`, for a day at most, takes `sure`.
    """

    target: Annotated[str, Field(min_length=2, max_length=100, examples=["+1900*"])]
    action: Speaks
    duration: Duration | None = None
    reason: Reason = ""
    list: ListName = REVIEWED
    sure: bool = False


class PauseBody(Given):
    """How long and why."""

    duration: Span
    reason: Reason = ""


class Deed(Told):
    """What was done: the number to undo it by, and all of it in sentences.

    `in_force` says whether a running agent has taken it in; where not, the last sentences say
    why, and it takes effect later.
    """

    review: int | None
    told: list[str]
    in_force: bool


class ListTold(Told):
    """One list: of people's `reviews`, or of the `configuration`; entries are counted."""

    name: str
    source: Literal["reviews", "configuration"]
    action: str
    entries: int
    until: At | None
    reason: str


class Lists(Told):
    """All lists, and until when every call is let in, null where there is no pause."""

    lists: list[ListTold]
    paused_until: At | None


async def list_reviews(asked: Asked) -> Reviews:
    """Find reviews."""
    query: ReviewsQuery = asked.query
    speaks = ListAction(query.action.value) if query.action else None
    wanted = Wanted(query.list or "", speaks, query.state, query.before)

    def found(at: Desk) -> Reviews:
        kept = at.reader.page(wanted, now=at.now, limit=query.limit)
        before = kept[-1].place if len(kept) == query.limit else None
        return Reviews(reviews=[_review(one, at.now) for one in kept], before=before)

    return await asked.visit.site.run(_at_desk, asked, found)


async def list_lists(asked: Asked) -> Lists:
    """Show all lists."""

    def found(at: Desk) -> Lists:
        lists = [ListTold(**told) for told in told_lists(at)]
        return Lists(lists=lists, paused_until=at.reader.paused_until(at.now) or None)

    return await asked.visit.site.run(_at_desk, asked, found)


async def make_review(asked: Asked) -> Deed:
    """Allow or deny whom the body names."""
    body: ReviewBody = asked.body
    action = ListAction(body.action.value)
    what, usual = (ALLOW, "30d") if action is ListAction.ALLOW else (DENY, "1d")
    if of_trunk := is_trunk(body.target):
        usual = USUAL_SPAN

    def do(at: Desk) -> None:
        if of_trunk and not body.sure:
            told = " ".join(met(body.target, at).told)
            raise ScreenerError(f"a whole trunk is denied only with `sure`: {told}")
        until = until_of(body.duration or usual, at.now)
        name = list_name(body.list, at.config)
        act = at.act(what, until=until, reason=body.reason, name=name)
        decide(body.target, action, act, at)

    return await _done(asked, do)


async def allow_caller(asked: Asked) -> Deed:
    """Allow the caller of a call."""
    return await _done(asked, partial(_decide_call, asked, ListAction.ALLOW))


async def deny_caller(asked: Asked) -> Deed:
    """Deny the caller of a call."""
    return await _done(asked, partial(_decide_call, asked, ListAction.DENY))


async def call_no_spam(asked: Asked) -> Deed:
    """Call a call a person's."""

    def do(at: Desk) -> None:
        until = until_of(asked.body.duration, at.now)
        act = at.act(NOT_SPAM, until=until, reason=asked.body.reason)
        call_not_spam(_known(asked, at), act, at)

    return await _done(asked, do)


async def undo_review(asked: Asked) -> Deed:
    """Undo a review by its number."""
    number = int(asked.path["number"])

    def do(at: Desk) -> None:
        action = at.reader.action(number)
        if action is None:
            raise ApiError(HTTPStatus.NOT_FOUND, f"there is no review {number}")
        if action.undone_at is not None:
            raise ApiError(HTTPStatus.CONFLICT, f"review {number} is undone already")
        at.made.append(number)
        take_back(str(number), at.act("undo"), at)

    return await _done(asked, do)


async def pause_screening(asked: Asked) -> Deed:
    """Let every call in for a while."""
    seconds = pausing.span_of(asked.body.duration)
    return await _done(asked, partial(pausing.pause, seconds, reason=asked.body.reason))


async def resume_screening(asked: Asked) -> Deed:
    """End the pause."""
    return await _done(asked, pausing.resume)


def _decide_call(asked: Asked, action: ListAction, at: Desk) -> None:
    until = until_of(asked.body.duration, at.now)
    act = at.act(action.value, until=until, reason=asked.body.reason)
    decide(_known(asked, at), action, act, at)


def _known(asked: Asked, at: Desk) -> str:
    """Return the call's id; raises NoSuchCallError where the log does not hold it."""
    with calls_of(at.config) as log:
        return str(call_of(log, asked.path["id"])["id"])


async def _done(asked: Asked, do: Callable[[Desk], None]) -> Deed:
    return await asked.visit.site.run(_do, asked, do)


def _do(asked: Asked, do: Callable[[Desk], None]) -> Deed:
    told: list[str] = []
    made: list[int] = []
    with desk(asked.visit.site.path, asked.visit.who, told.append) as at:
        try:
            do(at)
        except NotTakenInError as error:
            told.append(str(error))
        made += at.made
    taken_in = any(line.startswith(IN_FORCE) for line in told)
    return Deed(review=made[0] if made else None, told=told, in_force=taken_in)


def _at_desk(asked: Asked, read: Callable[[Desk], T]) -> T:
    with desk(asked.visit.site.path, asked.visit.who, lambda _: None) as at:
        return read(at)


def _review(kept: Kept, now: float) -> Review:
    action = kept.action
    return Review(
        place=kept.place,
        number=action.number,
        what=action.what,
        action=kept.speaks.value,
        entry=kept.shown,
        list=action.list_name,
        who=action.who,
        at=action.at,
        until=action.until,
        reason=action.reason,
        call_id=action.call_id,
        state=state_of(kept, now),
        undone_at=kept.undone_at,
        undone_by=kept.undone_by,
    )


ROUTES = (
    ApiRoute(
        *("POST", "/api/v1/calls/{id}/allow", Role.REVIEWER),
        *("Allow the caller of a call", allow_caller, Deed),
        body=DecisionBody,
    ),
    ApiRoute(
        *("POST", "/api/v1/calls/{id}/deny", Role.REVIEWER),
        *("Deny the caller of a call", deny_caller, Deed),
        body=DenyBody,
    ),
    ApiRoute(
        *("POST", "/api/v1/calls/{id}/not-spam", Role.REVIEWER),
        *("Call a call a person's: allow its caller and clear its record", call_no_spam, Deed),
        body=DecisionBody,
    ),
    ApiRoute(
        *("GET", "/api/v1/reviews", Role.VIEWER, "What people decided, newest first"),
        *(list_reviews, Reviews),
        query=ReviewsQuery,
    ),
    ApiRoute(
        *("POST", "/api/v1/reviews", Role.REVIEWER),
        *("Allow or deny a number, prefix, range or pattern", make_review, Deed),
        body=ReviewBody,
    ),
    ApiRoute(
        *("DELETE", "/api/v1/reviews/{number}", Role.REVIEWER),
        *("Undo a review, an import or a pause", undo_review, Deed),
        refusals=(HTTPStatus.CONFLICT,),
    ),
    ApiRoute("GET", "/api/v1/lists", Role.VIEWER, "All lists, counted", list_lists, Lists),
    ApiRoute(
        *("POST", "/api/v1/pause", Role.REVIEWER),
        *("Let every call in for a while", pause_screening, Deed),
        body=PauseBody,
    ),
    ApiRoute(*("DELETE", "/api/v1/pause", Role.REVIEWER, "End the pause", resume_screening, Deed)),
)
