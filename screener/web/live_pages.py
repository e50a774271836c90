"""The live page, its stream and the banner's, and pausing all screening for a while."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from aiohttp import web

from screener.desk import pausing
from screener.desk.reviewer import Desk, desk
from screener.errors import MissingPartError, ScreenerError, UsageError
from screener.web.charts import COLUMN_S, RULED_WORDS, Chart
from screener.web.forms import text
from screener.web.hub import Hub
from screener.web.hub_board import Board
from screener.web.live_cards import cards
from screener.web.live_view import call_lines, charts, minutes
from screener.web.page import Page, Role, Visit
from screener.web.rendering import fragment, moment
from screener.web.site import Site
from screener.web.sse import stream

MINUTE_S = 60
PAUSES_MIN = ("5", "15", "60")
MOST_STREAMS = 20
"""Live streams of one person at once, so that the places of all are not taken by one."""
WORDS = tuple(RULED_WORDS.values())


_streams: Counter[tuple[int, str]] = Counter()


async def live(visit: Visit) -> web.Response:
    """Show what goes on now."""
    hub = _hub(visit.site)
    drawn = _charts(visit.site, hub)
    parts = _live_parts(visit.site, hub, drawn)
    return visit.page("live.html", parts=parts, charts=drawn, words=WORDS)


async def live_stream(visit: Visit) -> web.StreamResponse:
    """Send the live page's fragments, the banner among them, as they change."""
    site, hub, may_resume = visit.site, _hub(visit.site), visit.may(Role.REVIEWER)

    def render() -> Mapping[str, str]:
        parts = _live_parts(site, hub, _charts(site, hub))
        return {**_banner(site, may_resume=may_resume, whole=True), **parts}

    return await _watched(visit, hub.board(f"live {may_resume}", render))


async def banner_stream(visit: Visit) -> web.StreamResponse:
    """Send the banner as it changes, for all other pages."""
    site, hub, may_resume = visit.site, _hub(visit.site), visit.may(Role.REVIEWER)

    def render() -> Mapping[str, str]:
        return _banner(site, may_resume=may_resume, whole=False)

    return await _watched(visit, hub.board(f"banner {may_resume}", render))


async def pause(visit: Visit) -> web.Response:
    """Let every call in for some minutes."""
    told, reason = await text(visit, "minutes"), await text(visit, "reason")
    if told not in PAUSES_MIN:
        raise UsageError(f"minutes: allowed is {', '.join(PAUSES_MIN)}")

    def do(at: Desk) -> None:
        pausing.pause(60.0 * int(told), at, reason)

    await _at_desk(visit, do)
    return visit.to("/")


async def resume(visit: Visit) -> web.Response:
    """End the pause."""
    await _at_desk(visit, pausing.resume)
    return visit.to("/")


async def _at_desk(visit: Visit, do: Callable[[Desk], None]) -> None:
    """Do it as whoever asks, and have all told on the next page, what went wrong last."""
    said: list[str] = []

    def work() -> None:
        with desk(visit.site.path, visit.who, said.append) as at:
            try:
                do(at)
            except ScreenerError as error:
                if not said:
                    raise
                said.append(str(error))  # it is kept; only the agent has not heard of it

    await visit.site.run(work)
    for sentence in said:
        visit.flash(f"{sentence[:1].upper()}{sentence[1:]}.")


async def _watched(visit: Visit, board: Board) -> web.StreamResponse:
    with _place(visit), board.join() as (viewer, first):
        return await stream(visit.request, viewer, first, still=visit.still)


@contextmanager
def _place(visit: Visit) -> Iterator[None]:
    """Count a stream of this person; raises MissingPartError where there are too many."""
    key = id(visit.site), visit.who
    if _streams[key] >= MOST_STREAMS:
        raise MissingPartError("too many of your pages are live just now: close some")
    _streams[key] += 1
    try:
        yield
    finally:
        _streams[key] -= 1
        if not _streams[key]:
            del _streams[key]


def _hub(site: Site) -> Hub:
    if site.hub is None:
        raise MissingPartError("nobody follows the agent here: the web admin runs without its hub")
    return site.hub


def _charts(site: Site, hub: Hub) -> list[Chart]:
    return charts(hub.snapshot(), hub.columns(COLUMN_S), site.config)


def _live_parts(site: Site, hub: Hub, drawn: Sequence[Chart]) -> Mapping[str, str]:
    snapshot = hub.snapshot()
    by_minute = minutes(hub.columns(MINUTE_S))
    return {
        "as-of": moment(snapshot.at),
        "cards": fragment("live_cards.html", cards=cards(snapshot, site.config)),
        **{f"chart-{one.name}": fragment("live_chart.html", chart=one) for one in drawn},
        "minutes-told": fragment("live_minutes.html", minutes=by_minute, words=WORDS),
        "calls": fragment("live_calls.html", calls=call_lines(snapshot)),
    }


def _banner(site: Site, *, may_resume: bool, whole: bool) -> Mapping[str, str]:
    told = fragment("banner.html", notices=site.notices(), resume=may_resume, whole=whole)
    return {"banner": told}


PAGES = (
    Page("GET", "/", Role.VIEWER, live),
    Page("GET", "/live/stream", Role.VIEWER, live_stream),
    Page("GET", "/banner/stream", Role.VIEWER, banner_stream),
    Page("POST", "/pause", Role.REVIEWER, pause),
    Page("POST", "/resume", Role.REVIEWER, resume),
)
