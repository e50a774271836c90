"""`screener users list`, `add` and `reset`: who may sign in to the web admin, from the terminal.

The way in for a site that nobody can sign in to any more; a running web admin sees what is done
here at once. What is kept of users is `storage.web_users`.
"""

import json
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from screener.cli.arguments import ConfigFile, Output, OutputForm
from screener.cli.asker import who
from screener.cli.printing import table_text
from screener.config.load import Config, load_config
from screener.desk.moments import utc
from screener.desk.noting import note
from screener.desk.site_folder import refuse_wrong_user
from screener.errors import MissingPartError, ScreenerError, UsageError
from screener.storage.review_store import Act
from screener.storage.web_file import WEB_FILE, open_web, whole
from screener.storage.web_users import Person, Users, user_name
from screener.web.page import Role
from screener.web.password_rules import fault_of
from screener.web.passwords import hash_now

COLUMNS = ("name", "role", "state", "created", "signed_in", "failed")

users = typer.Typer(
    name="users", help="Show, add and reset who may sign in to the web admin.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the user, in small letters.")]
FromInput = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of input.")
]


@users.command("list")
def show(config: ConfigFile = None, output: OutputForm = Output.TABLE) -> None:
    """Show who may sign in, with which role, and since when."""
    with _opened(config) as at:
        rows = [_row(person) for person in at.users.all()]
    if output is Output.JSON:
        told = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
        typer.echo(json.dumps(told, indent=2))
    else:
        typer.echo(table_text(COLUMNS, rows), nl=False)


@users.command("add")
def add(
    name: Name,
    role: Annotated[Role, typer.Option(help="What the user may do.")] = Role.VIEWER,
    config: ConfigFile = None,
    password_stdin: FromInput = False,  # noqa: FBT002 - typer's way of a flag
) -> None:
    """Add a user, with a password that is asked for."""
    told = user_name(name)
    with _opened(config) as at:
        if at.users.find(told) is not None:
            raise ScreenerError(f"there is a user {told} already: `screener users reset {told}`")
        hashed = _hashed(told, from_input=password_stdin)
        with at.changing("user-add", f"{told} {role}"):
            at.users.add(told, role, _now(), hashed)
    typer.echo(f"{told} may sign in as {role}")


@users.command("reset")
def reset(
    name: Name,
    role: Annotated[Role | None, typer.Option(help="Another role, too.")] = None,
    config: ConfigFile = None,
    password_stdin: FromInput = False,  # noqa: FBT002 - typer's way of a flag
) -> None:
    """Give a user another password, let them sign in again, and end their sessions."""
    told = user_name(name)
    with _opened(config) as at:
        person = at.users.find(told)
        if person is None:
            raise ScreenerError(f"there is no user {told}: `screener users add {told}`")
        hashed = _hashed(told, from_input=password_stdin)
        with at.changing("user-reset", told):
            at.users.set_password(told, hashed)
            at.users.enable(told)
            if role is not None:
                at.users.set_role(told, role)
    typer.echo(f"{told} may sign in as {role or person.role}, with the new password only")


@dataclass(frozen=True, slots=True)
class _At:
    """The open users of a site."""

    config: Config
    users: Users
    connection: sqlite3.Connection

    @contextmanager
    def changing(self, what: str, target: str) -> Iterator[None]:
        """Do what is inside, with its deed in the audit, or nothing."""
        with whole(self.connection, self.users.path):
            yield
            note(self.config, Act(who(), what, _now()), target)


@contextmanager
def _opened(config: Path | None) -> Iterator[_At]:
    settled = load_config(config)
    folder = Path(settled.storage.folder)
    refuse_wrong_user(folder, config)
    path = folder / WEB_FILE
    with closing(open_web(path)) as connection:
        yield _At(settled, Users(connection, path), connection)


def _hashed(name: str, *, from_input: bool) -> str:
    if from_input:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        raise MissingPartError("there is no terminal to ask for a password: --password-stdin")
    fault = fault_of(password, name)
    if fault:
        raise UsageError(fault)
    return hash_now(password)


def _now() -> float:
    return time.time()  # noqa: TID251 - the command's own now


def _row(person: Person) -> tuple[object, ...]:
    state = "may sign in"
    if person.disabled is not None:
        state = "disabled"
    elif person.password is None:
        state = "no password"
    signed_in = utc(person.signed_in) if person.signed_in is not None else ""
    return person.name, person.role, state, utc(person.created), signed_in, person.failed
