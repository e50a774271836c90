"""The page of calls: newest first, filtered by its address, acted on from its rows.

Live rows are `calls_stream`'s, deeds `call_deeds`'s, files to take away `calls_export`'s.
"""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl

from aiohttp import web

from screener.config.load import Config
from screener.core.settings import Settings
from screener.core.signals import DENIED_TRUNK
from screener.desk.call_match import can_follow
from screener.desk.log_reading import caller_named, keys_for, reading
from screener.errors import MissingPartError, ScreenerError
from screener.storage.pseudonyms import pseudonym
from screener.storage.web_filters import LONGEST_QUERY
from screener.web.call_deeds import SPANS
from screener.web.calls_filter import LONGEST, OUTCOMES, VERDICTS, Asked, chips, read_filter
from screener.web.calls_newest import Newest, newest
from screener.web.calls_rows import OUTCOME_WORDS, row_of
from screener.web.calls_saved import filters_seen
from screener.web.forms import text
from screener.web.page import Page, Role, Visit

_EMPTY = Newest([], None, None, 0)
_SEQ_DIGITS = 18
_CAUSES = (
    "score",
    "observe",
    "paused",
    "closed",
    "lane-full",
    "come-again",
    "malformed-caller",
    DENIED_TRUNK,
)


async def _calls(visit: Visit) -> web.StreamResponse:
    asked = read_filter(visit.request.query, visit.site.wall())
    return await _page(visit, asked, _before(visit.request.query))


async def _by_number(visit: Visit) -> web.StreamResponse:
    """Turn a number into its pseudonym, so that no address ever holds it."""
    told = dict(parse_qsl(await text(visit, "query", LONGEST_QUERY)))
    asked = read_filter(told, visit.site.wall())
    typed = (await text(visit, "number", LONGEST)).strip()
    try:
        key = await visit.site.run(_key_of, visit.site.config, typed)
    except ScreenerError as error:
        problems = {**asked.problems, "typed": str(error).removeprefix("number: ")}
        failed = Asked(asked.values, asked.wanted, problems)
        return await _page(visit, failed, None, typed=typed)
    return visit.to(f"/calls?{asked.with_number(key)}")


async def _page(
    visit: Visit, asked: Asked, before: int | None, typed: str = ""
) -> web.StreamResponse:
    config, missing, found = visit.site.config, "", _EMPTY
    if not asked.problems:
        try:
            found = await visit.site.run(newest, config, asked.wanted, before)
        except MissingPartError as error:
            missing = str(error)
    saved = await visit.site.run(
        filters_seen, visit.site.folder, visit.user.name if visit.user else ""
    )
    live = before is None and not asked.problems and can_follow(asked.wanted)
    query = asked.query
    stream = f"/calls/stream?{query}{'&' if query else ''}after={found.tip}" if live else ""
    return visit.page(
        "calls.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if asked.problems else HTTPStatus.OK,
        asked=asked,
        values=_Values(asked.values),
        problems=_Values(asked.problems),
        chips=list(chips(asked)),
        rows=[row_of(call) for call in found.calls],
        found=found,
        before=before,
        missing=missing,
        typed=typed,
        saved=saved,
        stream=stream,
        back=_here(visit),
        may_act=visit.may(Role.REVIEWER),
        spans=SPANS,
        verdicts=VERDICTS,
        outcomes={name: OUTCOME_WORDS[name] for name in OUTCOMES},
        reasons=_reasons(config.settings),
    )


class _Values(dict[str, str]):
    """Texts by field, empty where nothing was told."""

    def __init__(self, told: Mapping[str, str]) -> None:
        super().__init__(told)

    def __missing__(self, name: str) -> str:
        return ""


def _here(visit: Visit) -> str:
    query = visit.request.rel_url.raw_query_string
    return f"/calls?{query}" if query and visit.request.method == "GET" else "/calls"


def _before(query: Mapping[str, str]) -> int | None:
    told = query.get("before", "")
    digits = told.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _SEQ_DIGITS):
        return None
    return int(told)


def _key_of(config: Config, typed: str) -> bytes:
    caller = caller_named(typed, config, "number")
    with reading(config) as connection:
        keys = keys_for(connection, config, lambda _note: None)
    return pseudonym("number", caller.identity, keys)


def _reasons(settings: Settings) -> list[str]:
    limits = [f"limit:{limit.name}" for limit in settings.limits]
    return sorted({*_CAUSES, *settings.signals, *limits})


PAGES = (
    Page("GET", "/calls", Role.VIEWER, _calls),
    Page("POST", "/calls/number", Role.VIEWER, _by_number),
)
