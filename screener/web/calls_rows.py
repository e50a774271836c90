"""A call of the log as a row of a page: plain inert texts, and the HTML of rows.

The same rows stand in the list, in a caller's history and in what a live page is sent. A row
names nobody's session, so that it is made once for all who look.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from screener.desk.call_rows import listed
from screener.desk.cells import shown
from screener.storage.log_query import Found
from screener.web.rendering import fragment

MAIN_REASONS = 3
AWAY = "Calls are shown again when it answers; all other pages go on."
"""What a page says beside why the central log cannot be read."""

OUTCOME_WORDS = {
    "answered": "answered",
    "abandoned": "hung up waiting",
    "challenge_passed": "passed the challenge",
    "challenge_failed": "failed the challenge",
    "challenge_silent": "pressed no key",
    "challenge_abandoned": "hung up in the challenge",
    "queue_joined": "in the queue",
    "not_spam": "not spam",
}
"""Outcomes in words; the last that happened is shown of a call."""


@dataclass(frozen=True, slots=True)
class Row:
    """One call as a list shows it; texts are inert, numbers masked, what is unknown is empty.

    `edge` is who decided it, where that is told: in the central log.
    """

    seq: int
    id: str
    at: float
    verdict: str
    would: str
    treatment: str
    reasons: tuple[str, ...]
    more: int
    did: str
    trunk: str
    caller: str
    caller_class: str
    score: str
    outcome: str
    edge: str


def row_of(call: Found) -> Row:
    """Return a call as its row."""
    reasons = [shown(name) for name in _names(call["reasons"])]
    verdict, would = shown(call["verdict"]), shown(call["would"])
    score = call["score"]
    return Row(
        seq=int(str(call["seq"])),
        id=shown(call["id"]),
        at=float(str(call["at"])),
        verdict=verdict,
        would="" if would == verdict else would,
        treatment=shown(call["treatment"]),
        reasons=tuple(reasons[:MAIN_REASONS]),
        more=max(len(reasons) - MAIN_REASONS, 0),
        did=shown(call["did"]),
        trunk=shown(call["trunk"]),
        caller=shown(call["caller"]),
        caller_class=shown(call["caller_class"]),
        score="" if score is None else f"{float(str(score)):.1f}",
        outcome=outcome_of(call),
        edge=shown(call.get("edge")),
    )


def outcome_of(call: Found) -> str:
    """Return what became of a call in the end, in words; empty where nothing is known."""
    told = listed(call["outcomes"])
    if not told:
        return ""
    last = told[-1]
    words = OUTCOME_WORDS.get(str(last["event"]), shown(last["event"]))
    talk = float(str(last["talk_s"] or 0.0))
    return f"{words}, {talk:.0f}\u00a0s" if talk else words


def rows_html(calls: Iterable[Found], *, may_act: bool) -> str:
    """Return the rows of a list as HTML, with what a reviewer may do where `may_act`."""
    return fragment("calls_rows.html", rows=[row_of(call) for call in calls], may_act=may_act)


def _names(value: object) -> list[object]:
    return value if isinstance(value, list) else []
