"""What a reviewer does of a call from its row or its page: allow, deny, not spam, undo; reveal.

Deciding is `desk.deciding`'s, of one call or of all that were chosen. A whole number is shown
once, on the answer to the form that asked for it with a reason, after the audit has it.
"""

from http import HTTPStatus

from aiohttp import web

from screener.core.call import inert
from screener.desk.deciding import DEEDS, MOST, Done, Wanted, decide_all
from screener.desk.revealing import reveal
from screener.desk.review_target import CALL_ID
from screener.desk.reviewer import TEXT_LIMIT
from screener.errors import ScreenerError
from screener.storage.subjects import Asker
from screener.web.forms import own_path, text
from screener.web.page import Page, Role, Visit

SPANS = {
    "": "30 days, deny 1 day",
    "1h": "1 hour",
    "1d": "1 day",
    "30d": "30 days",
    "forever": "for ever",
}
"""How long a deed may stand, as forms offer it."""

LONGEST_BACK = LONGEST_REASON = 2_000


async def _one(visit: Visit) -> web.StreamResponse:
    told = visit.request.match_info
    return await _do(visit, told["deed"], [told["id"]])


async def _many(visit: Visit) -> web.StreamResponse:
    form = await visit.request.post()
    chosen = [
        one for one in form.getall("id", []) if isinstance(one, str) and CALL_ID.fullmatch(one)
    ]
    deed = await text(visit, "deed")
    if not chosen or deed not in DEEDS:
        visit.flash("Nothing was done: choose calls by their boxes first")
        return visit.to(await _back(visit))
    if len(chosen) > MOST:
        visit.flash(f"Nothing was done: at most {MOST} calls may be chosen at once")
        return visit.to(await _back(visit))
    return await _do(visit, deed, chosen)


async def _do(visit: Visit, deed: str, chosen: list[str]) -> web.StreamResponse:
    span, reason = await text(visit, "for"), await text(visit, "reason", LONGEST_REASON)
    back = await _back(visit)
    if span not in SPANS:
        visit.flash(f"Nothing was done: how long may be {', '.join(filter(None, SPANS))}")
        return visit.to(back)
    wanted = Wanted(deed, chosen, span, reason)
    try:
        done = await visit.site.read(decide_all, visit.site.path, visit.who, wanted)
    except ScreenerError as error:
        visit.flash(f"Nothing was done: {error}")
        return visit.to(back)
    for sentence in _told(done, deed, many=len(chosen) > 1):
        visit.flash(sentence)
    return visit.to(back)


def _told(done: Done, deed: str, *, many: bool) -> list[str]:
    """Return what to tell: of one call every sentence, of many how many and why not the others."""
    if not many:
        return [f"{one}." for one in done.said] + [f"Not done: {why}" for why in done.refused]
    told = [f"{deed}: {done.callers} callers"]
    if done.refused:
        told.append(f"not done of {len(done.refused)}, such as: {done.refused[0]}")
    return told


async def _back(visit: Visit) -> str:
    path = own_path(await text(visit, "back", LONGEST_BACK))
    return path if path.startswith("/calls") else "/calls"


async def _reveal(visit: Visit) -> web.StreamResponse:
    call_id = visit.request.match_info["id"]
    reason = inert((await text(visit, "reason", LONGEST_REASON)).strip(), TEXT_LIMIT)
    if not reason:
        visit.flash("The number was not shown: say why it is needed; the audit keeps it")
        return visit.to(f"/calls/{call_id}#reveal")
    number = await visit.site.read(_number_of, visit, call_id, reason)
    return visit.page(
        "call_number.html", HTTPStatus.OK, call_id=call_id, number=number, reason=reason
    )


def _number_of(visit: Visit, call_id: str, reason: str) -> str:
    return reveal(visit.site.config, call_id, Asker(visit.who, reason, visit.site.wall()))


PAGES = (
    Page("POST", "/calls/review", Role.REVIEWER, _many),
    Page("POST", f"/calls/{{id:[0-9a-f]{{16}}}}/{{deed:{'|'.join(DEEDS)}}}", Role.REVIEWER, _one),
    Page("POST", "/calls/{id:[0-9a-f]{16}}/reveal", Role.REVIEWER, _reveal),
)
