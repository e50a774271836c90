"""What a store of several edges does, over cells that hold bytes until they end.

For the stores that have no language of their own (memory, SQLite); Redis does the same in Lua
(`lua/`), and one contract suite holds all to it. One call of a method is one step: nobody else
touches the cells meanwhile. Keeping the cells, and time, are the stores' own.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from screener.core import gcra
from screener.core.settings import Window
from screener.core.shared import (
    ChallengeEnded,
    Counter,
    Deed,
    Note,
    Posted,
    Question,
    Refund,
    SharedStanding,
    Spent,
    StandingChange,
    Told,
)
from screener.errors import SharedRefusedError
from screener.storage import shared_codec as codec

_AFTER = "\U0010ffff"
"""Greater than what any key goes on with."""

_PLACE_DIGITS = 20


class Cells(Protocol):
    """Bytes under keys, each until its end."""

    def get(self, key: str, now: float) -> bytes | None:
        """Return what is there and has not ended."""
        ...

    def put(self, key: str, value: bytes, ends: float) -> None:
        """Put it in the place of what was there."""
        ...

    def drop(self, key: str) -> None:
        """Drop it, where it is there."""
        ...

    def between(
        self, first: str, last: str, now: float, limit: int
    ) -> Sequence[tuple[str, bytes, float]]:
        """Return key, value and end of those after `first` and before `last`, in their order."""
        ...

    def ended(self, key: str) -> float:
        """Return when it ends or ended, 0 where it is not there."""
        ...


class SharedRules:
    """The steps of `ports.SharedStore` but for waiting, at a moment each."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells

    def consult(self, question: Question, now: float) -> Told:
        """See `SharedStore.consult`."""
        codec.checked_counters(question.counters)
        codec.checked_keys(question.call_id, question.caller, question.line)
        before, after = [], []
        for counter in question.counters:
            tats = self._tats(counter, now)
            spent = tuple(
                gcra.spend(Window(calls, per), tat, now)
                for (calls, per), tat in zip(counter.windows, tats, strict=True)
            )
            self._put_tats(counter, spent)
            before.append(tats)
            after.append(spent)
        standing = self.standing(question.caller, now) if question.caller else None
        held = self._open(question.line, now) if question.line else []
        others = sum(call_id != question.call_id for _, call_id in held)
        return Told(now, tuple(before), tuple(after), standing, others)

    def tell(self, deeds: Sequence[Deed], now: float) -> None:
        """See `SharedStore.tell`."""
        if len(deeds) > codec.MOST_DEEDS:
            raise SharedRefusedError(f"refused: more than {codec.MOST_DEEDS} deeds at once")
        for deed in deeds:
            match deed:
                case Refund():
                    self._refund(deed, now)
                case Spent():
                    self._merge(deed, now)
                case Note():
                    self._note(deed, now)
                case ChallengeEnded():
                    codec.checked_keys(deed.call_id, deed.line)
                    held = [one for one in self._open(deed.line, now) if one[1] != deed.call_id]
                    self._put_open(deed.line, held)

    def change(self, change: StandingChange, now: float) -> SharedStanding | None:
        """See `SharedStore.change`."""
        codec.checked_keys(change.caller)
        ends = now + codec.checked_ttl(change.ttl)
        key = f"s:{change.caller}"
        mark = codec.event_mark(change.event_id)
        found = self._cells.get(key, now)
        version, marks = codec.standing_head(found) if found is not None else (0, b"")
        if codec.remembers(marks, mark):
            return None
        if version != change.before:
            return SharedStanding(0) if found is None else codec.unpack_standing(found)
        # Never one that was given out before, also where what was there has been lost.
        version = max(version + 1, int(now * 1e6))
        body = codec.pack_body(change.after)
        self._cells.put(key, codec.pack_standing(version, marks + mark, body), ends)
        return None

    def standing(self, caller: str, now: float) -> SharedStanding | None:
        """See `SharedStore.standing`."""
        codec.checked_keys(caller)
        found = self._cells.get(f"s:{caller}", now)
        return None if found is None else codec.unpack_standing(found)

    def claim(self, call_id: str, now: float) -> Note | None:
        """See `SharedStore.claim`."""
        codec.checked_keys(call_id)
        found = self._cells.get(f"n:{call_id}", now)
        return None if found is None else codec.unpack_note(call_id, found)

    def forget(self, caller: str, line: str, counters: Sequence[str], now: float) -> None:
        """See `SharedStore.forget`."""
        codec.checked_keys(caller, line, *counters)
        for key in (f"s:{caller}", f"l:{line}", *(f"c:{one}" for one in counters)):
            self._cells.drop(key)
        for key, value, _ in self._all("n:", now) if caller else ():
            if codec.note_caller(value) == caller.encode():
                self._cells.drop(key)

    def post(self, edge: str, kind: str, body: bytes, ttl: float, now: float) -> str:
        """See `SharedStore.post`."""
        codec.checked_size(body, codec.LARGEST_POST)
        codec.checked_keys(edge)
        ends = now + codec.checked_ttl(ttl)
        last = self._cells.get(f"a:{codec.checked_kind(kind)}", now)
        place, posted = codec.unpack_place(last) if last else (0, 0)
        place = max(place + 1, int(now * 1e6))
        at = f"{place:0{_PLACE_DIGITS}d}"
        self._cells.put(f"f:{kind}:{at}", codec.pack_post(edge, body), ends)
        ends = max(ends, self._cells.ended(f"a:{kind}"))
        self._cells.put(f"a:{kind}", codec.pack_place(place, posted + 1), ends)
        if posted % codec.TRIM_EVERY == 0:
            held = self._cells.between(f"f:{kind}:", f"f:{kind}:{_AFTER}", now, 1_000_000)
            for key, _, _ in held[: -codec.MOST_POSTED]:
                self._cells.drop(key)
        return at

    def since(self, kind: str, at: str, limit: int, now: float) -> list[Posted]:
        """See `SharedStore.since`."""
        stem = f"f:{codec.checked_kind(kind)}:"
        held = self._cells.between(f"{stem}{at}", f"{stem}{_AFTER}", now, limit)
        return [
            Posted(key[len(stem) :], edge, kind, body)
            for key, (edge, body) in ((key, codec.unpack_post(value)) for key, value, _ in held)
        ]

    def keep(self, key: str, body: bytes, ttl: float, now: float) -> None:
        """See `SharedStore.keep`."""
        codec.checked_keys(key)
        codec.checked_size(body, codec.LARGEST_KEPT)
        ends = now + codec.checked_ttl(ttl)
        if self._cells.get(f"k:{key}", now) is None:
            others = self._cells.between("k:", f"k:{_AFTER}", now, codec.MOST_KEPT)
            if len(others) >= codec.MOST_KEPT:
                raise SharedRefusedError(f"refused: {codec.MOST_KEPT} blobs are kept already")
        self._cells.put(f"k:{key}", body, ends)

    def kept(self, prefix: str, now: float) -> Mapping[str, bytes]:
        """See `SharedStore.kept`."""
        codec.checked_keys(prefix)
        exact = self._cells.get(f"k:{prefix}", now)
        found = {} if exact is None else {prefix: exact}
        found |= {key[2:]: value for key, value, _ in self._all(f"k:{prefix}", now)}
        return found

    def _all(self, stem: str, now: float) -> Iterator[tuple[str, bytes, float]]:
        after = stem
        while page := self._cells.between(after, stem + _AFTER, now, 1_000):
            yield from page
            after = page[-1][0]

    def _tats(self, counter: Counter, now: float) -> tuple[float, ...]:
        found = self._cells.get(f"c:{counter.key}", now)
        if found is None or len(found) != 8 * len(counter.windows):
            return (0.0,) * len(counter.windows)
        return codec.unpack_doubles(found)

    def _put_tats(self, counter: Counter, tats: Sequence[float]) -> None:
        self._cells.put(f"c:{counter.key}", codec.pack_doubles(tats), max(tats) + codec.SLACK_S)

    def _refund(self, deed: Refund, now: float) -> None:
        codec.checked_counters(deed.counters)
        for counter, seconds in zip(deed.counters, deed.seconds, strict=True):
            codec.checked_moments(counter, seconds)
            tats = self._tats(counter, now)
            if any(tats):
                both = zip(tats, seconds, strict=True)
                less = [max(tat - back, 0.0) for tat, back in both]
                if max(less) > now:
                    self._put_tats(counter, less)
                else:
                    self._cells.drop(f"c:{counter.key}")

    def _merge(self, deed: Spent, now: float) -> None:
        codec.checked_counters((deed.counter,))
        codec.checked_moments(deed.counter, deed.tats)
        known = self._tats(deed.counter, now)
        both = zip(deed.counter.windows, known, deed.tats, strict=True)
        more = [max(tat, min(told, now + per)) for (_, per), tat, told in both]
        if max(more) > now:
            self._put_tats(deed.counter, more)

    def _note(self, note: Note, now: float) -> None:
        codec.checked_keys(*note[:6])
        ends = now + codec.checked_ttl(note.ttl)
        self._cells.put(f"n:{note.call_id}", codec.pack_note(note), ends)
        if note.challenged and note.line:
            held = [one for one in self._open(note.line, now) if one[1] != note.call_id]
            self._put_open(note.line, sorted([*held, (ends, note.call_id)])[-codec.MOST_OPEN :])

    def _open(self, line: str, now: float) -> list[tuple[float, str]]:
        found = self._cells.get(f"l:{line}", now)
        return [one for one in codec.unpack_open(found or b"") if one[0] > now]

    def _put_open(self, line: str, held: Sequence[tuple[float, str]]) -> None:
        if not held:
            self._cells.drop(f"l:{line}")
            return
        self._cells.put(f"l:{line}", codec.pack_open(held), max(ends for ends, _ in held))
