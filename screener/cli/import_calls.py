"""`screener import`: calls of a CDR file and of a queue_log into the decision log, below our own.

Both files are read whole before anything is written. Which records are inbound calls is
`adapters.cdr_calls`'s, writing them `storage.call_import`'s.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from screener.adapters.control_client import ask
from screener.adapters.history_client import teach
from screener.adapters.wall_clock import WallClock, read_zone
from screener.cli.arguments import ConfigFile
from screener.cli.asker import who
from screener.cli.import_reading import Wanted, read_files
from screener.cli.import_summary import Result, summary
from screener.cli.progress import progress
from screener.config.load import Config, load_config
from screener.config.times import parse_duration
from screener.core.number import NumberPlan
from screener.core.outcome import Event
from screener.core.past_call import PastCall
from screener.desk.moments import utc
from screener.desk.noting import note
from screener.desk.site_folder import refuse_wrong_user
from screener.desk.site_keys import site_keys
from screener.errors import MissingPartError, ScreenerError, UsageError
from screener.storage.call_import import CallImport, Written, own_uniqueids, read_caller
from screener.storage.call_staging import CallStaging
from screener.storage.log_file import BrokenLogError, open_log, words_for
from screener.storage.log_rows import RowMaker
from screener.storage.review_store import Act
from screener.storage.site_files import LOG_FILE

_WAIT_S = 10.0
_DAY_S = 86_400.0


def import_calls(  # noqa: PLR0913, PLR0917 - typer makes an option of each
    cdr: Annotated[
        Path | None, typer.Option(help="Asterisk's Master.csv, or a rotated one.")
    ] = None,
    queue_log: Annotated[Path | None, typer.Option(help="Asterisk's queue_log.")] = None,
    timezone: Annotated[
        str, typer.Option(help="Zone of the CDR's times: UTC, Europe/Berlin; else the machine's.")
    ] = "",
    context: Annotated[
        list[str] | None, typer.Option(help="A context in which calls from outside come in.")
    ] = None,
    since: Annotated[str, typer.Option(help="Only calls of the last 24h, 30d, ...")] = "",
    most: Annotated[
        int, typer.Option(min=1, max=100_000_000, help="Refuse to bring in more calls than these.")
    ] = 1_000_000,
    skip_broken: Annotated[  # noqa: FBT002 - typer makes a flag of it
        bool, typer.Option("--skip-broken", help="Leave broken lines out instead of refusing.")
    ] = False,
    dry_run: Annotated[  # noqa: FBT002 - the same
        bool, typer.Option("--dry-run", help="Read and say what there is; write nothing.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Bring in the calls that a site's own logs tell of, so that what was before is known."""
    if cdr is None and queue_log is None:
        raise typer.BadParameter("name a file: --cdr, --queue-log, or both")
    settled = load_config(config)
    if not settled.storage.log:
        raise ScreenerError("the decision log is turned off (storage.log): turn it on first")
    refuse_wrong_user(Path(settled.storage.folder), config)
    now = time.time()  # noqa: TID251 - the command's own now
    wanted = Wanted(
        cdr,
        queue_log,
        WallClock(read_zone(timezone)),
        tuple(context or ()),
        now - _seconds(since) if since else None,
        skip_broken,
    )
    with closing(CallStaging(most)) as staging:
        result = _brought_in(wanted, staging, settled, now, dry=dry_run)
        for line in summary(result):
            typer.echo(line)
        if dry_run:
            typer.echo("nothing was written")
        elif result.written.new or result.written.mended:
            typer.echo(_taught(staging, settled))


def _brought_in(
    wanted: Wanted, staging: CallStaging, config: Config, now: float, *, dry: bool
) -> Result:
    read = read_files(wanted, staging, progress)
    span = staging.span()
    plan = NumberPlan(config.settings.region, prefix_tail=config.settings.prefix_tail)
    written = _counted(staging, plan) if dry else _written(staging, config, plan, now)
    return Result(
        read,
        span,
        written,
        staging.distinct_callers(),
        staging.left_out(),
        staging.without_caller(),
        wanted.clock,
        dry,
    )


def _counted(staging: CallStaging, plan: NumberPlan) -> Written:
    written = Written()
    for call in staging.newest_first():
        written.count(call)
        staging.note_callers([read_caller(call, plan)])
    return written


def _written(staging: CallStaging, config: Config, plan: NumberPlan, now: float) -> Written:
    path = Path(config.storage.folder) / LOG_FILE
    done = 0
    try:
        maker = RowMaker(site_keys(config))
        with closing(open_log(path, wait_s=_WAIT_S)) as connection:
            if (span := staging.span()) is not None:
                staging.leave_out(
                    own_uniqueids(connection, span.first - _DAY_S, span.last + _DAY_S)
                )
            _note(staging, config, now)
            writer = CallImport(connection, maker, plan, now)
            with progress("writing", span.calls if span else 0) as told:
                for done in writer.run(staging):
                    told(done)
            return writer.written
    except BrokenLogError as error:
        raise ScreenerError(
            f"{error}: start the agent, which sets it aside and begins a new one"
        ) from error
    except (sqlite3.Error, OSError) as error:
        raise ScreenerError(
            f"the decision log takes no more ({words_for(error)}); {done} calls are done, and the "
            "same command again brings in the rest"
        ) from error


def _note(staging: CallStaging, config: Config, now: float) -> None:
    if (span := staging.span()) is not None:
        told = f"{span.calls} calls from {utc(span.first)} to {utc(span.last)}"
        note(config, Act(who(), "import-calls", now), told)


def _taught(staging: CallStaging, config: Config) -> str:
    """Tell the agent whom it may know now; return what is to be said of that."""
    socket = Path(config.control.socket)
    later = "it learns what was brought in from the log when it starts"
    try:
        ask(socket, {"op": "status"})
    except MissingPartError:
        return f"no agent runs; {later}"
    plan = NumberPlan(config.settings.region, prefix_tail=config.settings.prefix_tail)
    try:
        taken = teach(socket, _records(staging, plan))
    except MissingPartError:
        return f"the agent has stopped meanwhile; {later}"
    return f"the running agent has learned of {taken} served calls"


def _records(staging: CallStaging, plan: NumberPlan) -> Iterator[dict[str, object]]:
    for call in staging.fresh_oldest_first():
        if _teaches(call) and read_caller(call, plan).identity:
            yield {
                "caller": call.number,
                "at": call.ending.at,
                "outcome": Event.ANSWERED.value,
                "talk_s": call.ending.outcome.talk_s if call.ending.outcome else 0.0,
                "trunk": call.trunk,
            }


def _teaches(call: PastCall) -> bool:
    outcome = call.ending.outcome
    return outcome is not None and outcome.event is Event.ANSWERED and outcome.talk_s > 0.0


def _seconds(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError:
        raise UsageError(f"--since {text!r}: allowed is 90s, 10m, 24h, 7d and the like") from None
