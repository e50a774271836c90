"""What a candidate would have changed: counts over compared calls, in bounded memory.

Counts what changes and for whom, how the people fared, what the captcha lane would need, and how
far the replay can be believed (`fidelity`). No number is kept and no caller told. Playing the
calls is `replay`'s, words for people the command's.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from screener.core.policy import Verdict
from screener.core.recorded import RecordedCall
from screener.core.settings import SEVERITY, Action, Mode, Settings
from screener.service.captcha_demand import CaptchaDemand
from screener.service.fidelity import Fidelity, leading_reason
from screener.service.replay import Compared

SAMPLES = 10
MOST_GROUPS = 500
MOST_CALLERS = 200_000
"""Callers told apart in one figure; beyond it the figure is the least that it can be."""

LARGE_SHARE = 0.01
"""The share of verdicts that may become more severe before the impact counts as large."""

OTHERS = "(others)"
CAVEAT = (
    "Callers react to verdicts: who is refused redials or gives up, and this log holds only what "
    "callers did under the verdicts of its day."
)

Change = tuple[Action, Action]

K = TypeVar("K")

_HISTORY = ("known-caller", "credit-lapsed", "served-before", "passed-challenge", "new-caller")


@dataclass(slots=True)
class Changed:
    """One change of verdict: how many calls, how many of them people's, and some to look at."""

    calls: int = 0
    good: int = 0
    samples: list[str] = field(default_factory=list)
    good_samples: list[str] = field(default_factory=list)


class People:
    """Calls with a good outcome that met one fate, and the distinct callers among them."""

    def __init__(self) -> None:
        self.calls = 0
        self._unnamed = 0
        self._callers: set[int] = set()

    def add(self, record: RecordedCall) -> None:
        """Count a call; one that cannot be told from others is a caller of its own."""
        self.calls += 1
        key = record.call.caller.counter_key
        if not key:
            self._unnamed += 1
        elif len(self._callers) < MOST_CALLERS:
            self._callers.add(hash(key))

    def told(self) -> dict[str, object]:
        """Return the figures as JSON-safe data."""
        return {"calls": self.calls, "callers": len(self._callers) + self._unnamed}


class Fate:
    """What one side does with the calls."""

    def __init__(self, settings: Settings) -> None:
        self.mode = settings.mode
        self.config_hash = settings.config_hash
        self.verdicts: Counter[Action] = Counter()
        self.captcha = CaptchaDemand(settings.captcha, settings.site)
        self.refused = People()
        self.challenged = People()

    def add(self, record: RecordedCall, verdict: Verdict, *, good: bool) -> None:
        """Count one call."""
        self.verdicts[verdict.action] += 1
        self.captcha.add(verdict, record.call.arrived_at)
        if good and verdict.action is Action.DROP:
            self.refused.add(record)
        elif good and verdict.action is Action.CHALLENGE:
            self.challenged.add(record)

    def told(self) -> dict[str, object]:
        """Return the figures as JSON-safe data."""
        return {
            "config": self.config_hash,
            "mode": self.mode.value,
            "verdicts": {action.value: self.verdicts[action] for action in SEVERITY},
            "good_refused": self.refused.told(),
            "good_challenged": self.challenged.told(),
            "captcha": self.captcha.told(),
        }


GROUPS: dict[str, Callable[[Compared], str]] = {
    "reason": lambda one: leading_reason(one.candidate),
    "caller_class": lambda one: one.record.call.caller.kind.value,
    "history": lambda one: history_of(one.current),
    "attestation": lambda one: one.record.call.attestation.value,
    "trunk": lambda one: one.record.call.trunk,
    "did": lambda one: one.record.call.did,
    "hour": lambda one: time.strftime("%H:00", time.gmtime(one.record.call.arrived_at)),
}
"""By what changes are counted apart; `reason` is the candidate's, `history` as now known.

An `hour` is one of the day, UTC.
"""


