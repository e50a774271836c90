"""`screener lists show`, `import` and `export`: the lists that people keep while the agent runs.

What they do is done by `desk.listing`. The lists of the configuration are not touched here.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from screener.adapters.list_files import ListForm, ListRead, read_list
from screener.cli.arguments import ConfigFile, Form, RowsForm
from screener.cli.at_desk import desk
from screener.cli.printing import printed
from screener.core.call import inert
from screener.core.lists import ListAction
from screener.core.review import REVIEWED
from screener.desk.listing import (
    COLUMNS,
    bring_in,
    export_astdb,
    export_csv,
    list_row,
    refuse_unknown_list,
    refuse_unreviewable,
)
from screener.desk.reviewer import list_name, moment, until_of
from screener.errors import ScreenerError
from screener.service.reviewing import IMPORT

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
        if on_list != REVIEWED:
            refuse_unknown_list(on_list, at, "--list")
        counts = at.reader.counts(now=at.now, list_name=on_list, every=every)
        found = at.reader.standing(now=at.now, list_name=on_list, every=every, limit=limit)
        rows = [list_row(kept, at.now) for kept in found]
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
    refuse_unreviewable(action, "--action")
    with desk(config) as at:
        until = until_of(span, at.now)
        act = at.act(IMPORT, until=until, reason=reason, name=list_name(name, at.config))
        read = read_list(file, form, at.plan, action)
        _refuse_bad(read, file, skip_bad=skip_bad)
        bring_in(read, act, action, at, replace=replace)


@lists.command("export")
def export(
    reason: Annotated[str, typer.Option(help="Why the numbers are needed; for the audit.")],
    config: ConfigFile = None,
    on_list: OnList = "",
    form: Annotated[ExportForm, typer.Option("--format", help="csv or astdb.")] = ExportForm.CSV,
) -> None:
    """Print lists with their numbers in the clear; who did so, and why, is written down first."""
    with desk(config) as at:
        done = (export_csv if form is ExportForm.CSV else export_astdb)(on_list, reason, at)
    typer.echo(done.text, nl=False)
    _remark(done.unread, "could not be opened: they were made with other keys")
    what = "are trunks" if form is ExportForm.CSV else "hold many numbers"
    _remark(done.left_out, f"{what}, which no such list can name; left out")


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


def _remark(count: int, what: str) -> None:
    if count:
        typer.echo(f"{count} entries {what}", err=True)
