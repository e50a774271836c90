"""What a proxy in front is to refuse or to let through: what the engine would say of each key.

Nothing is decided here. A key is judged as a call from it would be judged now, and exported only
where that is a drop by the caller's own score: nobody who goes first, nobody while nothing is
refused (observing, paused, closed), none who would hear an announcement, and for no longer than
the engine would say the same if no more calls came.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import NamedTuple

from screener.core.call import Attestation, Call, Load
from screener.core.decision import Decision
from screener.core.engine import Engine
from screener.core.front_key import denied_keys, is_prefix, key_of, passed_key, trunk_of
from screener.core.lists import Entry, ListAction, parse_entry
from screener.core.memory import Memory
from screener.core.number import CallerClass, CallerId
from screener.core.review import REVIEWED, TRUNK_MARK
from screener.core.settings import Action, Mode, Settings, Treatment
from screener.service.front_mirror import Standing

KINDS = {1: "review", 2: "list", 3: "challenge-block", 4: "limit", 5: "score", 6: "trunk"}
"""The kinds of block, by the numbers that stand in the proxy's table."""

_LISTED = frozenset({"review", "list", "trunk"})

BY_SCORE_S = 20.0
"""How long a drop that follows from the load and the caller's calls is exported at once."""

KNOWN_S = 3_600.0
"""How long somebody is let through before it is looked at again: to be judged, so it harms none."""

_REDIAL = "redial-after-busy"
_SHORTER = (1.0, 0.5, 0.25, 0.125)
_SAMPLES = ("5550100", "7654321", "2000000")
_SHORTEST_SAMPLE = 12
_STRANGER = CallerId(CallerClass.VALID, "front", "front", "", "", "")
"""Somebody of whom nobody ever heard, on no list."""
_UNKNOWN = (CallerClass.ABSENT, CallerClass.ANONYMOUS, CallerClass.WITHHELD)
_SPAN = 100_000
"""What the length of the numbers is multiplied by in a block's value."""


_Told = tuple[ListAction, dict[str, int], str]
"""Of an entry: what it does, its keys where it denies, else the key that lets it through."""


class Entries(NamedTuple):
    """The keys of all lists and reviews: denied exactly, by prefix with its length, let through.

    `trunks` are those of denied trunks.
    """

    denied: tuple[str, ...]
    prefixes: dict[str, int]
    passed: tuple[str, ...]
    trunks: tuple[str, ...] = ()


