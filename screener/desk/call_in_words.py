"""One recorded call in sentences that can be read to the caller; numbers stay masked.

What the agent would say now is added by `explain`, and where the groups' caps come from is its
business too.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from screener.core.outcome import Event, waited
from screener.core.settings import GroupCap
from screener.desk.cells import shown
from screener.desk.moments import local

Caps = Mapping[str, GroupCap]

_ROUNDING = 0.01
"""Points of signals are kept with three decimals."""

_DONE = {
    "admit": "It was let in",
    "challenge": "It was asked to press a few keys (challenge)",
    "drop": "It was refused (drop)",
}
_WOULD = {"admit": "let it in", "challenge": "challenged it", "drop": "refused it"}
_TREATMENTS = {
    "busy": "with a busy signal, so that the caller may try again",
    "refuse": "for good, with the code {sip_code}",
    "announce": "with an announcement, then the code {sip_code}",
}
_CAUSES = {
    "always-allowed": "The number stands on a permanent allow list, which beats everything.",
    "malformed-caller": "What came as caller data could not be read at all.",
    "exempt": "It would have been challenged, but the number stands on an exempt list.",
    "lane-full": "It would have been challenged, but every place for challenges was taken, or the "
    "last ones were for callers with better scores.",
    "come-again": "It was told busy and may call again: machines pass challenges in the crowd that "
    "it belongs to, and people who are told busy call again soon.",
    "number-lane-full": "It would have been challenged, but its number held as many places for "
    "challenges as one number may.",
    "alone": "The store that the edges share did not answer in time, so this edge decided it by "
    "what it knew itself; a limit that others had used up may have let it through.",
    "closed": "The site was closed when it came.",
    "observe": "The agent only observed: it let in what its rules would not have.",
    "screener-error": "A fault of ours kept the rules from judging it, so it was let in.",
    "imported": "It was brought in from another log; we never judged it.",
}
_ATTESTATIONS = {
    "A": "its carrier vouched for the number (A)",
    "B": "its carrier vouched for the caller and not for the number (B)",
    "C": "its carrier only passed it on (C)",
    "failed": "its signature did not verify",
    "none": "it carried no signature",
}
_OUTCOMES = {
    "answered": "an operator answered{wait} and talked for {talk_s:.0f} s",
    "abandoned": "the caller hung up while waiting{comma}{wait}",
    "challenge_passed": "the caller passed the challenge",
    "challenge_failed": "the caller failed the challenge",
    "not_spam": "a person called it no spam",
    "challenge_silent": "the caller pressed no key and stayed on the line",
    "queue_joined": "the caller joined the queue",
    "challenge_abandoned": "the caller hung up during the challenge",
}


def in_words(call: dict[str, Any], caps: Caps | None) -> Iterator[str]:
    """Yield the lines; `caps` are the groups' caps then in force, None where unknown."""
    yield _came(call)
    yield _decided(call)
    yield from (_CAUSES[cause] for cause in call["reasons"] if cause in _CAUSES)
    if call["score"] is not None:
        yield from _why(call, caps)
    yield from _became(call)


def group_sums(call: dict[str, Any]) -> dict[str, float]:
    """Return the points of each group before its cap, of all signals."""
    sums: dict[str, float] = {}
    for part in call["signals"]:
        sums[part["group"]] = sums.get(part["group"], 0.0) + part["points"]
    return sums


def _came(call: dict[str, Any]) -> str:
    told = f"Call {call['id']} came on {local(float(call['at']))}"
    if call["caller"]:
        told += f" from {shown(call['caller'])} ({shown(call['caller_class'])})"
    for word, name in (("to", "did"), ("by the trunk", "trunk")):
        if call[name]:
            told += f" {word} {shown(call[name])}"
    attested = _ATTESTATIONS.get(str(call["attestation"]))
    return f"{told}; {attested}." if attested else f"{told}."


def _decided(call: dict[str, Any]) -> str:
    told = _DONE.get(call["verdict"], f"Its verdict was {shown(call['verdict'])}")
    if call["treatment"] in _TREATMENTS:
        told += f", {_TREATMENTS[call['treatment']].format(sip_code=call['sip_code'])}"
    elif call["priority"] is not None:
        told += f", with priority {call['priority']} of 10 in the queue"
    if call["would"] != call["verdict"]:
        would = _WOULD.get(call["would"], shown(call["would"]))
        told += f". Enforcing every rule would have {would}"
    if call["config"]:
        told += f". Mode {shown(call['mode'])}, configuration {shown(call['config'])}"
    return told + "."


def _why(call: dict[str, Any], caps: Caps | None) -> Iterator[str]:
    yield f"Reasons: {', '.join(map(shown, call['reasons']))}."
    if not call["signals"]:
        yield "Nothing spoke for or against it."
    for part in call["signals"]:
        counts = "" if part["counts"] else " (only observed, not counted)"
        yield f"  {part['points']:+.2f}  {shown(part['name'])}: {shown(part['reason'])}{counts}"
    yield from _capped(call, caps)
    yield (
        f"Score {call['score']:.2f} of what counted, {call['would_score']:.2f} of everything. "
        f"The pressure was {call['pressure']}: a challenge from {call['challenge_from']:g} on, a "
        f"drop from {call['drop_from']:g} on."
    )


def _capped(call: dict[str, Any], caps: Caps | None) -> Iterator[str]:
    sums = group_sums(call)
    if caps is None:
        total = sum(sums.values())
        if abs(total - call["would_score"]) > _ROUNDING:
            yield (
                f"  The points add up to {total:+.2f}; caps of their groups make that "
                f"{call['would_score']:+.2f}."
            )
        return
    for group, points in sums.items():
        cap = caps.get(group)
        held = points if cap is None else min(max(points, cap.low), cap.high)
        if held != points:
            yield f"  The group {shown(group)} adds up to {points:+.2f} and counts {held:+.2f}."


def _became(call: dict[str, Any]) -> Iterator[str]:
    told = list(_outcomes(call["outcomes"]))
    if told:
        yield f"What became of it: {'; '.join(told)}."
    elif call["verdict"] != "drop":
        yield "What became of it is not known (yet)."
    if call["latency_ms"] is not None:
        yield f"The verdict took {call['latency_ms']:.3f} ms."


def _outcomes(outcomes: Sequence[dict[str, Any]]) -> Iterator[str]:
    joined_at: float | None = None
    for one in outcomes:
        event, talk_s = one["event"], one["talk_s"] or 0.0
        if event == Event.QUEUE_JOINED:
            joined_at = one["at"]
        wait = "" if joined_at is None else f" after {waited(joined_at, one['at'], talk_s):.0f} s"
        comma = "," if wait else ""
        told = _OUTCOMES.get(event)
        yield told.format(talk_s=talk_s, wait=wait, comma=comma) if told else shown(event)
