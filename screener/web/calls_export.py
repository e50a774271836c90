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
from screener.desk.call_rows import COLUMNS, row
from screener.desk.cells import csv_text
from screener.desk.log_reading import log_path, reading
from screener.storage.log_query import Filter, Found
from screener.storage.log_query import Page as LogPage
from screener.storage.log_query import page as log_page
from screener.web.calls_filter import read_filter
from screener.web.page import Page, Role, Visit

MOST = 100_000
"""Calls of one file."""
AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class _Form:
    """How calls are written: what begins a file, stands between two parts, and ends it."""

    kind: str
    begin: str
    part: Callable[[Sequence[Found]], str]
    between: str = ""
    end: str = ""


def _csv(calls: Sequence[Found]) -> str:
    return csv_text(map(row, calls))


def _json(calls: Sequence[Found]) -> str:
    return ",\n".join(json.dumps(call) for call in calls)


_FORMS = {
    "csv": _Form("text/csv", csv_text([COLUMNS]), _csv),
    "json": _Form("application/json", "[\n", _json, ",\n", "\n]\n"),
}


async def _export(form: _Form, name: str, visit: Visit) -> web.StreamResponse:
    asked = read_filter(visit.request.query, visit.site.wall())
    if asked.problems:
        told = "; ".join(f"{field}: {why}" for field, why in asked.problems.items())
        return web.Response(status=HTTPStatus.UNPROCESSABLE_ENTITY, text=told)
    config = visit.site.config
    log_path(config)  # before anything is sent: what is missing is told as a page
    response = web.StreamResponse(
        headers={"Content-Disposition": f'attachment; filename="calls.{name}"'}
    )
    response.content_type, response.charset = form.kind, "utf-8"
    await response.prepare(visit.request)
    await response.write(form.begin.encode())
    sent, before = 0, None
    while sent < MOST:
        limit = min(AT_ONCE, MOST - sent)
        found = await visit.site.run(_part, config, asked.wanted, limit, before)
        if found.calls:
            text = await visit.site.run(form.part, found.calls)
            await response.write(((form.between if sent else "") + text).encode())
        sent, before = sent + len(found.calls), found.before
        if before is None:
            break
    await response.write(form.end.encode())
    await response.write_eof()
    return response


def _part(config: Config, wanted: Filter, limit: int, before: int | None) -> LogPage:
    with reading(config) as connection:
        return log_page(connection, wanted, limit=limit, before=before)


PAGES = tuple(
    Page("GET", f"/calls.{name}", Role.VIEWER, partial(_export, form, name))
    for name, form in _FORMS.items()
)
