"""Kept filters of the calls page: keeping one under a name, deleting one's own.

Where they are kept is `storage.web_filters`'s. Sharing one with everybody is for reviewers.
"""

from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qsl

from aiohttp import web

from screener.errors import ScreenerError
from screener.storage.web_file import WEB_FILE, open_web
from screener.storage.web_filters import LONGEST_QUERY, SavedFilter, WebFilters
from screener.web.calls_filter import asked_of
from screener.web.forms import text
from screener.web.page import Page, Role, Visit


def filters_seen(folder: Path, owner: str) -> list[SavedFilter]:
    """Return the filters that a person is offered; raises ScreenerError."""
    path = folder / WEB_FILE
    with closing(open_web(path)) as connection:
        return WebFilters(connection, path).seen_by(owner)


async def _save(visit: Visit) -> web.StreamResponse:
    query, name = await text(visit, "query", LONGEST_QUERY), await text(visit, "name")
    asked = asked_of(visit, dict(parse_qsl(query)))
    here = f"/calls?{asked.query}" if asked.query else "/calls"
    if asked.problems or not asked.query:
        visit.flash("Nothing was kept: first apply a filter")
        return visit.to(here)
    shared = visit.may(Role.REVIEWER) and await text(visit, "shared") == "yes"
    try:
        await visit.site.run(_keep, visit, name, asked.query, shared=shared)
    except ScreenerError as error:
        visit.flash(f"The filter was not kept: {error}")
        return visit.to(here)
    visit.flash(f"The filter is kept as {name.strip()}{', for everybody' if shared else ''}")
    return visit.to(here)


async def _delete(visit: Visit) -> web.StreamResponse:
    number = int(visit.request.match_info["number"])
    done = await visit.site.run(_forget, visit, number)
    visit.flash("The filter is deleted" if done else "This filter is not yours, or gone already")
    return visit.to("/calls")


def _keep(visit: Visit, name: str, query: str, *, shared: bool) -> None:
    path = visit.site.folder / WEB_FILE
    with closing(open_web(path)) as connection:
        WebFilters(connection, path).save(_owner(visit), name, query, shared=shared)


def _forget(visit: Visit, number: int) -> bool:
    path = visit.site.folder / WEB_FILE
    with closing(open_web(path)) as connection:
        return WebFilters(connection, path).delete(_owner(visit), number)


def _owner(visit: Visit) -> str:
    return visit.user.name if visit.user else ""


PAGES = (
    Page("POST", "/calls/filters", Role.VIEWER, _save),
    Page("POST", r"/calls/filters/{number:\d{1,9}}/delete", Role.VIEWER, _delete),
)