class WhatIf:
    """The counts of one comparison."""

    def __init__(self, current: Settings, candidate: Settings) -> None:
        self.current = Fate(current)
        self.candidate = Fate(candidate)
        self.calls = 0
        self.imported = 0
        self.good = 0
        self.first: float | None = None
        self.last: float | None = None
        self.changes: dict[Change, Changed] = {}
        self.groups: dict[str, dict[tuple[str, Change], Changed]] = {name: {} for name in GROUPS}
        self.newly_refused = People()
        self.newly_challenged = People()
        self.fidelity = Fidelity(current.config_hash)

    def add(self, one: Compared) -> None:
        """Count one call; calls come in order of time."""
        record, good = one.record, one.good
        self.calls += 1
        self.imported += record.imported
        self.good += good
        self.first = record.call.arrived_at if self.first is None else self.first
        self.last = record.call.arrived_at
        self.current.add(record, one.current, good=good)
        self.candidate.add(record, one.candidate, good=good)
        self.fidelity.add(record, one.current)
        if one.current.action is not one.candidate.action:
            self._note(one)

    def _note(self, one: Compared) -> None:
        change = one.current.action, one.candidate.action
        changed = self.changes.setdefault(change, Changed())
        if len(changed.samples) < SAMPLES:
            changed.samples.append(one.record.call.call_id)
        if one.good and len(changed.good_samples) < SAMPLES:
            changed.good_samples.append(one.record.call.call_id)
        _count(changed, one)
        for name, group_of in GROUPS.items():
            held, group = self.groups[name], (group_of(one), change)
            if group not in held and len(held) >= MOST_GROUPS:
                group = (OTHERS, change)
            _count(held.setdefault(group, Changed()), one)
        if one.good and one.candidate.action is Action.DROP:
            self.newly_refused.add(one.record)
        if one.good and change == (Action.ADMIT, Action.CHALLENGE):
            self.newly_challenged.add(one.record)

    @property
    def stricter(self) -> int:
        """How many verdicts become more severe."""
        return sum(
            changed.calls
            for (before, after), changed in self.changes.items()
            if SEVERITY.index(after) > SEVERITY.index(before)
        )

    def alarms(self) -> list[str]:
        """Return why the impact is large, in words; empty where it is not."""
        found: list[str] = []
        if self.current.mode is not Mode.ENFORCE and self.candidate.mode is Mode.ENFORCE:
            found.append("the mode changes from observe to enforce: verdicts take effect")
        if self.newly_refused.calls:
            found.append(
                f"{self.newly_refused.calls} calls with a good outcome would newly be refused"
            )
        if self.stricter > LARGE_SHARE * self.calls:
            found.append(
                f"{self.stricter} of {self.calls} verdicts become more severe "
                f"({self.stricter / self.calls:.1%})"
            )
        return found

    def told(self) -> dict[str, object]:
        """Return everything as JSON-safe data; moments are seconds since 1970."""
        return {
            "window": {
                "calls": self.calls,
                "imported": self.imported,
                "good_outcome": self.good,
                "first": self.first,
                "last": self.last,
            },
            "current": self.current.told(),
            "candidate": self.candidate.told(),
            "changes": [
                {**_told(change, changed), "share": changed.calls / self.calls}
                | {"samples": changed.samples, "good_samples": changed.good_samples}
                for change, changed in largest(self.changes)
            ],
            "changes_by": {
                name: [
                    {"value": value, **_told(change, changed)}
                    for (value, change), changed in largest(held)
                ]
                for name, held in self.groups.items()
            },
            "newly_refused": self.newly_refused.told(),
            "newly_challenged": self.newly_challenged.told(),
            "fidelity": self.fidelity.told(),
            "large_impact": self.alarms(),
            "caveat": CAVEAT,
        }


def history_of(verdict: Verdict) -> str:
    """Return what was known of the caller, in the words of the signals."""
    found = {signal.name for signal in verdict.score.signals}
    return next((name for name in _HISTORY if name in found), "nothing to know by")


def _count(changed: Changed, one: Compared) -> None:
    changed.calls += 1
    changed.good += one.good


def _told(change: Change, changed: Changed) -> dict[str, object]:
    before, after = change
    return {
        "from": before.value,
        "to": after.value,
        "calls": changed.calls,
        "good_outcome": changed.good,
    }


def largest(held: dict[K, Changed]) -> list[tuple[K, Changed]]:
    """Return the changes with their keys, the largest first."""
    return sorted(held.items(), key=lambda item: -item[1].calls)
