"""`screener apply` and `screener rollback`: a changed configuration put in force, and taken back.

`apply` shows first what changes and whom it would have hurt, and asks where that is much; both
keep the file that they replace. How the file and the agent are exchanged is `exchange`'s.
"""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from screener.cli.arguments import Since
from screener.cli.asker import who
from screener.cli.diff_config import print_differences
from screener.cli.exchange import Exchange, exchange, running
from screener.cli.moments import utc
from screener.cli.playing import play, window_of
from screener.cli.what_if_text import WIDTH, print_what_if
from screener.config.control_socket import AUTO
from screener.config.difference import differences
from screener.config.files import MAX_CONFIG_BYTES, read_text
from screener.config.history import History
from screener.config.load import Config, load_config, parse_config
from screener.config.storage_folders import storage_folder
from screener.config.yaml_tree import read_tree
from screener.core.settings import Mode
from screener.errors import ConfigError, ScreenerError

InForce = Annotated[
    Path, typer.Option("--config", "-c", help="The configuration file that the agent runs with.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]


def apply(
    candidate: Annotated[Path, typer.Argument(help="The file to put in its place.")],
    config: InForce,
    *,
    yes: Yes = False,
    since: Since = "7d",
    no_replay: Annotated[bool, typer.Option("--no-replay", help="Skip the what-if.")] = False,
) -> None:
    """Check a candidate, show what it changes and whom it would have hurt, and put it in force."""
    new = _read(candidate, config)
    old = _Text(config.read_bytes() if config.is_file() else b"", load_config(config))
    if new.content == old.content:
        typer.echo(f"{config} is the same file already: nothing to do")
        return
    print_differences(differences(old.config, new.config))
    reasons = _changed_by_hand(config, old.config)
    if no_replay:
        reasons += _mode_reason(old.config, new.config)
    else:
        reasons += _impact(old.config, new.config, since)
    _ask(reasons, yes=yes, command="screener apply")
    was = old.config.settings.config_hash
    socket = old.config.control.socket
    what = Exchange(
        config, old.content, new.content, new.config, socket, "apply", was, who(), _now()
    )
    typer.echo(exchange(what))
    typer.echo(f"`screener rollback --config {config}` takes it back")


def rollback(
    config: InForce,
    *,
    yes: Yes = False,
    folder: Annotated[
        Path | None,
        typer.Option(help="The storage folder, where a broken file no longer names it."),
    ] = None,
) -> None:
    """Put the configuration file in force that the last `apply` or `rollback` replaced."""
    content = config.read_bytes() if config.is_file() else b""
    present = _present(config)
    named = present.storage.folder if present is not None else _declared_folder(content, config)
    history = History(folder or Path(named))
    kept = history.latest(config)
    if kept is None:
        hint = "" if present is not None else "; say with --folder where the agent keeps its log"
        raise ScreenerError(f"no earlier file of {config} is kept in {history.folder}{hint}")
    old = history.read(kept)
    found = _Text(old, _parsed(old, str(history.folder / kept.file), config.parent))
    typer.echo(f"back to the file that {kept.who} replaced at {utc(kept.at)}:")
    if present is None:
        typer.echo("what stands there now is refused, so what differs cannot be told")
    else:
        print_differences(differences(present, found.config))
    reasons = [] if present is None else _changed_by_hand(config, present)
    _ask(["the file in force is replaced", *reasons], yes=yes, command="screener rollback")
    was = "" if present is None else present.settings.config_hash
    socket = (present or found.config).control.socket
    what = Exchange(config, content, old, found.config, socket, "rollback", was, who(), _now())
    typer.echo(exchange(what))


@dataclass(frozen=True, slots=True)
class _Text:
    """A file's bytes and what they mean at the place where the agent reads them."""

    content: bytes
    config: Config


def _read(candidate: Path, place: Path) -> _Text:
    """Read a candidate as it will be read in its new place; refuse it where that differs."""
    text = read_text(candidate, MAX_CONFIG_BYTES)
    here = parse_config(text, str(candidate), candidate.parent)
    try:
        there = parse_config(text, str(candidate), place.parent)
    except ConfigError as error:
        raise ScreenerError(f"in the place of {place} it would be refused:\n{error}") from None
    if here.settings.config_hash != there.settings.config_hash:
        raise ScreenerError(
            f"{candidate} names list files that are looked up beside it: in {place.parent} they "
            "hold something else. Name them by their whole path, or put the candidate there"
        )
    return _Text(candidate.read_bytes(), there)


def _parsed(content: bytes, name: str, folder: Path) -> Config:
    return parse_config(content.decode("utf-8-sig", "replace"), name, folder)


def _present(path: Path) -> Config | None:
    """Return the configuration in the file; None where it is refused, which can be taken back."""
    try:
        return load_config(path)
    except ConfigError:
        return None


def _declared_folder(content: bytes, path: Path) -> str:
    """Return the storage folder of a file that is refused, as far as it still tells."""
    try:
        tree = read_tree(content.decode("utf-8-sig", "replace"), str(path)).value
    except ConfigError:
        tree = None
    section = tree.get("storage") if isinstance(tree, dict) else None
    folder = section.get("folder") if isinstance(section, dict) else None
    return storage_folder(folder if isinstance(folder, str) else AUTO, os.environ)


def _changed_by_hand(path: Path, config: Config) -> list[str]:
    told = running(config.control.socket)
    if told is None or told.get("config") == config.settings.config_hash:
        return []
    hashes = f"it has {told.get('config')}, the file is {config.settings.config_hash}"
    return [f"{path} was changed since the agent read it: {hashes}"]


def _impact(current: Config, candidate: Config, since: str) -> list[str]:
    """Show the what-if, and return why its impact is large."""
    window = window_of(since, "")
    try:
        played = play(current, candidate, current, window)
    except ScreenerError as error:
        return [f"no what-if: {error}", *_mode_reason(current, candidate)]
    print_what_if(Console(markup=False, emoji=False, highlight=False, width=WIDTH), played)
    return played.what_if.alarms()


def _mode_reason(current: Config, candidate: Config) -> list[str]:
    modes = current.settings.mode, candidate.settings.mode
    begins = modes[0] is not Mode.ENFORCE and modes[1] is Mode.ENFORCE
    return ["the mode changes from observe to enforce: verdicts take effect"] if begins else []


def _ask(reasons: list[str], *, yes: bool, command: str) -> None:
    """Ask on a terminal; raises ScreenerError where the answer is no, or nobody can be asked."""
    for reason in reasons:
        typer.echo(f"! {reason}")
    if not reasons or yes:
        return
    if not sys.stdin.isatty():
        raise ScreenerError(f"not done: nobody can be asked here; `{command} --yes` does it")
    if not typer.confirm("Do it all the same?"):
        raise ScreenerError("not done")


def _now() -> float:
    return time.time()  # noqa: TID251 - the command's own now
