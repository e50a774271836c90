"""`GET /calls/stream`: new rows of the page of calls as they come, as server-sent events.

A stream lasts a minute; the browser then opens the next one by itself, from the row it has, so
that who is signed out meanwhile is noticed. Finding the calls is `calls_live`'s.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from weakref import WeakKeyDictionary

from aiohttp import web

from screener.desk.call_match import can_follow
from screener.desk.log_reading import followed
from screener.desk.web_log import reads_central, web_calls
from screener.errors import ScreenerError
from screener.storage.call_log import NewCalls
from screener.storage.log_query import Filter, Found
from screener.web.calls_filter import asked_of
from screener.web.calls_live import LiveCall, LiveCalls
from screener.web.calls_rows import rows_html
from screener.web.page import Page, Role, Visit
from screener.web.site import Site
from screener.web.sse import HEARTBEAT, HEARTBEAT_S, LOOK_S, STUCK_S, event

LASTS_S = 60.0
RETRY_MS = 1_000
MOST_STREAMS = 8
"""Streams of one person at once: windows that are open on the page of calls."""
CAUGHT_UP = 100
"""Rows that a new stream begins with at most."""

_SEQ_DIGITS = 18

_Which = tuple[bool, str]
"""Which log: whether the central one, and its `ship.dsn`."""

_live: WeakKeyDictionary[Site, tuple[_Which, LiveCalls]] = WeakKeyDictionary()
_streams: Counter[tuple[int, str]] = Counter()


def live_calls(site: Site) -> LiveCalls:
    """Return the one follower of the log that a site shows, made when it is first asked for.

    Where another log is shown since, it is another one: who is on the page goes over within a
    minute.
    """
    config = site.config
    which = reads_central(config), config.ship.dsn
    held = _live.get(site)
    if held is None or held[0] != which:

        def begin() -> NewCalls:
            return followed(config, Filter(), central=which[0])[0]

        _live[site] = held = which, LiveCalls(begin)
    return held[1]


async def _stream(visit: Visit) -> web.StreamResponse:
    asked = asked_of(visit, visit.request.query)
    if asked.problems or not can_follow(asked.wanted):
        return web.Response(status=HTTPStatus.NO_CONTENT)  # a browser asks for this no more
    with _place(visit) as is_free:
        if not is_free:
            told = f"at most {MOST_STREAMS} live pages each"
            return web.Response(status=HTTPStatus.TOO_MANY_REQUESTS, text=told)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        response.headers["X-Accel-Buffering"] = "no"  # a proxy in front must not hold rows back
        await response.prepare(visit.request)
        with suppress(ConnectionResetError, TimeoutError):
            await _send(visit, asked.wanted, response)
        return response


async def _send(visit: Visit, wanted: Filter, response: web.StreamResponse) -> None:
    now, live = asyncio.get_running_loop().time, live_calls(visit.site)
    ends = now() + LASTS_S

    async def write(message: bytes) -> None:
        async with asyncio.timeout(STUCK_S):
            await response.write(message)

    with live.listening(wanted) as listener:
        await write(f"retry: {RETRY_MS}\n\n".encode())
        await live.ready()
        begun = await visit.site.read(_since, visit, wanted, _last(visit.request))
        sent = {str(call["id"]) for call in begun}
        if len(begun) == CAUGHT_UP:
            await write(event("", "gap"))
        if begun:
            await write(_rows([_html(LiveCall(call, None), visit) for call in begun], begun[0]))
        looked = now()
        while (left := ends - now()) > 0.0:
            if now() - looked >= LOOK_S:
                if not await visit.still():
                    return
                looked = now()
            calls, missed = await listener.take(min(left, HEARTBEAT_S))
            if missed:
                await write(event(str(missed), "missed"))
            new = [one for one in reversed(calls) if one.call["id"] not in sent]
            await write(
                _rows([_html(one, visit) for one in new], new[0].call) if new else HEARTBEAT
            )


def _since(visit: Visit, wanted: Filter, last: int) -> list[Found]:
    """Return the calls since a row that the page has, newest first; none where it has none."""
    if last <= 0:
        return []
    try:
        with web_calls(visit.site.config) as log:
            return log.behind(wanted, last, CAUGHT_UP)
    except ScreenerError:
        return []


def _html(one: LiveCall, visit: Visit) -> str:
    """Return a row, made once for all who may do the same with it."""
    may_act = visit.may(Role.REVIEWER)
    if may_act not in one.html:
        one.html[may_act] = rows_html([one.call], may_act=may_act)
    return one.html[may_act]


def _rows(rows: list[str], newest: Found) -> bytes:
    return event("".join(rows), "rows", str(_seq(newest)))


def _last(request: web.Request) -> int:
    """Return the seq of the newest row that the page has: as the browser says, or its address."""
    told = request.headers.get("Last-Event-ID") or request.query.get("after", "")
    if not (told.isascii() and told.isdecimal() and len(told) <= _SEQ_DIGITS):
        return 0
    return int(told)


def _seq(call: Found) -> int:
    return int(str(call["seq"]))


@contextmanager
def _place(visit: Visit) -> Iterator[bool]:
    key = id(visit.site), visit.who
    _streams[key] += 1
    try:
        yield _streams[key] <= MOST_STREAMS
    finally:
        _streams[key] -= 1
        if not _streams[key]:
            del _streams[key]


PAGES = (Page("GET", "/calls/stream", Role.VIEWER, _stream),)
