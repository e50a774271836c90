"""The calls that a filter lets through, to take away: `GET /calls.csv` and `/calls.json`, masked.

Sent as they are read, a part at a time, so that nobody's memory holds them all. Whole numbers
are exported by `screener export` alone, for one caller and a reason.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from aiohttp import web

from screener.config.load import Config
from screener.desk.call_rows import CENTRAL_COLUMNS, COLUMNS, row
from screener.desk.cells import csv_text
from screener.desk.web_log import reads_central, web_calls
from screener.errors import ScreenerError
from screener.storage.log_query import Filter, Found
from screener.storage.log_query import Page as LogPage
from screener.web.calls_filter import asked_of
from screener.web.page import Page, Role, Visit

MOST = 100_000
"""Calls of one file."""
AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class _Form:
    """How calls are written: what begins a file, stands between two parts, and ends it.

    Columns are what the log that is read has.
    """

    kind: str
    begin: Callable[[Sequence[str]], str]
    part: Callable[[Sequence[str], Sequence[Found]], str]
    between: str = ""
    end: str = ""


def _csv(columns: Sequence[str], calls: Sequence[Found]) -> str:
    return csv_text(row(call, columns) for call in calls)


def _json(_columns: Sequence[str], calls: Sequence[Found]) -> str:
    return ",\n".join(json.dumps(call) for call in calls)


_FORMS = {
    "csv": _Form("text/csv", lambda columns: csv_text([columns]), _csv),
    "json": _Form("application/json", lambda _columns: "[\n", _json, ",\n", "\n]\n"),
}


async def _export(form: _Form, name: str, visit: Visit) -> web.StreamResponse:
    asked = asked_of(visit, visit.request.query)
    if asked.problems:
        told = "; ".join(f"{field}: {why}" for field, why in asked.problems.items())
        return web.Response(status=HTTPStatus.UNPROCESSABLE_ENTITY, text=told)
    config = visit.site.config
    columns = CENTRAL_COLUMNS if reads_central(config) else COLUMNS
    # Before anything is sent: what is missing is told as a page.
    found = await visit.site.read(_part, config, asked.wanted, min(AT_ONCE, MOST), None)
    response = web.StreamResponse(
        headers={"Content-Disposition": f'attachment; filename="calls.{name}"'}
    )
    response.content_type, response.charset = form.kind, "utf-8"
    await response.prepare(visit.request)
    await response.write(form.begin(columns).encode())
    sent = 0
    while True:
        if found.calls:
            text = await visit.site.run(form.part, columns, found.calls)
            await response.write(((form.between if sent else "") + text).encode())
        sent += len(found.calls)
        limit = min(AT_ONCE, MOST - sent)
        if found.before is None or not limit:
            break
        try:
            found = await visit.site.read(_part, config, asked.wanted, limit, found.before)
        except ScreenerError:
            return _cut(visit, response)
    await response.write(form.end.encode())
    await response.write_eof()
    return response


def _cut(visit: Visit, response: web.StreamResponse) -> web.StreamResponse:
    """End a file that cannot be gone on with so that the browser says that it failed."""
    if visit.request.transport is not None:
        visit.request.transport.abort()
    return response


def _part(config: Config, wanted: Filter, limit: int, before: int | None) -> LogPage:
    with web_calls(config) as log:
        return log.page(wanted, limit=limit, before=before)


PAGES = tuple(
    Page("GET", f"/calls.{name}", Role.VIEWER, partial(_export, form, name))
    for name, form in _FORMS.items()
)
