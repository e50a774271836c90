"""`screener pause` and `screener resume`: let every call in for a while; it ends by itself.

What they do is done by `desk.pausing`.
"""

from typing import Annotated

import typer

from screener.cli.arguments import ConfigFile, Reason
from screener.cli.at_desk import desk
from screener.desk.pausing import pause_all, pause_span, resume_all


def pause(
    span: Annotated[str, typer.Argument(metavar="SPAN", help="How long: 15m, 1h, at most 24h.")],
    config: ConfigFile = None,
    reason: Reason = "",
) -> None:
    """Let every call in until the span is over, or `screener resume`."""
    seconds = pause_span(span, "SPAN")
    with desk(config) as at:
        pause_all(seconds, reason, at)


def resume(config: ConfigFile = None, reason: Reason = "") -> None:
    """End the pause: calls are screened again."""
    with desk(config) as at:
        resume_all(reason, at)
