"""Kinds of calls: those that only their numbers tell apart, and the few crowds that they share.

A flood is of one kind, and so are most calls of a calm hour: what follows from the kind alone is
found once and stays at hand. Counting and judging crowds are left to `crowds`.
"""

from screener.core.call import Call
from screener.core.crowd import Crowd, Fading
from screener.core.demand import BY_ATTESTATION, BY_DID, BY_TRUNK, BY_WHO, JOINT, key_of

MOST_CROWDS = 600
"""Crowds besides those of prefixes; what would be more is counted together."""

_MOST_WITH_DIDS = MOST_CROWDS // 2
"""From so many crowds on no more called numbers are told apart: there must be room for others."""


class Kind:
    """All calls of one `who`, attestation, trunk and called number.

    `key` is that of their joint crowd, `of_who` that of all callers of their `who`; `crowds` are
    those in which they count, none before one did. `points` are the called number's in the
    estimate of the number `estimate`.
    """

    __slots__ = (
        *("attestation", "crowds", "did", "estimate", "key", "of_who", "points", "trunk", "who"),
    )

    def __init__(self, who: str, call: Call, key: str) -> None:
        self.who = who
        self.attestation = call.attestation
        self.trunk = call.trunk
        self.did = call.did
        self.key = key
        self.of_who = BY_WHO + who
        self.crowds: tuple[Crowd, ...] = ()
        self.estimate = -1
        self.points = 0.0

    def holds(self, call: Call, who: str) -> bool:
        """Say whether a call is of this kind; what is only equal to its attestation is not."""
        return (
            self.who == who
            and self.attestation is call.attestation
            and self.trunk == call.trunk
            and self.did == call.did
        )


class Kinds:
    """The kinds of calls that came, and the crowds of `few`, bounded by `MOST_CROWDS`."""

    def __init__(self, few: dict[str, Crowd], fading: Fading) -> None:
        self._few = few
        self._fading = fading
        self._kinds: dict[tuple[str, str, str, str], Kind] = {}
        self._last: Kind | None = None
        self._other: Kind | None = None
        """The last two that came: mostly the next call is of one of them."""
        self._keys: dict[tuple[str, str, str], str] = {}

    def find(self, call: Call, who: str) -> Kind:
        """Return the kind of a call; it is kept from its first count on."""
        last = self._last
        if last is not None and last.holds(call, who):
            return last
        kind = self._other
        if kind is None or not kind.holds(call, who):
            kind = self._kinds.get((who, call.attestation, call.trunk, call.did))
            if kind is None:
                return Kind(who, call, self._key_of(who, call))
        self._other = last
        self._last = kind
        return kind

    def crowds_of(self, call: Call, who: str) -> tuple[Crowd, ...]:
        """Return the crowds of a call that is counted, but that of its prefix."""
        kind = self.find(call, who)
        if kind.crowds:
            return kind.crowds
        keys: tuple[str, ...] = (
            kind.of_who,
            BY_ATTESTATION + call.attestation,
            BY_TRUNK + call.trunk,
            kind.key,
            key_of(BY_DID, who, call.did),
        )
        if len(self._few) >= _MOST_WITH_DIDS:
            keys = keys[:-1]
        kind.crowds = tuple([self.crowd(key, call.arrived_at) for key in keys])
        if len(self._kinds) < MOST_CROWDS:
            self._kinds[who, call.attestation, call.trunk, call.did] = kind
        return kind.crowds

    def crowd(self, key: str, now: float) -> Crowd:
        """Return the crowd of a key as of now, made where there was none."""
        few = self._few
        crowd = few.get(key)
        if crowd is None:
            if len(few) >= MOST_CROWDS:
                key = key[0]
            crowd = few.setdefault(key, Crowd(now))
        crowd.fade(self._fading, now)
        return crowd

    def _key_of(self, who: str, call: Call) -> str:
        """Return the key of the joint crowd of a call."""
        names = (who, call.attestation, call.trunk)
        key = self._keys.get(names)
        if key is None:
            key = key_of(JOINT, *names)
            if len(self._keys) < MOST_CROWDS:
                self._keys[names] = key
        return key
