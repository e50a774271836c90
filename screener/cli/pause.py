"""`screener pause` and `screener resume`: let every call in for a while; it ends by itself.

Verdicts are still computed and recorded, as what would have been. The pause outlives a restart.
"""

from typing import Annotated

import typer

from screener.cli.arguments import ConfigFile, Reason
from screener.cli.at_desk import desk
from screener.config.times import format_duration, parse_duration
from screener.desk.reviewer import moment, tell_agent
from screener.errors import UsageError
from screener.service.reviewing import PAUSE

LONGEST_S = 86_400.0


def pause(
    span: Annotated[str, typer.Argument(metavar="SPAN", help="How long: 15m, 1h, at most 24h.")],
    config: ConfigFile = None,
    reason: Reason = "",
) -> None:
    """Let every call in until the span is over, or `screener resume`."""
    try:
        seconds = parse_duration(span)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= LONGEST_S:
        raise UsageError(
            f"SPAN: allowed is 90s, 15m, 1h and the like, up to {format_duration(LONGEST_S)}"
        )
    with desk(config) as at:
        act = at.act(PAUSE, until=at.now + seconds, reason=reason)
        number = at.store.pause(act)
        typer.echo(f"review {number}: every call is let in {moment(act.until)}; it ends by itself")
        tell_agent(at)


def resume(config: ConfigFile = None, reason: Reason = "") -> None:
    """End the pause: calls are screened again."""
    with desk(config) as at:
        if not at.reader.paused_until(at.now):
            typer.echo("there was no pause; calls are screened")
        else:
            at.store.resume(at.act("resume", reason=reason))
            typer.echo("the pause is over: calls are screened again")
        tell_agent(at)
