"""`screener audit`: who revealed, exported or erased what, and whether that record is whole."""

from dataclasses import asdict
from pathlib import Path

import typer

from screener.cli.arguments import ConfigFile, Form, RowsForm
from screener.cli.log_reading import reading
from screener.cli.moments import utc
from screener.cli.printing import printed, shown
from screener.config.load import load_config
from screener.errors import ScreenerError
from screener.storage.audit import Audit
from screener.storage.deeds import Entry, entries
from screener.storage.log_keys import closed_to, keys_of

COLUMNS = ("place", "at", "who", "what", "reason", "target")
"""What a table and a CSV show; a target is a call's id or a pseudonym. JSON has the digest too."""


def audit(config: ConfigFile = None, output: RowsForm = Form.TABLE) -> None:
    """List what people did with kept numbers, and verify that no entry was changed or removed.

    Status 1 where one was, with its place.
    """
    settled = load_config(config)
    with reading(settled) as connection:
        found = list(entries(connection))
        typer.echo(printed(output, COLUMNS, map(_row, found), _told(found), "The audit"), nl=False)
        keys = keys_of(connection, Path(settled.storage.keys))
        try:
            whole = Audit(connection, keys).verify()
        except ScreenerError as error:
            note = closed_to(connection, keys)
            raise ScreenerError(
                f"{error}; or it was written under other keys, for {note}" if note else str(error)
            ) from None
    typer.echo(f"{whole} entries, all of them whole", err=True)


def _row(entry: Entry) -> tuple[object, ...]:
    return entry.place, utc(entry.at), entry.who, entry.what, entry.reason, entry.target


def _told(found: list[Entry]) -> list[dict[str, object]]:
    return [
        {name: shown(value) if isinstance(value, str) else value for name, value in told.items()}
        for told in map(asdict, found)
    ]
