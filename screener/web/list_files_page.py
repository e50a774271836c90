"""Whole lists, for admins: a file looked through and then taken in, and lists taken away.

An import is all or nothing, in two steps; nothing of the file is written down before the second.
An export has numbers in the clear: it needs a reason, which the audit has first.
"""

from http import HTTPStatus
from weakref import WeakKeyDictionary

from aiohttp import hdrs, web
from aiohttp.web_request import FileField

from screener.adapters.list_files import ListForm, ListRead, read_content
from screener.core.call import inert
from screener.core.lists import Exact, ListAction
from screener.core.number import NumberPlan
from screener.desk.listing import Exported, bring_in, export_astdb, export_csv
from screener.desk.reviewer import Desk, desk, list_name, until_of
from screener.errors import ScreenerError
from screener.service.review_rules import REVIEWABLE
from screener.service.reviewing import IMPORT
from screener.web.forms import text
from screener.web.list_pages import PATH, SPANS, said
from screener.web.page import Page, Role, Visit
from screener.web.site import Site
from screener.web.uploads import Upload, Uploads

FILES = f"{PATH}/files"
FORMS = {"csv": "CSV, for a spreadsheet or another Screener", "astdb": "Asterisk's database"}
LONGEST_NAME = 80

_UPLOADS: WeakKeyDictionary[Site, Uploads] = WeakKeyDictionary()


async def files(visit: Visit) -> web.StreamResponse:
    """Show the forms."""
    names = await visit.site.run(_names, visit)
    return visit.page("list_files.html", names=names, actions=REVIEWABLE, spans=SPANS, forms=FORMS)


async def look_through(visit: Visit) -> web.StreamResponse:
    """Read a file and show what is in it; nothing is imported yet."""
    try:
        upload = await _upload(visit)
        read = await visit.site.run(_read, visit, upload)
        if not read.entries and not read.bad:
            raise ScreenerError("the file holds no numbers")  # noqa: TRY301 - told as the others
        key = _uploads(visit.site).keep(upload)
    except ScreenerError as error:
        visit.flash(f"Nothing was imported: {error}")
        return visit.to(FILES)
    exact = sum(isinstance(entry, Exact) for entry, _ in read.entries)
    return visit.page(
        "list_preview.html", read=read, upload=upload, key=key, exact=exact, spans=SPANS
    )


async def take_in(visit: Visit) -> web.StreamResponse:
    """Import the file that was looked through."""
    skip_bad = await text(visit, "skip") == "yes"
    key = await text(visit, "key")

    def do(at: Desk) -> None:
        upload = _uploads(visit.site).take(key, visit.who)
        read = read_content(upload.content, upload.name, ListForm.AUTO, at.plan, upload.action)
        if read.bad and not (skip_bad and read.entries):
            raise ScreenerError("the file has bad rows, and nothing of it was imported")
        until, name = until_of(upload.span, at.now), list_name(upload.list_name, at.config)
        act = at.act(IMPORT, until=until, reason=upload.reason, name=name)
        bring_in(read, act, upload.action, at, replace=upload.replace)

    done = await said(visit, do)
    return visit.to(PATH if done else FILES)


async def take_away(visit: Visit) -> web.StreamResponse:
    """Hand over lists with their numbers in the clear."""
    reason, form = await text(visit, "reason"), await text(visit, "form")
    if not reason.strip() or form not in FORMS:
        visit.flash("Nothing was exported: say why; the audit keeps it")
        return visit.to(FILES)
    on_list = await text(visit, "list")
    try:
        done = await visit.site.run(_exported, visit, on_list, reason, form)
    except ScreenerError as error:
        visit.flash(f"Nothing was exported: {str(error).removeprefix('--list: ')}")
        return visit.to(FILES)
    name = f"{on_list or 'lists'}.{'csv' if form == 'csv' else 'txt'}"
    headers = {hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"'}
    kind = "text/csv" if form == "csv" else "text/plain"
    return web.Response(
        status=HTTPStatus.OK, text=done.text, content_type=kind, charset="utf-8", headers=headers
    )


async def _upload(visit: Visit) -> Upload:
    told = (await visit.request.post()).get("file")
    if not isinstance(told, FileField) or not told.filename:
        raise ScreenerError("choose a file")
    action = await text(visit, "action")
    if action not in REVIEWABLE:
        raise ScreenerError("choose whether to allow or to deny")
    span, name = await text(visit, "for"), await text(visit, "name")
    until_of(span, visit.site.wall())
    list_name(name, visit.site.config)
    return Upload(
        visit.who,
        await visit.site.run(told.file.read),
        inert(told.filename.rpartition("/")[2], LONGEST_NAME),
        ListAction(action),
        name,
        span,
        await text(visit, "reason"),
        await text(visit, "replace") == "yes",
    )


def _read(visit: Visit, upload: Upload) -> ListRead:
    plan = NumberPlan(visit.site.config.settings.region)
    return read_content(upload.content, upload.name, ListForm.AUTO, plan, upload.action)


def _uploads(site: Site) -> Uploads:
    return _UPLOADS.setdefault(site, Uploads(site.wall))


def _names(visit: Visit) -> list[str]:
    with desk(visit.site.path, visit.who, lambda _: None) as at:
        return at.reader.names()


def _exported(visit: Visit, on_list: str, reason: str, form: str) -> Exported:
    with desk(visit.site.path, visit.who, lambda _: None) as at:
        return (export_csv if form == "csv" else export_astdb)(on_list, reason, at)


PAGES = (
    Page("GET", FILES, Role.ADMIN, files),
    Page("POST", f"{PATH}/import", Role.ADMIN, look_through),
    Page("POST", f"{PATH}/import/take", Role.ADMIN, take_in),
    Page("POST", f"{PATH}/export", Role.ADMIN, take_away),
)
