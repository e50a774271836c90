"""The signals: each a small function from the evidence on a call to named, weighed findings.

`SIGNALS` lists them in the order in which they are asked, cheapest first; what they weigh and
whether they count stands in the settings, and adding them up is `score`'s business.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from screener.core.call import Attestation, Call
from screener.core.limits import Exceeded
from screener.core.lists import ListAction, ListHit
from screener.core.number import CallerClass
from screener.core.reputation import Standing, decayed, is_known, passed_lately
from screener.core.settings import Mode, Settings

WORTH_NAMING = 0.5
"""How much of one served call, or of one failed challenge, must be left to speak of it."""


class Signal(NamedTuple):
    """One finding: its points (positive = unwanted) and the reason in words.

    `counts` says whether it takes effect; in observe mode it is only recorded. The reason never
    holds caller data.
    """

    name: str
    group: str
    points: float
    reason: str
    counts: bool = True


class Evidence(NamedTuple):
    """All that is known of a call before it is judged."""

    call: Call
    settings: Settings
    list_hit: ListHit | None = None
    exceeded: tuple[Exceeded, ...] = ()
    standing: Standing | None = None

    def signal(self, name: str, group: str, reason: str, *, times: float = 1.0) -> Signal:
        """Weigh a finding as the settings say, `times` over."""
        spec = self.settings.signals[name]
        counts = takes_effect(spec.mode, self.settings.mode)
        return Signal(name, group, spec.points * times, reason, counts)


def takes_effect(own: Mode, overall: Mode) -> bool:
    """Say whether a mode enforces, where `inherit` follows the overall one."""
    return (overall if own is Mode.INHERIT else own) is Mode.ENFORCE


def listed(evidence: Evidence) -> Iterator[Signal]:
    """The caller stands on one of the admin's lists."""
    hit = evidence.list_hit
    if hit is not None:
        name = "allow-list" if hit.action is ListAction.ALLOW else "deny-list"
        yield evidence.signal(name, "lists", f"on the list {hit.list_name}")


_CLASS_SIGNALS = {
    CallerClass.WITHHELD: ("withheld", "the caller withholds the number"),
    CallerClass.ANONYMOUS: ("withheld", "the trunk sends no number, by the caller's wish"),
    CallerClass.ABSENT: ("no-number", "the call carries no number"),
    CallerClass.JUNK: ("junk-number", "the caller id is no telephone number"),
    CallerClass.UNALLOCATED: ("unallocated-number", "no one can have this number"),
    CallerClass.SHORT: ("short-number", "a number too short to call back from outside"),
}


def number_class(evidence: Evidence) -> Iterator[Signal]:
    """What kind of caller id the call carries."""
    found = _CLASS_SIGNALS.get(evidence.call.caller.kind)
    if found is not None:
        yield evidence.signal(found[0], "number", found[1])


_ATTESTATION_SIGNALS = {
    Attestation.FULL: ("attestation-a", "the carrier knows the caller and the number"),
    Attestation.PARTIAL: ("attestation-b", "the carrier knows the caller, not the number"),
    Attestation.GATEWAY: ("attestation-c", "the carrier only passes the call on"),
    Attestation.FAILED: ("attestation-failed", "the signature did not verify"),
}


def attestation(evidence: Evidence) -> Iterator[Signal]:
    """How far the carrier vouches for the number; no signature is neutral."""
    found = _ATTESTATION_SIGNALS.get(evidence.call.attestation)
    if found is not None:
        yield evidence.signal(found[0], "attestation", found[1])


def history(evidence: Evidence) -> Iterator[Signal]:
    """What earlier calls of this number came to.

    Trust in a number lapses while it calls faster than its limits allow: then somebody else may
    be using it (design: a known-good number at an impossible rate loses its credit).
    """
    now, settings = evidence.call.arrived_at, evidence.settings.reputation
    if not evidence.call.caller.identity:
        return
    if evidence.standing is None:
        yield evidence.signal("new-caller", "history", "no earlier call of this number is known")
        return
    standing = decayed(evidence.standing, settings, now)
    too_fast = any(found.counts_number for found in evidence.exceeded)
    if too_fast:
        yield evidence.signal("credit-lapsed", "history", "calls faster than one caller would")
    elif is_known(standing, settings, now):
        yield evidence.signal("known-caller", "history", "served on several days")
        if standing.trunk and evidence.call.trunk and standing.trunk != evidence.call.trunk:
            yield evidence.signal("known-elsewhere", "history", "came in by another trunk before")
    elif standing.good >= WORTH_NAMING:
        yield evidence.signal("served-before", "history", "an operator has talked with this number")
    if not too_fast and passed_lately(standing, settings, now):
        yield evidence.signal("passed-challenge", "history", "passed a challenge lately")
    if standing.bad >= WORTH_NAMING:
        yield evidence.signal(
            "failed-challenges", "history", "failed challenges lately", times=standing.bad
        )


def over_limits(evidence: Evidence) -> Iterator[Signal]:
    """Which declared limits the call exceeds."""
    for found in evidence.exceeded:
        spec = found.limit
        yield Signal(
            f"limit:{spec.name}",
            "limits",
            spec.points,
            f"more than {found.window.calls} calls in {found.window.per:g} s",
            takes_effect(spec.mode, evidence.settings.mode),
        )


SIGNALS: tuple[Callable[[Evidence], Iterator[Signal]], ...] = (
    listed,
    number_class,
    attestation,
    history,
    over_limits,
)


def gather(evidence: Evidence) -> tuple[Signal, ...]:
    """Ask every signal and return what they found, in order."""
    return tuple(found for ask in SIGNALS for found in ask(evidence))
