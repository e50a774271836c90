"""The `screener` command: its sub-commands in one table, and what an error looks like.

Exit status: 0 done, 1 failed, 2 wrong usage, 3 configuration refused, 4 something is missing
(the agent is not running, no Asterisk to be had). They are stable; scripts may rely on them.
"""

import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from screener import __version__
from screener.cli.apply import apply, rollback
from screener.cli.audit import audit
from screener.cli.check_config import check_config
from screener.cli.diff_config import diff_config
from screener.cli.explain import explain
from screener.cli.import_calls import import_calls
from screener.cli.lab import lab
from screener.cli.lists import lists
from screener.cli.log import log
from screener.cli.pause import pause, resume
from screener.cli.pipe import pipe
from screener.cli.replay import replay
from screener.cli.review import allow, deny, not_spam, undo
from screener.cli.running import reload, status
from screener.cli.serve import serve
from screener.cli.stats import stats
from screener.cli.subject import erase, export, reveal
from screener.errors import ConfigError, ScreenerError

app = typer.Typer(
    name="screener",
    help="Screens inbound calls for Asterisk: admit, challenge or drop, before they are answered.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)
for command in (
    *(serve, check_config, explain, log, status, reload, pipe, lab),
    *(allow, deny, not_spam, undo, pause, resume),
    *(replay, diff_config, apply, rollback),
    *(stats, reveal, export, erase, audit),
):
    app.command(command.__name__.replace("_", "-"))(command)
app.command("import")(import_calls)
app.add_typer(lists)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer hands a flag's value over like this
    if wanted:
        typer.echo(f"screener {__version__}")
        raise typer.Exit


@app.callback()
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
        app()
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
