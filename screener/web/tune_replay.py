"""`/tune/replay`: a draft played over the calls of the last days, before it is put in force.

The replay runs in a process of its own (`desk.replays`); its page tells how far it is and then what
it found: which verdicts change, for whom, and which people would be hurt. No number is shown.
"""

from typing import Any

from aiohttp import web

from screener.core.settings import SEVERITY
from screener.desk.cells import shown
from screener.desk.replay_process import ReplayJob
from screener.desk.replays import ReplayRun, ReplayState
from screener.errors import ConfigError, ScreenerError
from screener.web.page import Page, Role, Visit
from screener.web.tune_desk import Standing, tuning_of
from screener.web.tune_pages import DAYS, take_form

MOST_ROWS = 12
"""Rows of one group that a table shows."""

HOUR = "hour"
TITLES = {
    "did": "Called number",
    "trunk": "Trunk",
    "caller_class": "Class of the number",
    HOUR: "Hour of the day, UTC",
    "reason": "The draft's leading reason",
    "history": "What is known of the caller now",
    "attestation": "Attestation",
}


async def start(visit: Visit) -> web.StreamResponse:
    """Begin a replay of what the form holds, or of the draft."""
    form = await visit.request.post()
    at = await take_form(visit)
    days = next((one for one in DAYS if str(one) == form.get("days")), DAYS[0])
    problems = await visit.site.run(at.problems)
    if at.moved or problems:
        visit.flash("There is no replay of a draft with problems.")
        return visit.to("/tune")
    replays = tuning_of(visit.site).replays
    try:
        run = await visit.site.run(replays.start, _job(visit, at, days), visit.who)
    except ConfigError as error:
        visit.flash(f"There is nothing to compare with: the file in force is refused. {error}")
        return visit.to("/tune")
    except ScreenerError as error:
        visit.flash(f"Not begun: {error}.")
        busy = replays.running
        return visit.to(f"/tune/replay/{busy.number}" if busy else "/tune")
    return visit.to(f"/tune/replay/{run.number}")


def _job(visit: Visit, at: Standing, days: int) -> ReplayJob:
    return ReplayJob(at.path, at.disk, at.content, days, visit.site.wall())


async def show(visit: Visit) -> web.StreamResponse:
    """Show how far a replay is, or what it found."""
    run = _run(visit)
    if run.found is None:
        return visit.page("tune_replay.html", run=run, states=ReplayState)
    return visit.page("tune_found.html", run=run, **findings(run.found), titles=TITLES, shown=shown)


async def state(visit: Visit) -> web.StreamResponse:
    """Tell the script how far a replay is."""
    run = _run(visit)
    return web.json_response({"state": run.state, "share": round(run.share, 4), "notes": run.notes})


async def cancel(visit: Visit) -> web.StreamResponse:
    """End a replay."""
    run = _run(visit)
    await visit.site.run(tuning_of(visit.site).replays.cancel, run.number)
    return visit.to(f"/tune/replay/{run.number}")


def _run(visit: Visit) -> ReplayRun:
    run = tuning_of(visit.site).replays.get(visit.request.match_info["number"])
    if run is None:
        raise web.HTTPNotFound(text="there is no such replay; they are forgotten at a restart")
    return run


def findings(found: dict[str, Any]) -> dict[str, Any]:
    """Return what was found as a page shows it: a matrix of verdicts, and rows by each group."""
    changes = {(one["from"], one["to"]): one for one in found["changes"]}
    before = found["current"]["verdicts"]
    words = [action.value for action in SEVERITY]
    moved = {
        word: sum(one["calls"] for pair, one in changes.items() if pair[0] == word)
        for word in words
    }
    matrix = {
        one: {
            other: before[one] - moved[one] if one == other else _calls(changes.get((one, other)))
            for other in words
        }
        for one in words
    }
    return {
        "found": found,
        "words": words,
        "matrix": matrix,
        "stricter": [
            (words[i], words[j]) for i in range(len(words)) for j in range(i + 1, len(words))
        ],
        "by": {name: _rows(name, found["changes_by"][name]) for name in TITLES},
        "left_out": {
            name: max(0, len(found["changes_by"][name]) - MOST_ROWS)
            for name in TITLES
            if name != HOUR
        },
        "hurt": [
            one for one in found["changes"] if one["good_samples"] and _is_stricter(one, words)
        ],
    }


def _rows(name: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of a group that are shown: the largest, or all hours as they follow."""
    if name == HOUR:
        return sorted(rows, key=lambda row: (row["value"], row["from"], row["to"]))
    return rows[:MOST_ROWS]


def _calls(change: dict[str, Any] | None) -> int:
    return 0 if change is None else int(change["calls"])


def _is_stricter(change: dict[str, Any], words: list[str]) -> bool:
    return words.index(change["to"]) > words.index(change["from"])


PAGES = (
    Page("POST", "/tune/replay", Role.ADMIN, start),
    Page("GET", "/tune/replay/{number}", Role.ADMIN, show),
    Page("GET", "/tune/replay/{number}/state", Role.ADMIN, state),
    Page("POST", "/tune/replay/{number}/cancel", Role.ADMIN, cancel),
)
