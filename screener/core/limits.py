"""The declared limits: under which keys a call is counted, and which limits it finds exceeded.

`look` reads and `spend` writes; the engine spends only once the verdict is known, since an
attempt that we refuse is no evidence against its caller. Limits with the same key fields share
one table entry, a tuple with one theoretical arrival time for each window (`gcra`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from screener.core import gcra
from screener.core.call import Call
from screener.core.settings import KeyField, LimitSpec, Window
from screener.core.tables import Table

Tats = tuple[float, ...]

FIELDS: dict[KeyField, Callable[[Call], str]] = {
    KeyField.NUMBER: lambda call: call.caller.counter_key,
    KeyField.PREFIX: lambda call: call.caller.prefix,
    KeyField.CLASS: lambda call: call.caller.kind.value,
    KeyField.TRUNK: lambda call: call.trunk,
    KeyField.DID: lambda call: call.did,
    KeyField.SOURCE: lambda call: call.source,
    KeyField.ATTESTATION: lambda call: call.attestation.value,
    KeyField.ORIGID: lambda call: call.origid,
}


@dataclass(frozen=True, slots=True)
class Exceeded:
    """A limit that a call finds used up: the window that is, and when it next has room (s)."""

    limit: LimitSpec
    window: Window
    retry_in: float

    @property
    def counts_number(self) -> bool:
        """Whether the limit is one on the caller's own number."""
        return KeyField.NUMBER in self.limit.key


class _Family:
    """The limits that share one key, hence one table entry."""

    def __init__(self, key: tuple[KeyField, ...], limits: list[LimitSpec]) -> None:
        self._readers = tuple(FIELDS[field] for field in key)
        self.slots = tuple((limit, window) for limit in limits for window in limit.windows)
        # The layout is part of the key: after a reload with other windows an old entry is
        # simply not found, and never read as something that it is not.
        layout = ",".join(f"{window.calls}/{window.per:g}" for _, window in self.slots)
        self._stem = f"{'+'.join(key)}|{layout}"
        self.unused: Tats = (0.0,) * len(self.slots)

    def key_of(self, call: Call) -> str | None:
        """Return the table key of the call, or None where it lacks one of the fields."""
        parts = [self._stem]
        for read in self._readers:
            part = read(call)
            if not part:
                return None
            parts.append(part)
        # No field holds a control character (`call.inert`, `number`), so keys cannot collide.
        return "\x1f".join(parts)


class LimitBook:
    """All declared limits over one table of counters."""

    def __init__(self, limits: tuple[LimitSpec, ...], counters: Table[Tats]) -> None:
        by_key: dict[tuple[KeyField, ...], list[LimitSpec]] = {}
        for limit in limits:
            by_key.setdefault(limit.key, []).append(limit)
        self._families = tuple(_Family(key, group) for key, group in by_key.items())
        self._counters = counters

    def look(self, call: Call, now: float) -> tuple[Exceeded, ...]:
        """Return the exceeded limits, each with its longest wait; writes nothing."""
        found: dict[str, Exceeded] = {}
        for family in self._families:
            key = family.key_of(call)
            tats = self._counters.get(key) if key is not None else None
            if tats is None:
                continue
            for (limit, window), tat in zip(family.slots, tats, strict=True):
                if tat <= now or not _applies(limit, call):
                    continue
                result = gcra.check(window, tat, now)
                known = found.get(limit.name)
                if not result.allowed and (known is None or result.retry_in > known.retry_in):
                    found[limit.name] = Exceeded(limit, window, result.retry_in)
        return tuple(found.values())

    def spend(self, call: Call, now: float) -> None:
        """Count the call in every window that it falls under."""
        for family in self._families:
            key = family.key_of(call)
            if key is None or not any(_applies(limit, call) for limit, _ in family.slots):
                continue
            tats = self._counters.get(key) or family.unused
            self._counters.put(
                key,
                tuple(
                    gcra.spend(window, tat, now) if _applies(limit, call) else tat
                    for (limit, window), tat in zip(family.slots, tats, strict=True)
                ),
            )

    def reset(self, call: Call) -> None:
        """Forget what was counted under the caller's own number."""
        for family in self._families:
            key = family.key_of(call)
            if key is not None and any(KeyField.NUMBER in limit.key for limit, _ in family.slots):
                self._counters.forget(key)


def _applies(limit: LimitSpec, call: Call) -> bool:
    return not limit.classes or call.caller.kind in limit.classes
