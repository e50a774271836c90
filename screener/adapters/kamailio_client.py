"""Keeps a Kamailio in front in line with the agent: writes, counts, and comes back by itself.

Nothing here raises into the agent or makes it wait. What is written ends in Kamailio by itself,
so that a lost link opens the way again, and never shuts it. What to write, and what the counts
mean, is left to `service.front`; the sample `asterisk/kamailio.cfg` has the other side.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import NoReturn

from screener.adapters.kamailio_link import KamailioLink
from screener.config.options import FrontOptions
from screener.errors import RemoteProtocolError, ScreenerError
from screener.protocol.kamailio_rpc import (
    ABSENT,
    Reply,
    Request,
    Value,
    drop,
    dump,
    flush,
    item_of,
    items_of,
    look,
    put,
    renew,
)
from screener.service.front import Front
from screener.service.front_counts import RINGS, SHED
from screener.service.front_mirror import Write

log = logging.getLogger("screener.front")

BLOCKS, KNOWN, FRONT = "screener_blocks", "screener_known", "screener_front"
COUNTS, TRUNKS = "screener_counts", "screener_trunks"
RECENT = tuple(f"screener_recent{ring}" for ring in range(RINGS))

STEP_S = 0.1
"""Between two looks at what is to be written: an allow is in front within that and a little."""

POLL_S = 1.0
"""Between two looks at the counts, and two shares to shed."""

PAUSE_S = 4.0
"""The longest pause before a new attempt."""

_SHED_TTL_S = 3
_KEPT_S = 30 * 86_400
_NAMES_AGAIN_S = 86_400.0
"""After so long Kamailio is told again which addresses are which trunk's."""
_LENGTHS_S = 600
_AT_ONCE = 16
"""Keys judged and written between two looks at the event loop (2 ms)."""


