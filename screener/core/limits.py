"""The declared limits: under which keys a call is counted, and which limits it finds exceeded.

`look` reads and `spend` writes what was read; the engine spends only once the verdict is known,
since an attempt that we refuse is no evidence against its caller. Limits with the same key and
the same classes share one table entry, a tuple with one theoretical arrival time for each window
(`gcra`).
"""

from screener.core import gcra
from screener.core.call import Call
from screener.core.number import CallerClass
from screener.core.records import record
from screener.core.settings import KeyField, LimitSpec, Window
from screener.core.tables import Table

Tats = tuple[float, ...]

_NUMBER, _PREFIX, _CLASS = KeyField.NUMBER, KeyField.PREFIX, KeyField.CLASS
_TRUNK, _DID, _SOURCE = KeyField.TRUNK, KeyField.DID, KeyField.SOURCE
_ATTESTATION = KeyField.ATTESTATION


def part_of(call: Call, field: KeyField) -> str:  # noqa: PLR0911 - one line for each field
    """Return what a call has under a field of a key; empty for none."""
    if field is _NUMBER:
        return call.caller.counter_key
    if field is _PREFIX:
        return call.caller.prefix
    if field is _TRUNK:
        return call.trunk
    if field is _DID:
        return call.did
    if field is _CLASS:
        return call.caller.kind
    if field is _SOURCE:
        return call.source
    return call.attestation if field is _ATTESTATION else call.origid


@record
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
    """The limits that share one key and the same classes, hence one table entry."""

    def __init__(
        self, key: tuple[KeyField, ...], classes: frozenset[CallerClass], limits: list[LimitSpec]
    ) -> None:
        self._classes = classes
        self._of_all = not classes
        self._single = key[0] if len(key) == 1 else None
        self.slots = tuple((limit, window) for limit in limits for window in limit.windows)
        self.key = key
        # The layout is part of the key: after a reload with other windows an old entry is
        # simply not found, and never read as something that it is not.
        layout = ",".join(f"{window.calls}/{window.per:g}" for _, window in self.slots)
        self._stem = f"{'+'.join(key)}|{'+'.join(sorted(classes))}|{layout}"
        self._stem_of_one = self._stem + "\x1f"
        self.unused: Tats = (0.0,) * len(self.slots)
        self._intervals = tuple(window.per / window.calls for _, window in self.slots)
        self.told = tuple((window.calls, window.per) for _, window in self.slots)
        """The windows as other edges are told of them: calls and seconds of each."""

    def key_of(self, call: Call) -> str | None:
        """Return the table key of the call; None for other classes and where a field is empty."""
        if not self._of_all and call.caller.kind not in self._classes:
            return None
        # No field holds a control character (`call.inert`, `number`): keys cannot collide.
        if self._single is not None:
            only = part_of(call, self._single)
            return self._stem_of_one + only if only else None
        key = self._stem
        for field in self.key:
            part = part_of(call, field)
            if not part:
                return None
            key = f"{key}\x1f{part}"
        return key

    def key_for(self, *parts: str) -> str:
        """Return the table key of these parts of a call."""
        return "\x1f".join((self._stem, *parts))

    def holds(self, key: str, number: str) -> bool:
        """Return whether a table key is one of this family's, for that counter key of a caller."""
        stem, _, parts = key.partition("\x1f")
        return stem == self._stem and number in parts.split("\x1f")

    def spent(self, tats: Tats, now: float) -> Tats:
        """Return the entry after one more call."""
        if tats is self.unused and now >= 0.0:
            # Most callers are new, and `spend` leaves the same behind every first call.
            return tuple([now + interval for interval in self._intervals])
        return tuple([gcra.spend(self.slots[at][1], tat, now) for at, tat in enumerate(tats)])


@record
class Reading:
    """What a call found: the exceeded limits, each with its longest wait, and the entries read."""

    exceeded: tuple[Exceeded, ...]
    entries: list[tuple[_Family, str, Tats]]


class LimitBook:
    """All declared limits over one table of counters."""

    def __init__(self, limits: tuple[LimitSpec, ...], counters: Table[Tats]) -> None:
        shared: dict[tuple[tuple[KeyField, ...], frozenset[CallerClass]], list[LimitSpec]] = {}
        for limit in limits:
            shared.setdefault((limit.key, limit.classes), []).append(limit)
        self._families = tuple(_Family(*both, group) for both, group in shared.items())
        self._counters = counters

    def look(self, call: Call, now: float) -> Reading:
        """Read what the call finds; writes nothing."""
        entries: list[tuple[_Family, str, Tats]] = []
        exceeded: dict[str, Exceeded] | None = None
        counters = self._counters
        for family in self._families:
            key = family.key_of(call)
            if key is None:
                continue
            tats = counters.get(key)
            if tats is None:
                entries.append((family, key, family.unused))
                continue
            entries.append((family, key, tats))
            for tat in tats:
                if tat > now:
                    break
            else:
                continue
            for at, tat in enumerate(tats):
                limit, window = family.slots[at]
                if tat > now and gcra.is_full(window, tat, now):
                    exceeded = {} if exceeded is None else exceeded
                    _note(exceeded, Exceeded(limit, window, gcra.check(window, tat, now).retry_in))
        return Reading(tuple(exceeded.values()) if exceeded else (), entries)

    def spend(self, reading: Reading, now: float) -> None:
        """Count the call that was read, in every window that it falls under."""
        for family, key, tats in reading.entries:
            self._counters.put(key, family.spent(tats, now))

    def counters_of(self, call: Call) -> list[tuple[str, tuple[tuple[int, float], ...]]]:
        """Return the table key of each entry that counts the call, and its (calls, seconds)."""
        keys = ((family.key_of(call), family.told) for family in self._families)
        return [(key, windows) for key, windows in keys if key is not None]

    def forget_number(self, counter_key: str) -> list[str]:
        """Forget what was counted of one caller, and return its keys; what others share stays.

        Where a limit counts by the number and more, this looks through the whole table: it is
        for what people ask, not for what calls do.
        """
        keys: list[str] = []
        together = []
        for family in self._families:
            if family.key == (KeyField.NUMBER,):
                keys.append(family.key_for(counter_key))
            elif KeyField.NUMBER in family.key:
                together.append(family)
        held = self._counters.entries(protected=False) if together else ()
        keys += [key for key in held if any(one.holds(key, counter_key) for one in together)]
        for key in keys:
            self._counters.forget(key)
        return keys


def _note(found: dict[str, Exceeded], new: Exceeded) -> None:
    """Keep of each limit the window that stays full longest."""
    known = found.get(new.limit.name)
    if known is None or new.retry_in > known.retry_in:
        found[new.limit.name] = new
