"""`screener reveal`, `export` and `erase`: whole numbers, each time for a reason that is audited.

The deeds are `storage.subjects`'; where else a number is kept is `erasing`'s.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from screener.cli.arguments import Central, ConfigFile, Reason
from screener.cli.asker import asker
from screener.cli.erasing import Elsewhere
from screener.cli.told import aside
from screener.config.load import Config, load_config
from screener.desk.cells import csv_text
from screener.desk.log_reading import (
    caller_named,
    central_log,
    keys_for,
    log_path,
    reading,
    told_errors,
)
from screener.desk.moments import utc
from screener.desk.revealing import reveal_from, subjects_of
from screener.storage.keys import Keys
from screener.storage.log_query import Found
from screener.storage.log_rows import SHOWN
from screener.storage.subjects import Subjects

EXPORTED = ("number", *(name for name in SHOWN if name != "seq"), "outcomes")
"""What an export holds of a call: everything that is kept of it."""
CENTRAL_EXPORTED = ("number", "edge", *EXPORTED[1:])
"""The same of a call of the central log, with the edge that it came through."""

Number = Annotated[str, typer.Argument(help="The telephone number in any writing, quoted.")]


class ExportForm(StrEnum):
    """How an export is printed."""

    JSON = "json"
    CSV = "csv"


def reveal(
    call_id: Annotated[str, typer.Argument(help="The id of a recorded call.")],
    reason: Reason,
    config: ConfigFile = None,
    *,
    central: Central = False,
) -> None:
    """Show the whole number of one recorded call; who did, and why, stays in the audit."""
    settled = load_config(config)
    if central:
        with central_log(settled) as log:
            typer.echo(reveal_from(log, settled, call_id, asker(reason), aside))
        return
    with _subjects(settled) as (subjects, _):
        typer.echo(subjects.reveal(call_id, asker(reason)))


def export(
    number: Number,
    reason: Reason,
    config: ConfigFile = None,
    output: Annotated[
        ExportForm, typer.Option("--output", "-o", help="How to print.")
    ] = ExportForm.JSON,
    *,
    central: Central = False,
) -> None:
    """Print all that is kept of one number: its calls, extensions' and withheld ones included."""
    settled = load_config(config)
    identity = caller_named(number, settled, "NUMBER").identity
    if not central:
        with _subjects(settled) as (subjects, _):
            _print(subjects.export(identity, asker(reason)), output, EXPORTED)
        return
    with central_log(settled) as log:
        keys = keys_for(log, settled, aside)
        with subjects_of(settled, keys) as subjects:
            subjects.export_elsewhere(identity, asker(reason))
        _print(log.calls_of_number(identity, keys), output, CENTRAL_EXPORTED)


def erase(
    number: Number,
    reason: Reason,
    config: ConfigFile = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")] = False,
) -> None:
    """Erase every call of one number from the log, and the number from all that remembers it."""
    settled = load_config(config)
    caller = caller_named(number, settled, "NUMBER")
    with _subjects(settled) as (subjects, keys):
        if not yes:
            typer.confirm(f"Erase all that is kept of {caller.masked}? It is gone then", abort=True)
        elsewhere = Elsewhere(settled, keys)
        gone = subjects.erase(
            caller.identity, asker(reason), lambda: elsewhere.forget(caller.identity)
        )
    typer.echo(f"{gone} calls of {caller.masked} are erased from the log")
    for line in elsewhere.told:
        typer.echo(line)
    typer.echo(f"not looked at, and may still hold it: {', '.join(elsewhere.may_hold())}")
    if not elsewhere.is_whole:
        raise typer.Exit(1)


def _print(calls: Iterable[Found], output: ExportForm, columns: Sequence[str]) -> None:
    if output is ExportForm.CSV:
        typer.echo(csv_text([columns]), nl=False)
        for call in calls:
            typer.echo(csv_text([exported_row(call, columns)]), nl=False)
        return
    begin = "["
    for call in calls:
        told = {name: value for name, value in call.items() if name != "seq"}
        typer.echo(f"{begin}\n{json.dumps(told, indent=2)}", nl=False)
        begin = ","
    typer.echo("[]" if begin == "[" else "\n]")


def exported_row(call: Found, columns: Sequence[str] = EXPORTED) -> list[str]:
    """Return what is kept of a call as cells, in words."""
    told: dict[str, Any] = dict(call)
    told["at"] = utc(told["at"])
    told["imported_at"] = utc(told["imported_at"]) if told["imported_at"] else None
    told["number"] = told["number"] or "withheld"
    told["reasons"] = ", ".join(told["reasons"])
    told["signals"] = "; ".join(
        f"{part['name']} {part['points']:+g} ({part['reason']})"
        f"{'' if part['counts'] else ', only observed'}"
        for part in told["signals"]
    )
    told["outcomes"] = "; ".join(
        f"{one['event']} at {utc(one['at'])}, {one['talk_s']:g} s" for one in told["outcomes"]
    )
    return ["" if told[name] is None else str(told[name]) for name in columns]


@contextmanager
def _subjects(config: Config) -> Iterator[tuple[Subjects, Keys]]:
    path = log_path(config)
    with reading(config) as connection:
        keys = keys_for(connection, config, aside)
    with told_errors():
        subjects = Subjects(Path(path), keys)
        try:
            yield subjects, keys
        finally:
            subjects.close()
