"""`screener allow`, `deny`, `not-spam` and `undo`: a supervisor's word on a caller, at once.

What they do is done by `desk.reviews`, and the running agent knows it before a command returns.
Pausing everything is `cli.pause`, whole lists `cli.lists`.
"""

from typing import Annotated

import typer

from screener.cli.arguments import ConfigFile, Reason
from screener.cli.at_desk import desk
from screener.core.lists import ListAction
from screener.core.review import REVIEWED
from screener.desk.reviewer import list_name, until_of
from screener.desk.reviews import call_not_spam, decide, take_back
from screener.service.reviewing import ALLOW, DENY, NOT_SPAM

TargetText = Annotated[
    str,
    typer.Argument(
        metavar="TARGET",
        help="A call's id from the log, or a number, prefix, range or pattern, quoted.",
    ),
]
For = Annotated[str, typer.Option("--for", help="How long: 1h, 1d, 30d, ..., or forever.")]
ListNamed = Annotated[str, typer.Option("--list", help="The list of reviews that it stands on.")]


def allow(
    target: TargetText,
    config: ConfigFile = None,
    span: For = "30d",
    reason: Reason = "",
    on_list: ListNamed = REVIEWED,
) -> None:
    """Let a caller in, whatever else speaks against it, from this moment on."""
    with desk(config) as at:
        act = at.act(
            ALLOW, until=until_of(span, at.now), reason=reason, name=list_name(on_list, at.config)
        )
        decide(target, ListAction.ALLOW, act, at)


def deny(
    target: TargetText,
    config: ConfigFile = None,
    span: For = "1d",
    reason: Reason = "",
    on_list: ListNamed = REVIEWED,
) -> None:
    """Hold it against a caller that it is on a deny list; an allow beats this."""
    with desk(config) as at:
        act = at.act(
            DENY, until=until_of(span, at.now), reason=reason, name=list_name(on_list, at.config)
        )
        decide(target, ListAction.DENY, act, at)


def not_spam(
    call_id: Annotated[str, typer.Argument(metavar="ID", help="The call's id from the log.")],
    config: ConfigFile = None,
    span: For = "30d",
    reason: Reason = "",
) -> None:
    """Say that a recorded call was a person's: allow its caller and clear its record."""
    with desk(config) as at:
        call_not_spam(call_id, at.act(NOT_SPAM, until=until_of(span, at.now), reason=reason), at)


def undo(
    target: Annotated[
        str,
        typer.Argument(metavar="[REVIEW|TARGET]", help="A review's number, a call's id, a number."),
    ] = "",
    config: ConfigFile = None,
    reason: Reason = "",
) -> None:
    """Take back a review, an import or a pause; without an argument your own latest one."""
    with desk(config) as at:
        take_back(target, at.act("undo", reason=reason), at)
