"""`/tune/history`: which files were in force, who replaced them, and one step back.

Going back exchanges the file as `screener rollback` does and stands in the audit as that does.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from screener.config.difference import differences
from screener.config.history import History, Kept
from screener.desk.applying import Back, way_back
from screener.desk.drafts import as_typed, fingerprint, line_diff
from screener.desk.exchange import exchange
from screener.desk.site_folder import refuse_wrong_user
from screener.errors import ScreenerError
from screener.web.page import Page, Role, Visit
from screener.web.site import Site
from screener.web.tune_apply import lines_of, why_not_written
from screener.web.tune_desk import file_of, read_file, said, tuning_of
from screener.web.tune_pages import download

ON_A_PAGE = 20

Diff = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the file: who made it and when, and what changed; `missing` says why not."""

    kept: Kept
    diff: Diff
    missing: str = ""

    @property
    def lines(self) -> tuple[int, int]:
        """Return how many lines came and went."""
        return lines_of(self.diff)


async def history(visit: Visit) -> web.StreamResponse:
    """Show the changes of the file, newest first, and the way back."""
    if visit.site.path is None:
        return visit.page("tune_none.html")
    page = visit.request.query.get("page", "0")
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 4 else 0  # noqa: PLR2004 - some hundred files are kept
    steps, more = await visit.site.run(_steps, visit.site, number)
    back, why_not = await visit.site.run(_back, visit.site)
    values: dict[str, Any] = {"steps": steps, "more": more, "number": number, "why_not": why_not}
    if back is not None:
        present = back.present
        changes = differences(present, back.found.config) if present else []
        values |= {"changes": changes, "reasons": await visit.site.run(_reasons, back)}
    disk = await visit.site.run(read_file, file_of(visit.site))
    values |= {"present": fingerprint(disk), "said": said}
    return visit.page("tune_history.html", back=back, **values)


def _steps(site: Site, page: int) -> tuple[list[Step], bool]:
    path, kept_files = file_of(site), History(site.folder)
    place = str(path.resolve())
    held = [one for one in kept_files.kept() if one.source == place]
    end = len(held) - page * ON_A_PAGE
    begin = max(0, end - ON_A_PAGE)
    if end <= 0:
        return [], False
    later = kept_files.read(held[end]) if end < len(held) else read_file(path)
    steps: list[Step] = []
    for one in reversed(held[begin:end]):
        try:
            content = kept_files.read(one)
        except (OSError, ScreenerError) as error:
            steps.append(Step(one, [], str(error)))
            continue
        steps.append(Step(one, line_diff(content, later, 1)))
        later = content
    return steps, begin > 0


def _back(site: Site) -> tuple[Back | None, str]:
    """Return the way back, or why there is none."""
    path = file_of(site)
    try:
        back = way_back(path, site.folder)
    except (OSError, ScreenerError) as error:
        return None, str(error)
    return back, why_not_written(path)


def _reasons(back: Back) -> list[str]:
    try:
        return back.reasons
    except ScreenerError as error:
        return [str(error)]


async def kept_file(visit: Visit) -> web.StreamResponse:
    """Show or download one of the files that were in force."""
    name = visit.request.match_info["name"]
    kept, content = await visit.site.run(_kept, visit.site, name)
    if kept is None:
        raise web.HTTPNotFound(text="no such file is kept")
    if "download" in visit.request.query:
        return download(content, kept.file)
    text = as_typed(content) or "this file is no text in UTF-8"
    return visit.page("tune_kept.html", kept=kept, lines=text.split("\n"))


def _kept(site: Site, name: str) -> tuple[Kept | None, bytes]:
    kept_files = History(site.folder)
    place = str(file_of(site).resolve())
    for one in kept_files.kept():
        if one.file == name and one.source == place:
            return one, kept_files.read(one)
    return None, b""


async def rollback(visit: Visit) -> web.StreamResponse:
    """Go one step back to the file that the form names, where it was ticked."""
    form = await visit.request.post()
    if form.get("sure") != "yes":
        visit.flash("Nothing was changed: tick that the file in force is to be replaced.")
        return visit.to("/tune/history")
    seen = str(form.get("file")), str(form.get("present"))
    try:
        visit.flash(await visit.site.run(_rolled_back, visit.site, visit.who, seen))
    except ScreenerError as error:
        visit.flash(f"Nothing was changed: {error}")
    return visit.to("/tune/history")


def _rolled_back(site: Site, who: str, seen: tuple[str, str]) -> str:
    with tuning_of(site).exchanging:
        back = way_back(file_of(site), site.folder)
        if (back.kept.file, fingerprint(back.content)) != seen:
            raise ScreenerError("somebody changed the file since this page was made; look again")
        refuse_wrong_user(Path(back.found.config.storage.folder), back.path)
        return exchange(back.exchange(who, site.wall())).replace("\n", "; ")


PAGES = (
    Page("GET", "/tune/history", Role.ADMIN, history),
    Page("GET", "/tune/history/{name}", Role.ADMIN, kept_file),
    Page("POST", "/tune/rollback", Role.ADMIN, rollback),
)
