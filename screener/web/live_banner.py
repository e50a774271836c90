"""What stands above every page: enforcing or observing, an attack, a pause, an agent that is away.

Pure: from what the hub knows and what the configuration says. The agent's own word counts; what
only the file says is told as that. How it looks is `banner.html`'s.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from screener.adapters.control_follow import NOT_LOOKED
from screener.config.load import Config
from screener.core.settings import Mode
from screener.web.hub import Snapshot
from screener.web.hub_status import AgentStatus, Attack, SharingView


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing told: `kind` is its look and icon, `title` its heading, `lines` sentences.

    `more` are those that may be folded away. `moment` is seconds since 1970, None for none,
    `preposition` what stands before it; `link` and `link_name` lead to more.
    `resumes` says that a reviewer is offered to end a pause.
    """

    kind: str
    title: str
    lines: tuple[str, ...] = ()
    preposition: str = ""
    moment: float | None = None
    link: str = ""
    link_name: str = ""
    resumes: bool = False
    more: tuple[str, ...] = ()


def notices(snapshot: Snapshot | None, config: Config) -> list[Notice]:
    """Return what is to be told now, the mode first; without a hub, what the file says."""
    status = snapshot.status if snapshot else None
    told = [_paused(status) if status and status.paused_until else _mode(status, config)]
    if snapshot and snapshot.trouble not in {"", NOT_LOOKED}:
        told.append(_away(snapshot))
    if status is None:
        return told
    if status.attack:
        told.append(_attack(status.attack))
    if status.sharing:
        told.extend(_sharing(status.sharing))
    if status.config != config.settings.config_hash:
        told.append(
            Notice(
                "differs",
                "The agent runs another configuration than the file says",
                (
                    f"It runs {status.config}, the file is {config.settings.config_hash}.",
                    "Have it read the file again: screener reload.",
                ),
                link="/tune",
                link_name="Tune",
            )
        )
    return told


def _mode(status: AgentStatus | None, config: Config) -> Notice:
    mode = status.mode if status and status.mode else config.settings.mode
    if mode is Mode.OBSERVE:
        title = "Observing: every call is let in; nothing is refused"
    else:
        title = "Enforcing: callers are challenged and refused"
    if status is None:
        title += " (as the configuration says)"
    return Notice("observe" if mode is Mode.OBSERVE else "enforce", title)


def _paused(status: AgentStatus) -> Notice:
    after = "observes" if status.mode is Mode.OBSERVE else "enforces"
    return Notice(
        "paused",
        "Paused: every call is let in",
        (f"Verdicts are computed and recorded; afterwards it {after} again.",),
        "until",
        status.paused_until,
        resumes=True,
    )


def _away(snapshot: Snapshot) -> Notice:
    lines = (
        f"{snapshot.trouble[:1].upper()}{snapshot.trouble[1:]}.",
        "Calls go on by the dialplan's own rule, unscreened. Pages show what was recorded.",
    )
    return Notice("away", "No agent answers", lines, "since", snapshot.since)


def _attack(attack: Attack) -> Notice:
    figures = (
        f"{attack.calls:,} calls, {attack.unwanted:,} of them unwanted; "
        f"now {attack.excess_per_s:.1f} unwanted calls a second."
    )
    return Notice(
        "attack",
        "Attack under way",
        (figures,),
        "since",
        attack.began,
        f"/incidents/{attack.number}",
        "All about it",
        more=(
            f"What marks it: {'; '.join(attack.marks) or 'nothing yet'}.",
            f"What is done: {'; '.join(attack.done) or 'nothing yet'}.",
        ),
    )


def _sharing(sharing: SharingView) -> Iterator[Notice]:
    if sharing.is_alone:
        why = f" ({sharing.why})" if sharing.why else ""
        lines = (
            f"The store that the edges share does not answer{why}.",
            "Calls are decided by what this edge knows itself.",
            f"{sharing.waiting:,} things learned here are told to the others when it answers.",
        )
        since = sharing.alone_since or None
        yield Notice("alone", "This edge goes on alone", lines, "since", since)
    if sharing.namesakes:
        lines = (
            f"Also at: {'; '.join(sharing.namesakes)}.",
            "No call is judged wrongly by it, but what the two did cannot be told apart.",
            f"Give each a sharing.edge of its own; this one is {sharing.edge}.",
        )
        yield Notice("double", "Another agent shares under this edge's name", lines)
