"""The page of one call: why it was decided so, what it came to, what its caller did else.

In words and numbers alike; the number itself stays masked (`call_deeds` reveals it). What is
told is gathered by `desk`: here it is only put in order.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import web

from screener.config.load import Config
from screener.core.number import NumberPlan
from screener.desk.call_in_words import in_words
from screener.desk.caller_history import CallerHistory, history_of
from screener.desk.cells import shown
from screener.desk.explaining import caps_of, now_in_words, said_now
from screener.desk.other_settings import Otherwise, verdicts_at_levels
from screener.desk.review_target import in_force, read_target
from screener.desk.reviewer import Desk, moment
from screener.desk.score_steps import ScoreSteps, steps_of
from screener.desk.site_keys import site_keys
from screener.desk.web_log import LogAwayError, web_log_of
from screener.errors import MissingPartError, ScreenerError
from screener.storage.log_query import Found
from screener.storage.review_file import REVIEW_FILE
from screener.storage.review_reading import ReviewReader
from screener.storage.review_store import ReviewStore
from screener.web.call_chart import chart_of
from screener.web.call_deeds import SPANS
from screener.web.calls_rows import AWAY, OUTCOME_WORDS, row_of
from screener.web.page import Page, Role, Visit

_RECORD = (
    *("did", "trunk", "source", "attestation", "origid", "priority", "pressure_value"),
    *("queue_waiting", "operators_logged_in", "operators_ready", "channels_in_use"),
    *("mode", "config", "list", "latency_ms", "uniqueid", "linkedid", "sip_call_id", "error"),
)
_NONE = (None, "")
_OF_POINTS = " "
"""What sentences begin with that tell what the table of points tells."""


@dataclass(frozen=True, slots=True)
class Story:
    """What the log and the configuration tell of a call."""

    call: dict[str, Any]
    words: list[str]
    steps: ScoreSteps | None
    is_same_config: bool
    otherwise: list[Otherwise]
    history: CallerHistory


@dataclass(frozen=True, slots=True)
class Standing:
    """What people decided of the caller: a sentence, and who did it until when and why."""

    sentence: str
    reviews: Sequence[tuple[int, str, str, str, str]] = ()


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that became of a call, `after_s` seconds after it came."""

    at: float
    after_s: float
    words: str


async def _call(visit: Visit) -> web.StreamResponse:
    call_id, config = visit.request.match_info["id"], visit.site.config
    try:
        story, standing, now = await asyncio.gather(
            visit.site.read(story_of, config, call_id),
            visit.site.read(_standing, config, call_id, visit.site.wall()),
            visit.site.read(_said_now, config, call_id),
        )
    except LogAwayError as error:
        return visit.page(
            "refused.html",
            HTTPStatus.SERVICE_UNAVAILABLE,
            title="The central log is away",
            text=f"{error}. {AWAY}",
        )
    if story is None:
        return visit.page(
            "refused.html",
            HTTPStatus.NOT_FOUND,
            title="No such call",
            text="The log holds no call of this id; it may have been purged.",
        )
    history = story.history
    row = row_of(story.call)
    return visit.page(
        "call.html",
        story=story,
        row=row,
        chart=chart_of(story.steps) if story.steps else None,
        timeline=timeline(story.call),
        record=record_of(story.call),
        standing=standing,
        now=now,
        others=[row_of(one) for one in history.calls],
        caller_query=f"number={history.key.hex()}" if history.key else "",
        outcome_words=OUTCOME_WORDS,
        may_act=visit.may(Role.REVIEWER),
        spans=SPANS,
        back=f"/calls/{call_id}",
    )


def story_of(config: Config, call_id: str) -> Story | None:
    """Return what is recorded of a call, None where there is none; raises ScreenerError."""
    with web_log_of(config, call_id) as log:
        found = log.find(call_id)
        if found is None:
            return None
        history = history_of(log, call_id)
    call = _inert(found)
    caps = caps_of(call, config)
    return Story(
        call=call,
        words=[line for line in in_words(call, caps) if not line.startswith(_OF_POINTS)],
        steps=steps_of(call, caps),
        is_same_config=call["config"] == config.settings.config_hash,
        otherwise=verdicts_at_levels(call, config.settings),
        history=history,
    )


def _inert(found: Found) -> dict[str, Any]:
    return {name: shown(held) if isinstance(held, str) else held for name, held in found.items()}


def record_of(call: dict[str, Any]) -> dict[str, str]:
    """Return what was recorded of the call besides, as far as something was."""
    told = {name: call[name] for name in _RECORD if call[name] not in _NONE}
    return {
        name: f"{held:.4g}" if isinstance(held, float) else shown(held)
        for name, held in told.items()
    }


def timeline(call: dict[str, Any]) -> list[Happened]:
    """Return what became of the call, in order."""
    came = float(call["at"])
    return [
        Happened(
            float(one["at"]),
            max(float(one["at"]) - came, 0.0),
            OUTCOME_WORDS.get(one["event"], shown(one["event"]))
            + (f", talked {one['talk_s']:.0f} s" if one["talk_s"] else ""),
        )
        for one in call["outcomes"]
    ]


def _standing(config: Config, call_id: str, now: float) -> Standing:
    folder = Path(config.storage.folder)
    try:
        keys, plan = site_keys(config), NumberPlan(config.settings.region)
        store = ReviewStore(folder / REVIEW_FILE, keys)
    except ScreenerError as error:
        return Standing(f"not known: {error}")
    try:
        reader = ReviewReader(store.connection, keys, plan)
        at = Desk(config, plan, keys, store, reader, "", now, str)
        target = read_target(call_id, at)
        kept = reader.of_entry(target.entry, now)
        reviews = [
            (
                one.action.number,
                one.action.what,
                shown(one.action.who),
                moment(one.action.until),
                shown(one.action.reason),
            )
            for one in kept
        ]
        return Standing(in_force(target, at), reviews)
    except ScreenerError as error:
        return Standing(str(error))
    finally:
        store.close()


def _said_now(config: Config, call_id: str) -> str:
    try:
        with web_log_of(config, call_id) as log:
            found = log.find(call_id)
            told, why_not = said_now(log, dict(found), config) if found else (None, "")
    except MissingPartError as error:
        return str(error)
    return now_in_words(told) if told else f"What would be said now is not known: {why_not}."


PAGES = (Page("GET", "/calls/{id:[0-9a-f]{16}}", Role.VIEWER, _call),)