class KamailioClient:
    """Serves one Kamailio until cancelled."""

    def __init__(
        self,
        options: FrontOptions,
        front: Front,
        *,
        rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._path = options.socket
        self._front = front
        self._most = max(int(options.writes_per_second * STEP_S), 1)
        self._rest = rest
        self._chance = chance
        self._failures = 0
        self._lengths = ""
        self._named_at = 0.0

    async def run(self) -> None:
        """Serve, and after any fault begin anew; ends by cancelling only."""
        try:
            while True:
                self._down(await self._serve_until_fault())
                await self._rest(self._pause())
        finally:
            self._front.tell_all()

    async def _serve_until_fault(self) -> str:
        try:
            with KamailioLink(self._path) as link:
                await self._serve(link)
        except TimeoutError:
            return "Kamailio did not answer in time"
        except ScreenerError as error:
            return str(error)
        except OSError as error:
            return error.strerror or type(error).__name__
        except Exception as error:  # noqa: BLE001 - whatever it is, calls go on and so must this
            return f"a fault of ours ({type(error).__name__})"

    async def _serve(self, link: KamailioLink) -> NoReturn:
        self._front.begin_to_count()
        await self._begin(link)
        now = asyncio.get_running_loop().time
        await self._poll(link, 0.0)
        polled = now()
        while True:
            await self._front.look()
            await self._write(link)
            if (since := now() - polled) >= POLL_S:
                polled = now()
                await self._poll(link, since)
            await self._rest(STEP_S)

    async def _begin(self, link: KamailioLink) -> None:
        """Find out what Kamailio holds; where that is not what this run wrote, begin anew."""
        front = self._front
        taken = item_of(await link.ask(look(FRONT, "taken")))
        if item_of(await link.ask(look(FRONT, "generation"))) != front.generation:
            front.counts.begin(str(taken or ""))
            front.was_emptied()
            # Who was let through stays so for its hour: it harms none, and nobody who is known is
            # shed until all are written again.
            await _done(link, [flush(BLOCKS)])
            await self._name_trunks(link)
            await _done(link, [put(FRONT, "generation", front.generation, _KEPT_S)])
        self._lengths = ""
        self._failures = 0
        if front.state != "up":
            log.info("FRONT-UP %s", self._path)
        front.state, front.why = "up", ""

    async def _name_trunks(self, link: KamailioLink) -> None:
        """Say which addresses are which trunk's; a site without any may have no such table."""
        self._named_at = asyncio.get_running_loop().time()
        if trunks := self._front.trunks:
            told = [put(TRUNKS, address, name, _KEPT_S) for address, name in trunks.items()]
            await _done(link, [flush(TRUNKS), *told])

    async def _write(self, link: KamailioLink) -> None:
        front = self._front
        if front.to_open:
            await _done(link, [flush(BLOCKS), drop(FRONT, "shed")])
            front.to_open = False
        if (lengths := front.lengths) != self._lengths:
            await _done(link, [_text("lengths", lengths)])
            self._lengths = lengths
        while front.erased:
            gone = [drop(table, front.erased[0]) for table in (KNOWN, BLOCKS)]
            # A note may hold its number; those not read yet are told as a sum.
            noted = map(flush, RECENT) if front.counts.noting else ()
            await _done(link, [*gone, *noted])
            del front.erased[0]
        for _ in range(0, self._most, _AT_ONCE):
            known, blocks = front.next_writes(_AT_ONCE)
            requests = [_request(KNOWN, write) for write in known]
            requests += [_request(BLOCKS, write) for write in blocks]
            try:
                await _done(link, requests)
            except BaseException:
                # A deletion that was lost would keep out who was let in.
                front.known.unsure(known)
                front.blocks.unsure(blocks)
                raise
            if not front.blocks.waiting and not front.known.waiting:
                return
            await asyncio.sleep(0)  # calls come first

    async def _poll(self, link: KamailioLink, since_s: float) -> None:
        front = self._front
        held, counts = await link.ask_all([look(FRONT, "generation"), dump(COUNTS)])
        if item_of(held) != front.generation:
            log.warning("FRONT-ANEW Kamailio holds nothing of this run: all is written again")
            await self._begin(link)
            return
        new = front.counts.take(items_of(counts))
        shed = new.pop(SHED, 0)
        await self._attribute(link)
        share = front.second(shed, since_s)
        told = [put(FRONT, "shed", share, _SHED_TTL_S)] if share else [drop(FRONT, "shed")]
        if front.counts.taken:
            told.append(put(FRONT, "taken", front.counts.taken, _KEPT_S))
        # Renewed and never written here: who was emptied meanwhile must not look as if it were not.
        told.append(renew(FRONT, "generation", _KEPT_S))
        if self._lengths:
            told.append(_text("lengths", self._lengths))
        await _done(link, told)
        if asyncio.get_running_loop().time() - self._named_at > _NAMES_AGAIN_S:
            await self._name_trunks(link)
        front.tell_rows()

    async def _attribute(self, link: KamailioLink) -> None:
        """Ask for the notes of what was refused since."""
        counts, erased = self._front.counts, self._front.erased
        notes: list[Value] = []
        for ring in counts.rings():  # one by one: several would not fit into a socket's buffer
            notes += items_of(await link.ask(dump(RECENT[ring]))).values()
        counts.attribute(notes, erased)

    def _pause(self) -> float:
        """Return how long to wait, seconds: 1, then up to 2 and 4, spread by chance."""
        longest = min(2.0 ** min(self._failures, 10), PAUSE_S)
        self._failures += 1
        return max(longest * (0.5 + 0.5 * self._chance()), 1.0)

    def _down(self, why: str) -> None:
        front = self._front
        if front.why != why:
            log.warning(
                "FRONT-DOWN %s: %s; what stands in Kamailio ends by itself", self._path, why
            )
        front.state, front.why = "down", why


def _request(table: str, write: Write) -> Request:
    if write.value is None:
        return drop(table, write.key)
    return put(table, write.key, write.value, write.ttl_s)


def _text(name: str, text: Value) -> Request:
    return put(FRONT, name, text, _LENGTHS_S) if text else drop(FRONT, name)


async def _done(link: KamailioLink, requests: list[Request]) -> list[Reply]:
    """Ask and see that nothing was refused but the deletion of what is gone."""
    replies = await link.ask_all(requests)
    for request, reply in zip(requests, replies, strict=True):
        if reply.code and not (request.method == "htable.delete" and reply.code in ABSENT):
            raise RemoteProtocolError(f"Kamailio refuses {request.method}: {reply.message}")
    return replies
