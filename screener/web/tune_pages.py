"""`/tune`: the configuration file in an editor, checked at the line while it is typed, and sliders.

A slider writes the same text. Every look at a text keeps it as this person's draft, on the server.
Putting a draft in force is `tune_apply`'s, trying it on past calls `tune_replay`'s.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import hdrs, web

import screener
from screener.config.yaml_tree import Problem
from screener.desk.drafts import fingerprint, line_diff
from screener.desk.moments import utc
from screener.errors import MissingPartError, ScreenerError
from screener.web.page import Page, Role, Visit
from screener.web.tune_desk import Standing, discard, read_file, standing, take
from screener.web.tune_knobs import GROUPS, KNOBS, values_in

DAYS = (1, 7, 30)
"""How many days back a replay may go."""
YAML = "application/yaml"
SET, WAS = "set:", "was:"
"""Before a knob's name: the field that holds its value, and the one with what it was."""


async def tune(visit: Visit) -> web.StreamResponse:
    """Show the file in force, or this person's draft of it."""
    if visit.site.path is None:
        return visit.page("tune_none.html")
    return await _shown(visit, await visit.site.run(standing, visit.site, name_of(visit)))


async def check(visit: Visit) -> web.StreamResponse:
    """Keep what was typed and tell what is wrong with it: JSON for the script, else the page."""
    if visit.request.content_type == "application/json":
        return await _check_typing(visit)
    return await taken_or_shown(visit, "/tune")


async def taken_or_shown(visit: Visit, then: str) -> web.StreamResponse:
    """Take the editor's form and go on; back to the editor where something is wrong with it."""
    taken = await take_form(visit)
    for _, told in taken.moved:
        visit.flash(told)
    if taken.why_not_kept:
        return await _shown(visit, taken)
    good = not taken.moved and not await visit.site.run(taken.problems)
    return visit.to(then if good else "/tune")


async def take_form(visit: Visit) -> Standing:
    """Return where the person stands after the posted form, which need not hold a text."""
    form = {
        key: value for key, value in (await visit.request.post()).items() if isinstance(value, str)
    }
    if "text" not in form:
        return await visit.site.run(standing, visit.site, name_of(visit))
    moved = {
        key.removeprefix(SET): value
        for key, value in form.items()
        if key.startswith(SET) and value != form.get(WAS + key.removeprefix(SET))
    }
    return await visit.site.run(
        take, visit.site, name_of(visit), form["text"], form.get("base", ""), moved
    )


def name_of(visit: Visit) -> str:
    """Return whose draft this visit is about."""
    return visit.user.name if visit.user else ""


async def _check_typing(visit: Visit) -> web.StreamResponse:
    try:
        said = await visit.request.json()
        text, base = str(said["text"]), str(said["base"])
        moved = {str(key): str(value) for key, value in said.get("moved", {}).items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return web.json_response({"error": "no check that is understood"}, status=400)
    try:
        taken = await visit.site.run(take, visit.site, name_of(visit), text, base, moved)
        return web.json_response(await visit.site.run(_checked, taken, bool(moved)))
    except ScreenerError as error:
        return web.json_response({"error": str(error)}, status=422)


def _checked(taken: Standing, moved: bool) -> dict[str, Any]:  # noqa: FBT001 - as it came
    config, problems = taken.read()
    kept = f"draft kept {utc(taken.draft.at)}" if taken.draft else ""
    told: dict[str, Any] = {
        "problems": [_problem(one, taken.path) for one in (*taken.moved, *problems)],
        "values": values_in(taken.text, config),
        "good": not problems,
        "same": taken.content == taken.disk,
        "conflict": taken.conflict,
        "status": taken.why_not_kept
        or ("as the file in force" if taken.content == taken.disk else kept),
    }
    return {**told, "text": taken.text} if moved else told


def _problem(problem: Problem, path: Path) -> dict[str, Any]:
    place, text = problem
    own = place.file == str(path)
    return {
        "line": place.line if own else 0,
        "column": place.column if own else 0,
        "where": "" if own else str(place),
        "text": text,
    }


async def _shown(visit: Visit, at: Standing) -> web.StreamResponse:
    values = await visit.site.run(_editor, at)
    return visit.page("tune.html", **values, groups=GROUPS, knobs=KNOBS, days=DAYS)


def _editor(at: Standing) -> Mapping[str, Any]:
    text, (config, problems) = at.text, at.read()
    found = [*at.moved, *problems]
    told, shown = [_problem(one, at.path) for one in found], text.split("\n")
    return {
        "at": at,
        "text": text,
        "base": fingerprint(at.base),
        "problems": [{**one, "shown": _line(shown, one["line"])} for one in told],
        "values": values_in(text, config),
        "aside": line_diff(at.content, at.draft.aside) if at.draft and at.draft.aside else [],
    }


def _line(lines: list[str], number: int) -> str:
    return lines[number - 1].strip()[:200] if 0 < number <= len(lines) else ""


async def throw_away(visit: Visit) -> web.StreamResponse:
    """Forget the draft, where the form says that this is meant."""
    form = await visit.request.post()
    if form.get("sure") != "yes":
        visit.flash("Nothing was thrown away: tick that you mean it.")
    else:
        await visit.site.run(discard, visit.site, name_of(visit))
        visit.flash("The draft is gone; this is the file in force.")
    return visit.to("/tune")


async def draft_file(visit: Visit) -> web.StreamResponse:
    """Return the draft as a file."""
    at = await visit.site.run(standing, visit.site, name_of(visit))
    return download(at.content, f"draft-{at.path.name}")


async def default_file(visit: Visit) -> web.StreamResponse:
    """Return the commented defaults as a file to begin with."""
    return download(await visit.site.run(_defaults), "screener.yaml")


def download(content: bytes, name: str) -> web.Response:
    """Return bytes that a browser saves as a file."""
    safe = "".join(
        one if one.isascii() and (one.isalnum() or one in "-._") else "_" for one in name
    )
    headers = {hdrs.CONTENT_DISPOSITION: f'attachment; filename="{safe}"'}
    return web.Response(body=content, content_type=YAML, headers=headers)


def _defaults() -> bytes:
    package = Path(screener.__file__).parent
    for path in (package.parent / "config/screener.yaml", package / "_share/config/screener.yaml"):
        if path.is_file():
            return read_file(path)
    raise MissingPartError(f"the commented defaults are missing beside {package}: install again")


PAGES = (
    Page("GET", "/tune", Role.ADMIN, tune),
    Page("POST", "/tune/check", Role.ADMIN, check),
    Page("POST", "/tune/discard", Role.ADMIN, throw_away),
    Page("GET", "/tune/draft.yaml", Role.ADMIN, draft_file),
    Page("GET", "/tune/defaults.yaml", Role.ADMIN, default_file),
)
