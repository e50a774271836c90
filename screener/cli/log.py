"""`screener log`: the recorded calls, newest first, as a table, JSON or CSV; numbers masked.

Reads the log's file itself, so it works whether the agent runs or not. Finding the calls is
`storage.log_query`'s.
"""

import csv
import io
import json
import re
import sqlite3
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from screener.cli.arguments import ConfigFile
from screener.config.load import Config, load_config
from screener.config.times import parse_duration
from screener.core.number import NumberPlan
from screener.daemon import LOG_FILE
from screener.errors import MissingPartError, ScreenerError
from screener.storage.keys import load_keys
from screener.storage.log_file import connect, words_for
from screener.storage.log_query import Filter, Found, find, page
from screener.storage.pseudonyms import pseudonym

COLUMNS = (
    *("at", "id", "verdict", "would", "treatment", "score", "pressure", "reasons", "caller"),
    *("caller_class", "did", "trunk", "outcome"),
)
"""What a table and a CSV show of a call; JSON shows all that is kept."""

_CALL_ID = re.compile(r"[0-9a-f]{16}")
_WAIT_S = 5.0
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class LogForm(StrEnum):
    """How the log is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def log(  # noqa: PLR0913, PLR0917 - typer makes an option of each: a filter
    call_id: Annotated[
        str, typer.Argument(help="One call's id; without it the newest calls.")
    ] = "",
    config: ConfigFile = None,
    since: Annotated[str, typer.Option(help="Only calls of the last 90s, 10m, 24h, 7d, ...")] = "",
    verdict: Annotated[str, typer.Option(help="admit, challenge or drop.")] = "",
    would: Annotated[str, typer.Option(help="What enforcing would have done.")] = "",
    reason: Annotated[str, typer.Option(help="A cause or signal, such as limit:NAME.")] = "",
    number: Annotated[str, typer.Option(help="Only this caller, in any writing.")] = "",
    did: Annotated[str, typer.Option(help="The called number.")] = "",
    trunk: Annotated[str, typer.Option(help="The Asterisk endpoint it came in by.")] = "",
    outcome: Annotated[str, typer.Option(help="answered, challenge_passed, ...")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many calls at most.")] = 50,
    output: Annotated[
        LogForm, typer.Option("--output", "-o", help="How to print.")
    ] = LogForm.TABLE,
) -> None:
    """Show the recorded calls, newest first, or one call with all that explains it."""
    settled = load_config(config)
    wanted = Filter(
        since=time.time() - _seconds(since) if since else None,  # noqa: TID251 - the command's own now
        verdict=verdict,
        would=would,
        reason=reason,
        number=_pseudonym(number, settled) if number else None,
        did=did,
        trunk=trunk,
        outcome=outcome,
    )
    connection = _open(settled)
    try:
        if call_id:
            typer.echo(json.dumps(_one(connection, call_id), indent=2))
        else:
            typer.echo(_printed(_newest(connection, wanted, limit), output), nl=False)
    except sqlite3.Error as error:
        raise ScreenerError(f"the decision log cannot be read: {words_for(error)}") from error
    finally:
        connection.close()


def _open(config: Config) -> sqlite3.Connection:
    path = Path(config.storage.folder) / LOG_FILE
    if not path.is_file():
        raise MissingPartError(f"there is no decision log at {path}: has an agent run with it?")
    connection = connect(path, wait_s=_WAIT_S)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _seconds(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError:
        raise ScreenerError(
            f"--since {text!r}: allowed is 90s, 10m, 24h, 7d and the like"
        ) from None


def _pseudonym(number: str, config: Config) -> bytes:
    identity = NumberPlan(config.settings.region).read(number).identity
    if not identity:
        raise ScreenerError("--number: this names no caller; allowed is a telephone number")
    return pseudonym("number", identity, load_keys(Path(config.storage.keys)))


def _one(connection: sqlite3.Connection, call_id: str) -> Found:
    found = find(connection, call_id) if _CALL_ID.fullmatch(call_id) else None
    if found is None:
        raise ScreenerError(f"the log holds no call {call_id!r}; an id is 16 digits of 0-9a-f")
    return found


def _newest(connection: sqlite3.Connection, wanted: Filter, limit: int) -> list[Found]:
    calls: list[Found] = []
    before: int | None = None
    while len(calls) < limit:
        part = page(connection, wanted, limit=limit - len(calls), before=before)
        calls += part.calls
        before = part.before
        if before is None:
            break
    return calls


def _printed(calls: list[Found], form: LogForm) -> str:
    if form is LogForm.JSON:
        return json.dumps(calls, indent=2) + "\n"
    rows = [_row(call) for call in calls]
    text = io.StringIO()
    if form is LogForm.CSV:
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        writer.writerows([spreadsheet_safe(value) for value in row] for row in rows)
        return text.getvalue()
    table = Table(*COLUMNS, title=f"{len(rows)} calls, newest first", box=None)
    for row in rows:
        table.add_row(*row)
    Console(file=text, markup=False, emoji=False, width=200).print(table)
    return text.getvalue()


def _row(call: Found) -> list[str]:
    shown = {**call, "at": _utc(float(str(call["at"])))}
    shown["reasons"] = " ".join(map(str, _list(call["reasons"])))
    shown["outcome"] = " ".join(str(one["event"]) for one in _list(call["outcomes"]))
    return ["" if shown.get(name) is None else str(shown.get(name)) for name in COLUMNS]


def _list(value: object) -> list[dict[str, object]]:
    return value if isinstance(value, list) else []


def _utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def spreadsheet_safe(text: str) -> str:
    """Return the text as a spreadsheet shows it and does not run it (OWASP ASVS 1.2.10)."""
    return f"'{text}" if text.startswith(_FORMULA) else text
