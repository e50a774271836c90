"""What several edges share, in a Redis or Valkey: a `SharedStore` of one round trip a call.

Two connections: one for calls, one for the feed and the blobs, so that a large answer delays no
call. Every key ends by itself. Only `ping` connects. One server holds all keys; Redis Cluster,
which spreads them, is not supported. Deadlines are left to `service.shared_guard`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from redis.exceptions import NoScriptError, ResponseError

from screener.core.shared import (
    EVENTS_KEPT,
    ChallengeEnded,
    Note,
    Posted,
    Question,
    Refund,
    SharedStanding,
    Spent,
    StandingChange,
    Told,
)
from screener.errors import SharedRefusedError, SharedStoreError
from screener.storage import redis_scripts as scripts
from screener.storage import shared_codec as codec
from screener.storage.redis_link import RedisLink

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from screener.core.shared import Deed
    from screener.storage.redis_place import RedisPlace

_Word = bytes | str | int

_REWIND_MS = 10_000
"""How much is told again after a lost connection: a server that took over may be behind so much."""

_PROBE_MS = 10_000
_PAGE = 500
_PLACE = (15, 10)
"""Digits of a place in the feed: milliseconds, and the number within one."""

_LOST = frozenset(("READONLY", "MASTERDOWN", "LOADING", "CLUSTERDOWN", "NOAUTH", "UNBLOCKED"))
"""What a server says that is of no use as long as this connection lasts."""

_HINTS = {
    "MOVED": "Redis Cluster is not supported: give one server, or Sentinels",
    "ASK": "Redis Cluster is not supported: give one server, or Sentinels",
    "OOM": "its memory is full (maxmemory)",
    "NOPERM": "its ACL does not allow this user what is needed (docs/sharing.md has the line)",
    "NOAUTH": "it wants a password",
    "READONLY": "it is a replica and takes no writes",
    "MISCONF": "it takes no writes, as it cannot save them to its disk",
    "NOREPLICAS": "it takes no writes, as too few replicas follow it",
    "BUSY": "a script keeps it busy",
    "WRONGTYPE": "a key of ours holds something else: give this site a prefix of its own",
}


class SharedRedis:
    """A `SharedStore` in a Redis or Valkey."""

    def __init__(self, place: RedisPlace, *, prefix: str) -> None:
        self._place = place
        self._prefix = prefix
        self._calls: RedisLink | None = None
        self._feed: RedisLink | None = None
        self._closed = False
        self._made = 0
        self._seen: dict[str, int] = {}

    async def consult(self, question: Question) -> Told:
        """See `SharedStore`."""
        call_id, caller, line, counters = question
        codec.checked_counters(counters)
        codec.checked_keys(call_id, caller, line)
        keys = [self._key("s", caller)] if caller else []
        if line:
            keys.append(self._key("l", line))
        keys += [self._key("c", counter.key) for counter in counters]
        words: list[_Word] = [call_id, b"1" if caller else b"", b"1" if line else b""]
        words += [codec.pack_windows(counter.windows) for counter in counters]
        found = await self._run(self._calls, scripts.CONSULT, keys, words)
        lengths = [len(counter.windows) for counter in counters]
        both = 8 * sum(lengths)
        now, open_challenges = codec.unpack_doubles(found[:16])
        standing = found[16 + 2 * both :]
        return Told(
            now,
            _split(codec.unpack_doubles(found[16 : 16 + both]), lengths),
            _split(codec.unpack_doubles(found[16 + both : 16 + 2 * both]), lengths),
            codec.unpack_standing(standing) if standing else None,
            int(open_challenges),
        )

    async def tell(self, deeds: Sequence[Deed]) -> None:
        """See `SharedStore`."""
        if len(deeds) > codec.MOST_DEEDS:
            raise SharedRefusedError(f"refused: more than {codec.MOST_DEEDS} deeds at once")
        keys: list[str] = []
        words: list[_Word] = []
        for deed in deeds:
            self._write(deed, keys, words)
        if words:
            await self._run(self._calls, scripts.TELL, keys, words)

    async def change(self, change: StandingChange) -> SharedStanding | None:
        """See `SharedStore`."""
        codec.checked_keys(change.caller)
        words: list[_Word] = [
            change.before,
            codec.event_mark(change.event_id),
            codec.pack_body(change.after),
            _milliseconds(change.ttl),
            EVENTS_KEPT,
        ]
        keys = [self._key("s", change.caller)]
        found = await self._run(self._calls, scripts.CHANGE, keys, words)
        return codec.unpack_standing(found) if found else None

    async def standing(self, caller: str) -> SharedStanding | None:
        """See `SharedStore`."""
        codec.checked_keys(caller)
        found = await self._ask(self._calls, "GET", self._key("s", caller))
        return None if found is None else codec.unpack_standing(found)

    async def claim(self, call_id: str) -> Note | None:
        """See `SharedStore`."""
        codec.checked_keys(call_id)
        found = await self._ask(self._calls, "GET", self._key("n", call_id))
        return None if found is None else codec.unpack_note(call_id, found)

    async def forget(self, caller: str, line: str, counters: Sequence[str]) -> None:
        """See `SharedStore`."""
        codec.checked_keys(caller, line, *counters)
        keys = [self._key("c", counter) for counter in counters]
        keys += [self._key("s", caller)] if caller else []
        keys += [self._key("l", line)] if line else []
        if keys:
            await self._ask(self._feed, "DEL", *keys)
        at: bytes | int = 0
        while caller:
            pattern = self._key("n", "*")
            at, notes = await self._ask(self._feed, "SCAN", at, "MATCH", pattern, "COUNT", _PAGE)
            if notes:
                await self._run(self._feed, scripts.FORGET_NOTES, notes, [caller])
            if int(at) == 0:
                return

    async def post(self, edge: str, kind: str, body: bytes, *, ttl: float) -> str:
        """See `SharedStore`."""
        codec.checked_keys(edge)
        codec.checked_size(body, codec.LARGEST_POST)
        key = self._key("f", codec.checked_kind(kind))
        words: list[_Word] = [edge, body, _milliseconds(ttl), codec.MOST_POSTED]
        return _place(await self._run(self._feed, scripts.POST, [key], words))

    async def since(self, kind: str, at: str, limit: int = 1000) -> Sequence[Posted]:
        """See `SharedStore`."""
        key = self._key("f", codec.checked_kind(kind))
        made = self._made
        start = _after(at, _REWIND_MS if self._seen.get(kind, made) != made else 0)
        found = await self._run(self._feed, scripts.SINCE, [key], [start, limit])
        self._seen[kind] = made
        thirds = zip(found[::3], found[1::3], found[2::3], strict=True)
        return [Posted(_place(where), edge.decode(), kind, body) for where, edge, body in thirds]

    async def keep(self, key: str, body: bytes, *, ttl: float) -> None:
        """See `SharedStore`."""
        codec.checked_keys(key)
        codec.checked_size(body, codec.LARGEST_KEPT)
        words: list[_Word] = [key, body, _milliseconds(ttl), codec.MOST_KEPT]
        if not await self._run(self._feed, scripts.KEEP, [self._key("k", "")], words):
            raise SharedRefusedError(f"refused: {codec.MOST_KEPT} blobs are kept already")

    async def kept(self, prefix: str) -> Mapping[str, bytes]:
        """See `SharedStore`."""
        codec.checked_keys(prefix)
        found = await self._run(self._feed, scripts.KEPT, [self._key("k", "")], [prefix])
        pairs = zip(found[::2], found[1::2], strict=True)
        return {key.decode(): body for key, body in pairs}

    async def ping(self) -> None:
        """See `SharedStore`; a server that takes no writes is of no use, so it is asked for one."""
        try:
            self._calls = await self._standing_link(self._calls)
            await self._ask(self._calls, "SET", self._key("p", ""), 1, "PX", _PROBE_MS)
            self._feed = await self._standing_link(self._feed)
        except BaseException:
            self._drop()
            raise

    async def close(self) -> None:
        """See `SharedStore`."""
        self._closed = True
        links = [link for link in (self._calls, self._feed) if link is not None]
        self._calls = self._feed = None
        for link in links:
            await link.close()

    async def _standing_link(self, link: RedisLink | None) -> RedisLink:
        if self._closed:
            raise SharedStoreError("the store is closed")
        if link is not None and link.is_up:
            return link
        self._made += 1
        return RedisLink(await self._place.connect())

    def _drop(self) -> None:
        """Connect anew at the next ping: the primary may be another by then."""
        for link in (self._calls, self._feed):
            if link is not None:
                link.abort("the connection was given up")

    async def _run(
        self,
        link: RedisLink | None,
        script: scripts.Script,
        keys: Sequence[_Word],
        words: Sequence[_Word],
    ) -> Any:  # noqa: ANN401 - what the script returns
        try:
            return await self._told(link, b"EVALSHA", script.digest, len(keys), *keys, *words)
        except NoScriptError:
            # Once after a restart or a failover; it is known from then on.
            return await self._ask(link, b"EVAL", script.text, len(keys), *keys, *words)

    async def _ask(self, link: RedisLink | None, *words: _Word) -> Any:  # noqa: ANN401 - as above
        try:
            return await self._told(link, *words)
        except NoScriptError as error:
            raise SharedStoreError("it does not take scripts") from error

    async def _told(self, link: RedisLink | None, *words: _Word) -> Any:  # noqa: ANN401 - as above
        if link is None:
            raise SharedStoreError("not connected")
        try:
            return await link.ask(*words)
        except NoScriptError:
            raise
        except ResponseError as error:
            # Of what it says the first word alone: the rest may quote what was asked.
            word = str(getattr(error, "status_code", "") or "") or str(error).split(" ", 1)[0]
            if word in _LOST:
                link.abort(_HINTS.get(word, word))
            raise SharedStoreError(f"it refuses: {_HINTS.get(word, word[:20])}") from error
        except SharedStoreError:
            raise
        except BaseException:
            if link is self._feed:
                link.abort("a large answer did not come in time")
            raise

    def _write(self, deed: Deed, keys: list[str], words: list[_Word]) -> None:
        match deed:
            case Refund():
                codec.checked_counters(deed.counters)
                for counter, seconds in zip(deed.counters, deed.seconds, strict=True):
                    codec.checked_moments(counter, seconds)
                    keys.append(self._key("c", counter.key))
                    words += [b"r", codec.pack_doubles(seconds)]
            case Spent():
                codec.checked_counters((deed.counter,))
                codec.checked_moments(deed.counter, deed.tats)
                keys.append(self._key("c", deed.counter.key))
                words += [
                    b"m",
                    codec.pack_windows(deed.counter.windows),
                    codec.pack_doubles(deed.tats),
                ]
            case Note():
                codec.checked_keys(*deed[:6])
                ttl = _milliseconds(deed.ttl)
                keys.append(self._key("n", deed.call_id))
                words += [b"n", codec.pack_note(deed), ttl]
                if deed.challenged and deed.line:
                    keys.append(self._key("l", deed.line))
                    words += [b"c", deed.call_id, ttl, codec.MOST_OPEN]
            case ChallengeEnded():
                codec.checked_keys(deed.call_id, deed.line)
                keys.append(self._key("l", deed.line))
                words += [b"e", deed.call_id]

    def _key(self, kind: str, name: str) -> str:
        return f"{self._prefix}:{kind}:{name}"


def _milliseconds(ttl: float) -> int:
    return math.ceil(codec.checked_ttl(ttl) * 1000)


def _split(values: Sequence[float], lengths: Sequence[int]) -> tuple[tuple[float, ...], ...]:
    parts, at = [], 0
    for length in lengths:
        parts.append(tuple(values[at : at + length]))
        at += length
    return tuple(parts)


def _place(entry: bytes) -> str:
    """Return an entry's id so that ids order as text."""
    milliseconds, number = entry.decode().split("-")
    return f"{milliseconds:0>{_PLACE[0]}}-{number:0>{_PLACE[1]}}"


def _after(at: str, rewind_ms: int) -> str:
    """Return where XRANGE goes on from a place."""
    if not at:
        return "-"
    milliseconds, _, number = at.partition("-")
    if not (milliseconds.isdecimal() and number.isdecimal()):
        raise SharedRefusedError("refused: no place of this feed")
    if rewind_ms:
        return str(max(int(milliseconds) - rewind_ms, 0))
    return f"({int(milliseconds)}-{int(number)}"
