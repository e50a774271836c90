"""`/tune/apply`: what a draft changes and what speaks against it, and putting it in force.

A file that somebody else changed since the draft began is never written over by itself: the
conflict is shown, both sides of it, and a person says what becomes of it.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aiohttp import web

from screener.config.difference import Difference, differences
from screener.config.load import Config
from screener.config.restart import needs_restart
from screener.desk.applying import Text, changed_by_hand, forward, mode_reason, parse_candidate
from screener.desk.drafts import fingerprint, line_diff, merged
from screener.desk.exchange import exchange
from screener.desk.replays import ReplayRun
from screener.desk.site_folder import refuse_wrong_user
from screener.errors import ConfigError, ScreenerError
from screener.storage.web_drafts import Draft
from screener.web.page import Page, Role, Visit
from screener.web.site import Site
from screener.web.tune_desk import Standing, Tuning, discard, keep, said, standing, tuning_of
from screener.web.tune_pages import DAYS, name_of, taken_or_shown

NO_REPLAY = "this very draft was not replayed over past calls: whom it would hurt is not known"


@dataclass(frozen=True, slots=True)
class Review:
    """What a draft changes in effect, and what speaks against it; `run` is its last replay."""

    new: Text
    old: Text | None
    changes: list[Difference]
    later: list[str]
    reasons: list[str]
    run: ReplayRun | None
    why_not_written: str


async def review(visit: Visit) -> web.StreamResponse:
    """Keep what the editor's form holds, and show what it changes."""
    return await taken_or_shown(visit, "/tune/apply")


async def show(visit: Visit) -> web.StreamResponse:
    """Show what the draft changes, what speaks against it, and what is to be ticked."""
    at = await visit.site.run(standing, visit.site, name_of(visit))
    if at.conflict:
        return visit.to("/tune/conflict")
    try:
        found = await visit.site.run(reviewed, visit.site, at, tuning_of(visit.site))
    except ConfigError:
        visit.flash("The draft has problems: nothing can be put in force.")
        return visit.to("/tune")
    values: dict[str, Any] = {
        "diff": await visit.site.run(line_diff, at.disk, at.content),
        "draft_print": fingerprint(at.content),
        "base_print": fingerprint(at.base),
        "days": DAYS,
        "said": said,
    }
    return visit.page("tune_apply.html", at=at, found=found, **values)


async def put_in_force(visit: Visit) -> web.StreamResponse:
    """Put the draft in force that was reviewed, where what speaks against it was ticked."""
    form = await visit.request.post()
    work = _Applying(visit.site, name_of(visit), visit.who)
    try:
        told = await visit.site.run(
            work.do, str(form.get("draft")), str(form.get("base")), form.get("sure") == "yes"
        )
    except _NotYetError as error:
        visit.flash(str(error))
        return visit.to(error.where)
    for line in told:
        visit.flash(line)
    return visit.to("/tune")


class _NotYetError(Exception):
    """Why nothing was put in force, and the page that tells what to do."""

    def __init__(self, told: str, where: str = "/tune/apply") -> None:
        super().__init__(told)
        self.where = where


class _Applying:
    """Puts one person's draft in force; blocking."""

    def __init__(self, site: Site, name: str, who: str) -> None:
        self._site, self._name, self._who = site, name, who
        self._tuning = tuning_of(site)

    def do(self, draft: str, base: str, sure: bool) -> list[str]:  # noqa: FBT001 - as it was ticked
        """Do it and return what to tell; raises _NotYetError, and then nothing is changed."""
        with self._tuning.exchanging:
            at = standing(self._site, self._name)
            self._refuse_stale(at, draft, base)
            try:
                found = reviewed(self._site, at, self._tuning)
            except ConfigError:
                raise _NotYetError(
                    "The draft has problems: nothing was changed.", "/tune"
                ) from None
            if found.reasons and not sure:
                raise _NotYetError(
                    "Nothing was changed: tick that what speaks against it is meant."
                )
            if found.why_not_written:
                raise _NotYetError(f"Nothing was changed: {found.why_not_written}.")
            return self._exchanged(at, found)

    def _refuse_stale(self, at: Standing, draft: str, base: str) -> None:
        if at.conflict or fingerprint(at.base) != base:
            told = "Nothing was changed: the file in force is no longer the one that you reviewed."
            raise _NotYetError(told, "/tune/conflict" if at.conflict else "/tune/apply")
        if fingerprint(at.content) != draft:
            raise _NotYetError("Nothing was changed: your draft is no longer the one you reviewed.")
        if at.content == at.disk:
            raise _NotYetError("There is nothing to put in force: no draft differs.", "/tune")

    def _exchanged(self, at: Standing, found: Review) -> list[str]:
        config = self._site.config
        old = found.old or Text(at.disk, config)
        what = forward(old, found.new, at.path, self._who, self._site.wall())
        try:
            refuse_wrong_user(Path(found.new.config.storage.folder), at.path)
            told = exchange(what if found.old else replace(what, was=""))
        except ScreenerError as error:
            raise _NotYetError(f"Nothing was changed: {error}") from None
        discard(self._site, self._name)
        return [" ".join(told.splitlines()), "History takes it back in one step."]


