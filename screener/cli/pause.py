"""`screener pause` and `screener resume`: let every call in for a while; it ends by itself.

Verdicts are still computed and recorded, as what would have been. The pause outlives a restart.
"""

from typing import Annotated

import typer

from screener.cli.arguments import ConfigFile, Reason
from screener.cli.at_desk import desk
from screener.desk import pausing


def pause(
    span: Annotated[str, typer.Argument(metavar="SPAN", help="How long: 15m, 1h, at most 24h.")],
    config: ConfigFile = None,
    reason: Reason = "",
) -> None:
    """Let every call in until the span is over, or `screener resume`."""
    seconds = pausing.span_of(span)
    with desk(config) as at:
        pausing.pause(seconds, at, reason)


def resume(config: ConfigFile = None, reason: Reason = "") -> None:
    """End the pause: calls are screened again."""
    with desk(config) as at:
        pausing.resume(at, reason)
