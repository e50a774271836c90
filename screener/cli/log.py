"""`screener log`: the recorded calls, newest first or as they come; numbers masked.

Reads the log's file itself, or the central log, so it works whether the agent runs or not. What a
call looks like is `log_output`'s, following `following`'s, one call in words `explain`'s.
"""

import json
import time
from dataclasses import replace
from typing import Annotated

import typer

from screener.cli.arguments import Central, ConfigFile, Form, RowsForm, Since, Until
from screener.cli.following import follow as follow_calls
from screener.cli.log_output import calls_text
from screener.cli.told import aside
from screener.config.load import Config, load_config
from screener.core.outcome import Event
from screener.core.settings import Action
from screener.desk.cells import spreadsheet_safe
from screener.desk.finding import call_of, newest_calls
from screener.desk.log_reading import caller_named, calls_of, followed, keys_for
from screener.desk.moments import span
from screener.storage.call_log import CallLog
from screener.storage.log_query import Filter
from screener.storage.pseudonyms import pseudonym

__all__ = ["LogForm", "log", "spreadsheet_safe"]

LogForm = Form


def log(  # noqa: PLR0913, PLR0917 - typer makes an option of each: a filter
    call_id: Annotated[
        str, typer.Argument(help="One call's id; without it the newest calls.")
    ] = "",
    config: ConfigFile = None,
    since: Since = "",
    until: Until = "",
    verdict: Annotated[Action | None, typer.Option(help="What was done.")] = None,
    would: Annotated[Action | None, typer.Option(help="What enforcing would have done.")] = None,
    reason: Annotated[str, typer.Option(help="A cause or signal, such as limit:NAME.")] = "",
    number: Annotated[str, typer.Option(help="Only this caller, in any writing.")] = "",
    caller: Annotated[
        str, typer.Option(help="The masked caller as it is shown; '*42' is any that ends in 42.")
    ] = "",
    did: Annotated[str, typer.Option(help="The called number.")] = "",
    trunk: Annotated[str, typer.Option(help="The Asterisk endpoint it came in by.")] = "",
    outcome: Annotated[Event | None, typer.Option(help="What became of it.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many calls at most.")] = 50,
    before: Annotated[
        int | None, typer.Option(help="Only calls written before this `seq`: the next page.")
    ] = None,
    follow: Annotated[  # noqa: FBT002 - typer hands a flag's value over like this
        bool, typer.Option("--follow", "-f", help="Go on with each new call, until Ctrl-C.")
    ] = False,
    output: RowsForm = Form.TABLE,
    *,
    central: Central = False,
    edge: Annotated[str, typer.Option(help="With --central: only this edge's calls.")] = "",
) -> None:
    """Show the recorded calls, newest first, or one call with all that is kept of it."""
    later = call_id or until or outcome or before is not None
    _refuse_mixed(follow=follow, later=bool(later), central=central, edge=bool(edge))
    settled = load_config(config)
    times = span(since, until, time.time())  # noqa: TID251 - the command's own now
    wanted = Filter(
        *times,
        verdict or "",
        would or "",
        reason,
        did=did,
        trunk=trunk,
        outcome=outcome or "",
        caller=caller,
        edge=edge,
    )
    with calls_of(settled, central=central) as recorded:
        if number:
            wanted = replace(wanted, number=_pseudonym(recorded, number, settled))
        if call_id:
            typer.echo(json.dumps(call_of(recorded, call_id), indent=2))
            return
        if not follow:
            calls = newest_calls(recorded, wanted, limit, before).calls
            full = len(calls) == limit
            typer.echo(calls_text(calls, output, is_full=full, central=central), nl=False)
            return
    # Not beside the open log: the central one would be held open without being asked anything.
    new, first = followed(settled, wanted, limit if since else 0, central=central)
    follow_calls(new, first, output, central=central)


def _refuse_mixed(*, follow: bool, later: bool, central: bool, edge: bool) -> None:
    if follow and later:
        raise typer.BadParameter(
            "--follow goes with neither an id, --until, --before nor --outcome, which comes later"
        )
    if edge and not central:
        raise typer.BadParameter("--edge goes with --central: this log is all of one edge")


def _pseudonym(recorded: CallLog, number: str, config: Config) -> bytes:
    identity = caller_named(number, config, "--number").identity
    return pseudonym("number", identity, keys_for(recorded, config, aside))
