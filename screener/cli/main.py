"""The `screener` command: its sub-commands in one table, and what an error looks like.

Exit status: 0 done, 1 failed, 2 wrong usage, 3 configuration refused, 4 something is missing
(the agent is not running, no Asterisk to be had). They are stable; scripts may rely on them.
"""

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from typing import Annotated

import typer

from screener import __version__
from screener.cli.edge import give_edges, with_edge
from screener.errors import ConfigError, ScreenerError

RUNNING, READING, REVIEWING = "The agent", "The log", "Reviewing callers"
TRYING, SUBJECTS, OTHERS = "What if", "Numbers and who saw them", "Beside the agent"

COMMANDS: dict[str, tuple[str, str]] = {
    "serve": ("serve.serve", RUNNING),
    "web": ("web.web", RUNNING),
    "users": ("users.users", RUNNING),
    "check-config": ("check_config.check_config", RUNNING),
    "status": ("running.status", RUNNING),
    "incidents": ("incidents.incidents", RUNNING),
    "reload": ("running.reload", RUNNING),
    "pause": ("pause.pause", RUNNING),
    "resume": ("pause.resume", RUNNING),
    "log": ("log.log", READING),
    "explain": ("explain.explain", READING),
    "stats": ("stats.stats", READING),
    "import": ("import_calls.import_calls", READING),
    "allow": ("review.allow", REVIEWING),
    "deny": ("review.deny", REVIEWING),
    "not-spam": ("review.not_spam", REVIEWING),
    "undo": ("review.undo", REVIEWING),
    "lists": ("lists.lists", REVIEWING),
    "simulate": ("simulate.simulate", TRYING),
    "replay": ("replay.replay", TRYING),
    "diff-config": ("diff_config.diff_config", TRYING),
    "apply": ("apply.apply", TRYING),
    "rollback": ("apply.rollback", TRYING),
    "reveal": ("subject.reveal", SUBJECTS),
    "export": ("subject.export", SUBJECTS),
    "erase": ("subject.erase", SUBJECTS),
    "audit": ("audit.audit", SUBJECTS),
    "pipe": ("pipe.pipe", OTHERS),
    "prompts": ("prompts.prompts", OTHERS),
    "lab": ("lab.lab", OTHERS),
}
"""Where each command is, and under which heading the help shows it."""


def build(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """Return the command line with these commands.

    With one of them alone only what that one needs is loaded: an agent is up half a second
    sooner, and half a second is a third of what most commands take.
    """
    app = typer.Typer(
        name="screener",
        help="Screens inbound calls for Asterisk: admit, challenge or drop, before an answer.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=True,
    )
    app.callback()(options)
    for name in names:
        place, panel = COMMANDS[name]
        module, _, function = place.partition(".")
        command = getattr(import_module(f"screener.cli.{module}"), function)
        if isinstance(command, typer.Typer):
            give_edges(command)
            app.add_typer(command, name=name, rich_help_panel=panel)
        else:
            app.command(name, rich_help_panel=panel)(with_edge(command))
    return app


def asked_for(words: list[str]) -> Iterable[str]:
    """Return the commands that these words of a command line need: one, or all."""
    return words[:1] if words and words[0] in COMMANDS else COMMANDS


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer hands a flag's value over like this
    if wanted:
        typer.echo(f"screener {__version__}")
        raise typer.Exit


def options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Take the options that stand before a command."""
    del version


def main() -> None:
    """Run the command line; every error of ours ends as plain lines and a status."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal may lack the letters that we use
    try:
        build(asked_for(sys.argv[1:]))()
    except ConfigError as error:
        for place, text in error.problems:
            sys.stderr.write(f"screener: {place}: {text}\n")
        sys.exit(error.exit_status)
    except ScreenerError as error:
        sys.stderr.write(f"screener: {error}\n")
        sys.exit(error.exit_status)
    except BrokenPipeError:
        # The reader of our output (`| head`) has gone; there is nothing left to tell it.
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:  # a full disk behind `> file`, a file that may not be read
        name = f": {error.filename}" if error.filename else ""
        sys.stderr.write(f"screener: {error.strerror or type(error).__name__}{name}\n")
        _drop_output()
        sys.exit(1)


def _drop_output() -> None:
    """Send what is not yet written nowhere, or Python fails with a trace over it once more."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
