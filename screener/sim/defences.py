"""Defences without an engine, to stand beside it in a report: none, simple ones, and the truth.

Each is what an admin might set up in an afternoon, or a bound that no defence passes. The engine
plays by the same protocol, composed by the command.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Mapping, Sequence

from screener.core.call import Facts
from screener.core.settings import Action
from screener.sim.chance import chances
from screener.sim.model import CenterSite, Defence, PastCall, Ruling, Seen

LIMIT_CALLS = 5
LIMIT_PER_S = 600.0
LIMIT_KEYS = 100_000
"""The limit an admin sets first: calls of one number in ten minutes."""

OVERLOAD_WAITING = 0.5
OVERLOAD_CHANNELS = 0.9
"""Overloaded: so many callers wait per operator, or so much of the trunk is taken."""

_ADMIT = Ruling(Action.ADMIT)
_CHALLENGE = Ruling(Action.CHALLENGE, reason="captcha")
_DROP = Ruling(Action.DROP, reason="drop")
_NATIONAL_DIGITS = 10


class NoDefence:
    """Everybody is admitted; the others here change what they need to."""

    name = "none"

    def begin(self, site: CenterSite, now: float) -> None:
        """Take the size of the site."""

    def learn(self, past: Sequence[PastCall], now: float) -> None:
        """Learn from earlier days: nothing."""

    def see(self, seen: Seen, now: float) -> None:
        """Take the load: nothing follows from it."""

    def decide(self, facts: Facts, call_id: str, now: float, *, person: bool) -> Ruling:  # noqa: ARG002 - the protocol's
        """Admit."""
        return _ADMIT

    def tell(self, call_id: str, event: str, talk_s: float, now: float) -> None:
        """Take an event: nothing follows from it."""


class Truth(NoDefence):
    """Knows who is a person: the bound of what any defence can reach."""

    name = "truth"

    def decide(self, facts: Facts, call_id: str, now: float, *, person: bool) -> Ruling:  # noqa: ARG002 - the protocol's
        """Admit people, refuse bots."""
        return _ADMIT if person else _DROP


class Blacklist(NoDefence):
    """Refuses the numbers of a list that was made before the day."""

    name = "blacklist"

    def __init__(self, numbers: Collection[str] = ()) -> None:
        self._numbers = frozenset(map(key_of, numbers))

    def decide(self, facts: Facts, call_id: str, now: float, *, person: bool) -> Ruling:  # noqa: ARG002 - the protocol's
        """Refuse a listed number."""
        return _DROP if facts.number and key_of(facts.number) in self._numbers else _ADMIT


class Limits(NoDefence):
    """Refuses the call that exceeds so many of one number; calls without one share a key."""

    name = "limits only"

    def __init__(self, calls: int = LIMIT_CALLS, per_s: float = LIMIT_PER_S) -> None:
        self._calls = calls
        self._per_s = per_s
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def decide(self, facts: Facts, call_id: str, now: float, *, person: bool) -> Ruling:  # noqa: ARG002 - the protocol's
        """Count what was admitted of the number in the window."""
        admitted = self._seen.setdefault(key_of(facts.number), deque())
        self._seen.move_to_end(key_of(facts.number))
        while admitted and admitted[0] <= now - self._per_s:
            admitted.popleft()
        if len(self._seen) > LIMIT_KEYS:
            self._seen.popitem(last=False)
        if len(admitted) >= self._calls:
            return _DROP
        admitted.append(now)
        return _ADMIT


class CaptchaForAll(NoDefence):
    """Asks everybody, every time."""

    name = "captcha for all"

    def decide(self, facts: Facts, call_id: str, now: float, *, person: bool) -> Ruling:  # noqa: ARG002 - the protocol's
        """Challenge."""
        return _CHALLENGE


class _Overload(NoDefence):
    """Knows from the last report whether the center is overloaded."""

    def __init__(self) -> None:
        self._overloaded = False

    def see(self, seen: Seen, now: float) -> None:  # noqa: ARG002 - the protocol's
        """Take the load."""
        self._overloaded = (
            seen.waiting > OVERLOAD_WAITING * seen.operators_total
            or seen.channels_in_use > OVERLOAD_CHANNELS * seen.channels_total
        )


class CaptchaUnderOverload(_Overload):
    """Asks everybody while the center is overloaded."""

    name = "captcha under overload"

    def decide(self, facts: Facts, call_id: str, now: float, *, person: bool) -> Ruling:  # noqa: ARG002 - the protocol's
        """Challenge under overload."""
        return _CHALLENGE if self._overloaded else _ADMIT


class Shedding(_Overload):
    """Refuses by chance while the center is overloaded."""

    name = "shedding"

    def __init__(self, share: float = 0.5, seed: int = 0) -> None:
        super().__init__()
        self._share = share
        self._rng = chances(seed)

    def decide(self, facts: Facts, call_id: str, now: float, *, person: bool) -> Ruling:  # noqa: ARG002 - the protocol's
        """Refuse blindly under overload."""
        return _DROP if self._overloaded and self._rng.random() < self._share else _ADMIT


def key_of(number: str) -> str:
    """Return one key for all spellings of a number of the site's own country."""
    digits = number.removeprefix("+")
    return digits[1:] if len(digits) > _NATIONAL_DIGITS and digits.startswith("1") else digits


DEFENCES: Mapping[str, Callable[[], Defence]] = {
    made.name: made
    for made in (
        NoDefence,
        Blacklist,
        Limits,
        Shedding,
        CaptchaForAll,
        CaptchaUnderOverload,
        Truth,
    )
}
"""Each defence without an engine by its name; build a new one for each run."""
