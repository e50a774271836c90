"""`screener lists show`, `import` and `export`: the lists that people keep while the agent runs.

Reading other programs' files is `adapters.list_files`, keeping `storage.review_store`. The lists of
the configuration are not touched here.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from screener.adapters.list_files import (
    ListForm,
    ListRead,
    encode_astdb,
    encode_csv,
    read_list,
)
from screener.cli.arguments import ConfigFile, Form, RowsForm
from screener.cli.at_desk import desk
from screener.cli.printing import printed
from screener.core.call import inert
from screener.core.lists import Exact, ListAction
from screener.core.review import REVIEWED
from screener.desk.moments import utc
from screener.desk.reviewer import IMPORT_REFRESH_S, list_name, moment, tell_agent, until_of
from screener.errors import ScreenerError
from screener.service.review_rules import REVIEWABLE
from screener.service.reviewing import IMPORT
from screener.storage.review_reading import Kept
from screener.storage.review_rows import Remarked, singled, writing_of

COLUMNS = ("review", "entry", "action", "list", "who", "at", "until", "state", "reason")

_LONGEST_TEXT = 200

lists = typer.Typer(
    name="lists", help="Show, import and export the lists that people keep.", no_args_is_help=True
)


class ExportForm(StrEnum):
    """How a list is written out."""

    CSV = "csv"
    ASTDB = "astdb"


OnList = Annotated[str, typer.Option("--list", help="Only this list; without it all of them.")]


@lists.command("show")
def show(
    config: ConfigFile = None,
    on_list: OnList = "",
    every: Annotated[bool, typer.Option("--all", help="Undone and ended ones too.")] = False,  # noqa: FBT002 - typer's way of a flag
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many at most.")] = 50,
    output: RowsForm = Form.TABLE,
) -> None:
    """Show what people decided, newest first: whom (masked), who, until when and why."""
    with desk(config) as at:
        if on_list not in {"", REVIEWED} and not at.reader.has_list(on_list):
            raise ScreenerError("--list: there is no such list; `screener lists show` names them")
        counts = at.reader.counts(now=at.now, list_name=on_list, every=every)
        found = at.reader.standing(now=at.now, list_name=on_list, every=every, limit=limit)
        rows = [_row(kept, at.now) for kept in found]
        paused = at.reader.paused_until(at.now)
    named = [dict(zip(("list", "action", "entries"), one, strict=True)) for one in counts]
    told = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    told_all = {"paused_until": paused, "lists": named, "entries": told}
    if output is Form.TABLE:
        if paused:
            typer.echo(f"every call is let in {moment(paused)} (screener pause)")
        for name, action, count in counts:
            typer.echo(f"list {name}: {action} {count}")
    title = f"{len(rows)} entries, newest first"
    typer.echo(printed(output, COLUMNS, rows, told_all, title), nl=False)


@lists.command("import")
def import_(  # noqa: PLR0913, PLR0917 - typer makes an option of each
    file: Annotated[Path, typer.Argument(help="CSV, one number a line, or Asterisk's database.")],
    action: Annotated[ListAction, typer.Option(help="What being on the list speaks for.")],
    config: ConfigFile = None,
    name: Annotated[str, typer.Option(help="The list's name.")] = "imported",
    span: Annotated[str, typer.Option("--for", help="How long: 30d, ..., or forever.")] = "forever",
    reason: Annotated[str, typer.Option(help="Why; kept in the audit.")] = "",
    form: Annotated[ListForm, typer.Option("--format", help="How it is written.")] = ListForm.AUTO,
    replace: Annotated[bool, typer.Option("--replace", help="Empty the list first.")] = False,  # noqa: FBT002 - typer's way of a flag
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out bad rows.")] = False,  # noqa: FBT002 - typer's way of a flag
) -> None:
    """Put the numbers of a file on a list, all of them or none."""
    if action not in REVIEWABLE:
        raise ScreenerError(
            f"--action: lists of {action.value} callers stand in the configuration; import allow "
            "or deny"
        )
    with desk(config) as at:
        until = until_of(span, at.now)
        act = at.act(IMPORT, until=until, reason=reason, name=list_name(name, at.config))
        read = read_list(file, form, at.plan, action)
        _refuse_bad(read, file, skip_bad=skip_bad)
        entries = (Remarked(singled(entry, at.plan), remark) for entry, remark in read.entries)
        done = at.store.add_list(act, action, entries, replace=replace)
        if done.number:
            typer.echo(
                f"review {done.number}: {action.value} {done.added} entries on the list {name} "
                f"{moment(until)}"
            )
        else:
            typer.echo("nothing new: all of it is on the list already")
        for count, what in (
            (done.already, "were on it already and stay as they are"),
            (done.twice, "stand in the file more than once"),
            (done.replaced, "that were on it before are taken back"),
            (read.bad, "rows are bad and left out"),
        ):
            if count:
                typer.echo(f"{count} {what}")
        tell_agent(at, IMPORT_REFRESH_S)


@lists.command("export")
def export(
    reason: Annotated[str, typer.Option(help="Why the numbers are needed; for the audit.")],
    config: ConfigFile = None,
    on_list: OnList = "",
    form: Annotated[ExportForm, typer.Option("--format", help="csv or astdb.")] = ExportForm.CSV,
) -> None:
    """Print lists with their numbers in the clear; who did so, and why, is written down first."""
    if not reason.strip():
        raise ScreenerError("--reason: the audit needs one")
    with desk(config) as at:
        if on_list and not at.reader.has_list(on_list):
            raise ScreenerError("--list: there is no such list; `screener lists show` names them")
        at.store.note(at.act("export", reason=reason, name=on_list or REVIEWED), on_list or "all")
        unread = left_out = 0
        lines: list[tuple[str, ...]] = []
        for kept, told in at.reader.opened(now=at.now, list_name=on_list):
            if told is None:
                unread += 1
            elif form is ExportForm.CSV:
                why = told.remark or kept.action.reason
                until = _end(kept.action.until)
                list_of = kept.action.list_name
                lines.append((writing_of(told.entry), why, kept.speaks.value, list_of, until))
            elif isinstance(told.entry, Exact):
                lines.append((writing_of(told.entry), told.remark))
            else:
                left_out += 1
    if form is ExportForm.CSV:
        header = ("number", "description", "action", "list", "until")
        typer.echo("".join(encode_csv([header, *lines])), nl=False)
    else:
        typer.echo("".join(encode_astdb((line[0], line[1]) for line in lines)), nl=False)
    _remark(unread, "could not be opened: they were made with other keys")
    _remark(left_out, "hold many numbers, which Asterisk's database cannot; left out")


def _refuse_bad(read: ListRead, file: Path, *, skip_bad: bool) -> None:
    for line in read.skipped:
        typer.echo(inert(line, _LONGEST_TEXT), err=True)
    if not read.bad:
        if not read.entries:
            raise ScreenerError(f"{file} holds no numbers; nothing was imported")
        return
    told = [inert(line, 2 * _LONGEST_TEXT) for line in read.problems]
    more = read.bad - len(told)
    if more:
        told.append(f"and {more} more")
    if skip_bad and read.entries:
        for line in told:
            typer.echo(line, err=True)
        return
    told.append("nothing was imported; --skip-bad leaves these rows out")
    raise ScreenerError("\n".join(told))


def _row(kept: Kept, now: float) -> tuple[str, ...]:
    action = kept.action
    state = "in force" if kept.is_in_force(now) else "ended"
    if kept.outspoken:
        state = "a newer one speaks"
    if kept.undone_at is not None:
        state = f"undone by {kept.undone_by} {utc(kept.undone_at)}"
    whole = (
        *(str(action.number), kept.shown, kept.speaks.value, action.list_name, action.who),
        *(utc(action.at), _end(action.until) or "for ever", state, action.reason),
    )
    return tuple(inert(text, _LONGEST_TEXT) for text in whole)


def _remark(count: int, what: str) -> None:
    if count:
        typer.echo(f"{count} entries {what}", err=True)


def _end(until: float | None) -> str:
    return "" if until is None else utc(until)
