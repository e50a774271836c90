"""The page of the audit: who did what, newest first, and whether both books are whole.

For reviewers and admins. The same as CSV and JSON; `desk.auditing` reads and verifies.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

from aiohttp import hdrs, web

from screener.core.call import inert
from screener.desk.auditing import (
    BOOKS,
    COLUMNS,
    AuditPage,
    Places,
    Verified,
    audit_data,
    audit_row,
    kinds_of,
    page_of,
    verify,
)
from screener.desk.cells import csv_text, shown
from screener.desk.finding import is_call_id
from screener.desk.moments import ALLOWED, moment
from screener.errors import MissingPartError, UsageError
from screener.storage.deeds import Entry, Sought
from screener.web.page import Page, Role, Visit
from screener.web.site import Site

PATH = "/audit"
CHECK_EVERY_S = 60.0
"""How often the books are gone through, for all who look: 50 us an entry."""
AT_ONCE = 50
MOST = 100_000
"""Deeds of one file."""
FIELDS = ("who", "what", "since")
LONGEST = 100
_LONGEST_PLACE = 15


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, as typed and as understood; `problem` is of the moment."""

    values: Mapping[str, str]
    sought: Sought
    before: Places
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look through both books found, and when (seconds since 1970)."""

    at: float
    verified: Verified


_CHECKED: WeakKeyDictionary[Site, Checked] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Line:
    """One deed as a row; `call` is the id of the call that it was about, empty for none."""

    deed: Entry
    call: str


async def audit(visit: Visit) -> web.StreamResponse:
    """Show the deeds."""
    asked = asked_of(visit)
    try:
        page, kinds, checked = await visit.site.run(_seen, visit.site, asked)
    except MissingPartError:
        page, kinds, checked = AuditPage([], None), [], Checked(visit.site.wall(), Verified())
    older = "" if page.before is None else _query(asked.values, page.before)
    return visit.page(
        "audit.html",
        lines=[_line(deed) for deed in page.deeds],
        kinds=kinds,
        checked=checked,
        asked=asked,
        older=older,
        query=_query(asked.values, {}),
    )


async def _file(kind: str, write: Callable[[list[Entry]], str], visit: Visit) -> web.StreamResponse:
    asked = asked_of(visit)
    if asked.problem:
        return web.Response(status=HTTPStatus.UNPROCESSABLE_ENTITY, text=asked.problem)
    page = await visit.site.run(page_of, visit.site.config, asked.sought, limit=MOST)
    body = await visit.site.run(write, page.deeds)
    name = f"audit.{kind.rpartition('/')[2]}"
    headers = {hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"'}
    return web.Response(text=body, content_type=kind, charset="utf-8", headers=headers)


def asked_of(visit: Visit) -> Asked:
    """Return what the address asks for."""
    query = visit.request.query
    values = {name: inert(query.get(name, "").strip(), LONGEST) for name in FIELDS}
    before = {}
    for book in BOOKS:
        told = query.get(f"before_{book}", "")
        if told.isascii() and told.isdecimal() and len(told) <= _LONGEST_PLACE:
            before[book] = int(told)
    try:
        since = moment(values["since"], "since", visit.site.wall())
    except UsageError:
        told = f"not understood: {ALLOWED}"
        return Asked(values, Sought(values["who"], values["what"]), before, told)
    return Asked(values, Sought(values["who"], values["what"], since), before)


def _seen(site: Site, asked: Asked) -> tuple[AuditPage, list[str], Checked]:
    config, now = site.config, site.wall()
    page = page_of(config, asked.sought, limit=AT_ONCE, before=asked.before)
    checked = _CHECKED.get(site)
    if checked is None or checked.verified.wrong or now - checked.at >= CHECK_EVERY_S:
        checked = _CHECKED[site] = Checked(now, verify(config))
    return page, kinds_of(config), checked


def _line(deed: Entry) -> Line:
    told = Entry(
        deed.book,
        deed.place,
        deed.at,
        shown(deed.who),
        shown(deed.what),
        shown(deed.reason),
        shown(deed.target),
        deed.digest,
    )
    return Line(told, deed.target if is_call_id(deed.target) else "")


def _query(values: Mapping[str, str], before: Places) -> str:
    places = {f"before_{book}": str(place) for book, place in before.items()}
    return urlencode({name: text for name, text in {**values, **places}.items() if text})


def _csv(deeds: list[Entry]) -> str:
    return csv_text([COLUMNS, *map(audit_row, deeds)])


def _json(deeds: list[Entry]) -> str:
    return json.dumps(audit_data(deeds), indent=2) + "\n"


PAGES = (
    Page("GET", PATH, Role.REVIEWER, audit),
    Page("GET", f"{PATH}.csv", Role.REVIEWER, partial(_file, "text/csv", _csv)),
    Page("GET", f"{PATH}.json", Role.REVIEWER, partial(_file, "application/json", _json)),
)
