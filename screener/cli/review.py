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
from screener.desk.review_trunk import USUAL_SPAN, is_trunk, met, target_of
from screener.desk.reviewer import Desk, list_name, until_of
from screener.desk.reviews import call_not_spam, decide, take_back
from screener.errors import UsageError
from screener.service.reviewing import ALLOW, DENY, NOT_SPAM

TrunkNamed = Annotated[
    str,
    typer.Option("--trunk", metavar="NAME", help="A trunk instead, as the log names it."),
]
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
    target: TargetText = "",
    config: ConfigFile = None,
    span: For = "30d",
    reason: Reason = "",
    on_list: ListNamed = REVIEWED,
    *,
    trunk: TrunkNamed = "",
) -> None:
    """Let a caller in, whatever else speaks against it; or take back the deny of a trunk."""
    target = _one_of(target, trunk)
    with desk(config) as at:
        if is_trunk(target):
            take_back(target, at.act("undo", reason=reason), at)
            return
        act = at.act(
            ALLOW, until=until_of(span, at.now), reason=reason, name=list_name(on_list, at.config)
        )
        decide(target, ListAction.ALLOW, act, at)


def deny(
    target: TargetText = "",
    config: ConfigFile = None,
    span: For = "",
    reason: Reason = "",
    on_list: ListNamed = REVIEWED,
    *,
    trunk: TrunkNamed = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a trunk.")] = False,
) -> None:
    """Hold it against a caller that it is on a deny list; an allow beats this.

    Or, for 24 hours at most, against all who come by a trunk and are neither known nor allowed.
    """
    target = _one_of(target, trunk)
    of_trunk = is_trunk(target)
    span = span or (USUAL_SPAN if of_trunk else "1d")
    with desk(config) as at:
        if of_trunk:
            _ask_first(target, at, yes=yes)
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
    trunk: TrunkNamed = "",
) -> None:
    """Take back a review, an import or a pause; without an argument your own latest one."""
    target = _one_of(target, trunk) if trunk else target
    with desk(config) as at:
        take_back(target, at.act("undo", reason=reason), at)


def _one_of(target: str, trunk: str) -> str:
    if bool(target) == bool(trunk):
        raise UsageError("TARGET or --trunk NAME: allowed is one of the two")
    return target_of(trunk) if trunk else target


def _ask_first(target: str, at: Desk, *, yes: bool) -> None:
    """Tell what came by the trunk of late, and ask unless it is said already."""
    found = met(target, at)
    for sentence in found.told:
        typer.echo(sentence)
    if not yes:
        typer.confirm(f"Deny all strangers who come by {found.name}?", abort=True)