class FrontBlocks:
    """Judges keys for the proxy; `complete` adds to a load what is known of it, as for a call."""

    def __init__(
        self,
        engine: Callable[[], Engine],
        memory: Memory,
        complete: Callable[[Load], Load],
        ttl_s: float,
        trunks: Collection[str] = (),
    ) -> None:
        """Take what it judges by; `trunks` are the names that the proxy can tell calls by."""
        self._engine = engine
        self._memory = memory
        self._complete = complete
        self._ttl_s = ttl_s
        self._trunks = frozenset(trunks)
        self.denied_trunks: tuple[str, ...] = ()
        """The keys of trunks that people denied and the proxy knows."""
        self._prefixes: dict[str, int] = {}
        self._passed_prefixes: frozenset[str] = frozenset()
        self._lengths = ""
        self._of_file: tuple[Engine | None, list[_Told]] = (None, [])

    def is_refusing(self, now: float) -> bool:
        """Say whether anybody is refused now."""
        engine = self._engine()
        paused = self._memory.reviews.is_paused(now)
        return engine.settings.mode is Mode.ENFORCE and not paused

    def entries(self, now: float) -> Entries:
        """Read all lists and reviews; takes seconds of long lists once, so ask in a thread."""
        engine = self._engine()
        if self._of_file[0] is not engine:
            self._of_file = engine, list(_of_file(engine, now))
        denied: list[str] = []
        passed: list[str] = []
        prefixes: dict[str, int] = {}
        trunks: list[str] = []
        for action, keys, pass_key in (*self._of_file[1], *_reviewed(self._memory, now)):
            if action is not ListAction.DENY:
                passed += [pass_key] if pass_key else []
                continue
            for key, length in keys.items():
                if trunk_of(key):
                    trunks.append(key)
                elif is_prefix(key):
                    prefixes[key] = length
                else:
                    denied.append(key)
        told = [key for key in trunks if trunk_of(key) in self._trunks]
        return Entries(tuple(denied), prefixes, tuple(passed), tuple(told))

    def heed(self, entries: Entries) -> None:
        """Take the prefixes and trunks that were read."""
        self.denied_trunks = entries.trunks
        self._prefixes = entries.prefixes
        self._passed_prefixes = frozenset(filter(is_prefix, entries.passed))
        sizes = {len(key) - 1 for key in (*self._prefixes, *self._passed_prefixes)}
        self._lengths = ":".join(map(str, sorted(sizes, reverse=True)))

    def lengths(self, *, shedding: bool) -> str:
        """Return the lengths of all prefixes, `+` included, longest first; empty where none tells.

        One that is let through tells only where others or trunks are denied, or while calls are
        shed.
        """
        return self._lengths if self._prefixes or self.denied_trunks or shedding else ""

    def block(self, key: str, now: float) -> Standing | None:
        """Return what is to be refused under a key, None for nothing."""
        if not self.is_refusing(now):
            return None
        if name := trunk_of(key):
            return self._trunk(name, now)
        if not is_prefix(key):
            return self._number(key, now)
        length = self._prefixes.get(key)
        return None if length is None else self._prefix(key, length, now)

    def passes(self, key: str, now: float) -> Standing | None:
        """Return what is to be let through under a key, None for nothing."""
        if is_prefix(key):
            found = key in self._passed_prefixes
        else:
            found = self._engine().goes_first(self._engine().plan.read(key), now)
        return Standing(1, now + KNOWN_S) if found else None

    def kind(self, key: str, now: float) -> str:
        """Return what block stands under a key now, as `KINDS` names it; empty for none."""
        standing = self.block(key, now)
        return KINDS.get(standing.value % 100, "") if standing is not None else ""

    def _number(self, key: str, now: float) -> Standing | None:
        engine = self._engine()
        caller = engine.plan.read(key)
        if key_of(caller.identity) != key or engine.goes_first(caller, now):
            return None
        call = Call("front", caller, "", "", "", "", Attestation.NONE, "", now)
        return self._standing(engine, call, 0)

    def _prefix(self, key: str, length: int, now: float) -> Standing | None:
        """Judge a prefix by a number that nobody vouches for; others are let through by theirs."""
        digits = key[:-1]
        for sample in _SAMPLES:
            size = length + 1 if length else max(_SHORTEST_SAMPLE, len(digits) + 2)
            caller = self._engine().plan.read((digits + sample * 2)[:size])
            if not caller.identity or self._engine().goes_first(caller, now):
                continue
            call = Call("front", caller, "", "", "", "", Attestation.NONE, "", now)
            decision = self._engine().assess(call, Load())
            if decision.list_hit is None:
                return None  # what speaks against one number says nothing of the others
            return self._standing(self._engine(), call, length + 1 if length else 0)
        return None

    def _trunk(self, name: str, now: float) -> Standing | None:
        """Judge a trunk by strangers, with a number that its carrier vouches for and without one.

        The proxy knows who goes first, and nobody else's record: the best of strangers, who was
        served once, must be dropped too.
        """
        engine = self._engine()
        if name not in self._trunks:
            return None
        blank = Call("front", _STRANGER, "", "", name, "", Attestation.FULL, "", now)
        weights = engine.settings.signals
        credit = min(weights["served-before"].points, 0.0) - max(weights["new-caller"].points, 0.0)
        found: list[Standing] = []
        for kind in (None, *_UNKNOWN):
            nobody = CallerId(kind, "", "", "", "", "") if kind else _STRANGER
            call = replace(blank, caller=nobody)
            verdict = engine.assess(call, Load()).verdict
            own = verdict.score.total - verdict.score.crowd + credit
            standing = self._standing(engine, call, 0)
            if standing is None or own < verdict.thresholds.drop:
                return None
            found.append(standing)
        return min(found, key=lambda one: one.until)

    def _standing(self, engine: Engine, call: Call, length: int) -> Standing | None:
        load, now = self._complete(Load()), call.arrived_at
        decision = engine.assess(call, load)
        if not _is_refused(decision, engine.settings):
            return None
        kind = _kind(decision)
        listed = KINDS[kind] in _LISTED
        if not listed:
            # The proxy cannot tell who misuses a number from its owner, whom a carrier vouches for.
            vouched = replace(call, attestation=Attestation.FULL)
            signed = engine.assess(vouched, load, pressure=decision.verdict.pressure)
            if not _is_refused(signed, engine.settings):
                return None
        longest = self._ttl_s if listed else min(self._ttl_s, BY_SCORE_S)
        for share in _SHORTER:
            until = now + longest * share
            later = replace(call, arrived_at=until)
            again = engine.assess(later, load, pressure=decision.verdict.pressure)
            if _is_refused(again, engine.settings):
                verdict = decision.verdict
                code = verdict.sip_code if verdict.treatment is Treatment.REFUSE else 486
                return Standing(length * _SPAN + code * 100 + kind, until)
        return None


def _is_refused(decision: Decision, settings: Settings) -> bool:
    """Say whether a call is dropped for what its own caller did, even if it were a redial."""
    verdict = decision.verdict
    if verdict.action is not Action.DROP or verdict.reasons[0] != "score":
        return False
    if verdict.treatment is Treatment.ANNOUNCE:
        return False  # the notice, which tells of redress, is to be heard
    redials = any(part.name == _REDIAL for part in verdict.score.signals)
    credit = 0.0 if redials else min(settings.signals[_REDIAL].points, 0.0)
    own = verdict.score.total - verdict.score.crowd
    return verdict.treatment is Treatment.REFUSE or own + credit >= verdict.thresholds.drop


def _kind(decision: Decision) -> int:
    hit, names = decision.list_hit, decision.verdict.reasons
    if hit is not None and hit.action is ListAction.DENY:
        if hit.entry.startswith(TRUNK_MARK):
            return 6
        return 1 if hit.list_name == REVIEWED else 2
    if "challenge-block" in names:
        return 3
    return 4 if any(name.startswith("limit:") for name in names) else 5


def _of_file(engine: Engine, now: float) -> Iterator[_Told]:
    for spec in engine.settings.lists:
        if spec.until is None or now < spec.until:
            for text in spec.entries:
                yield _told(spec.action, parse_entry(text, engine.plan))


def _reviewed(memory: Memory, now: float) -> Iterator[_Told]:
    for review in memory.reviews.in_force(now):
        yield _told(review.action, review.entry)


def _told(action: ListAction, entry: Entry) -> _Told:
    if action is ListAction.DENY:
        return action, denied_keys(entry), ""
    return action, {}, passed_key(entry)