def reviewed(site: Site, at: Standing, tuning: Tuning) -> Review:
    """Return what the draft changes and what speaks against it; raises ConfigError."""
    new = parse_candidate(at.content, at.path)
    try:
        old: Text | None = parse_candidate(at.disk, at.path)
    except ConfigError:
        old = None
    before = old.config if old else site.config
    run = None
    if old:
        pair = old.config.settings.config_hash, new.config.settings.config_hash
        run = tuning.replays.latest(pair)
    return Review(
        new,
        old,
        differences(before, new.config),
        needs_restart(before, new.config),
        _reasons(at.path, old, new.config, run),
        run,
        why_not_written(at.path),
    )


def _reasons(path: Path, old: Text | None, new: Config, run: ReplayRun | None) -> list[str]:
    """Return what speaks against it, in words."""
    if old is None:
        return ["the file in force is refused, so whom a change would hurt cannot be told"]
    try:
        found = changed_by_hand(path, old.config)
    except ScreenerError as error:
        found = [str(error)]
    if old.config.settings.config_hash == new.settings.config_hash:
        return found
    alarms = [NO_REPLAY, *mode_reason(old.config, new)] if run is None else run.alarms
    return [*found, *alarms]


def why_not_written(path: Path) -> str:
    """Return why this user cannot put another file in the place of this one; empty where it can."""
    place = path.resolve()
    me = os.geteuid()
    if not os.access(place.parent, os.W_OK | os.X_OK):
        return f"the folder {place.parent} cannot be written to by the user of this page ({me})"
    owner = place.stat().st_uid
    if me not in {0, owner}:
        return f"{place} belongs to user {owner}, and this page runs as {me}"
    return ""


async def conflict(visit: Visit) -> web.StreamResponse:
    """Show what changed on the disk since the draft began, and what the draft changes."""
    at = await visit.site.run(standing, visit.site, name_of(visit))
    if not at.conflict:
        return visit.to("/tune/apply")
    return visit.page("tune_conflict.html", **await visit.site.run(_sides, at))


def _sides(at: Standing) -> dict[str, Any]:
    return {
        "at": at,
        "theirs": line_diff(at.base, at.disk),
        "mine": line_diff(at.base, at.content),
        "both": merged(at.base, at.content, at.disk) is not None,
        "disk_print": fingerprint(at.disk),
        "known": bool(at.base) or not at.disk,
    }


async def settle(visit: Visit) -> web.StreamResponse:
    """Make of the draft what the person chose: keep mine, start from theirs, or both together."""
    form = await visit.request.post()
    how, seen = str(form.get("how")), str(form.get("disk"))
    told, where = await visit.site.run(_settled, visit.site, name_of(visit), how, seen)
    visit.flash(told)
    return visit.to(where)


_SETTLED = {
    "mine": ("Your draft stands as it was; below is what it takes back of theirs.", "/tune/apply"),
    "theirs": ("This is their file now. Your edits are shown below it, to be made again.", "/tune"),
    "both": (
        "This is their file with your edits in it: look whether it says what you mean.",
        "/tune",
    ),
}


def _settled(site: Site, name: str, how: str, seen: str) -> tuple[str, str]:
    at = standing(site, name)
    together = merged(at.base, at.content, at.disk) if how == "both" else None
    if at.draft is None or fingerprint(at.disk) != seen or how not in _SETTLED:
        return "Nothing was done: the file in force is no longer the one shown.", "/tune/conflict"
    now = site.wall()
    match how:
        case "mine":
            draft = replace(at.draft, base=at.disk, at=now)
        case "theirs":
            draft = Draft(at.disk, at.disk, now, at.content)
        case _:
            if together is None:
                return "Both changed the same lines: choose one.", "/tune/conflict"
            draft = Draft(together, at.disk, now, at.draft.aside)
    try:
        keep(site, name, draft)
    except OSError as error:
        return f"The draft cannot be kept: {error.strerror}.", "/tune/conflict"
    return _SETTLED[how]


def lines_of(diff: Sequence[tuple[str, str]]) -> tuple[int, int]:
    """Return how many lines a diff adds and takes away."""
    return sum(mark == "+" for mark, _ in diff), sum(mark == "-" for mark, _ in diff)


PAGES = (
    Page("POST", "/tune/review", Role.ADMIN, review),
    Page("GET", "/tune/apply", Role.ADMIN, show),
    Page("POST", "/tune/apply", Role.ADMIN, put_in_force),
    Page("GET", "/tune/conflict", Role.ADMIN, conflict),
    Page("POST", "/tune/conflict", Role.ADMIN, settle),
)
