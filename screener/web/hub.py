"""What all pages know of the running agent: one follower of it, however many watch.

Events are counted as they come; `status` is asked for once a second while somebody watches, and
now and then otherwise. Boards are ticked once a second. What pages make of it is theirs.
"""

import asyncio
import logging
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import NoReturn

from screener.adapters.control_follow import AgentFollower, ask_agent
from screener.core.incident import Ruled
from screener.core.settings import Action, Treatment
from screener.errors import ScreenerError
from screener.web.hub_board import Board, Render
from screener.web.hub_seconds import Column, Seconds
from screener.web.hub_status import AgentStatus, read_status, whole

log = logging.getLogger("screener.web")

TICK_S = 1.0
UNWATCHED_S = 5.0
"""Between two looks at the agent while somebody watches, and while nobody does."""

ASK_S = 2.0
"""How long the agent may take to tell its status."""

RATE_S = 10
LATENCY_S = 60
"""Seconds over which calls a second and the latency of verdicts are told."""

RECENT = 10
"""Calls that are told one by one."""

FRESH_S = 30.0
"""So long what a call told of the site counts, seconds."""

Described = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known at one moment; moments are seconds since 1970.

    `trouble` says why no agent is there, empty while one is; `since` is when that began. `status`
    is None while there is none. `last` are the calls of `RATE_S`, `minute` those of `LATENCY_S`;
    `waiting` and `channels` are None where nobody told them lately.
    """

    at: float
    trouble: str
    since: float
    status: AgentStatus | None
    last: Column
    minute: Column
    waiting: int | None
    channels: int | None
    recent: tuple[Described, ...]
    missed: int


class Hub:
    """The agent as the pages see it; `socket` returns the path of its control socket."""

    def __init__(
        self,
        socket: Callable[[], str],
        clock: Callable[[], float],
        *,
        rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.seconds = Seconds()
        self._socket = socket
        self._clock = clock
        self._rest = rest
        self._follower = AgentFollower(socket, self.took, self._changed, rest=rest)
        self._boards: dict[str, Board] = {}
        self._since = clock()
        self._status: AgentStatus | None = None
        self._silent = ""
        self._recent: deque[dict[str, object]] = deque(maxlen=RECENT)
        self._missed = 0
        self._told: dict[str, tuple[float, int]] = {}
        self._wanted = asyncio.Event()
        self._faults: dict[str, type[Exception]] = {}

    @property
    def trouble(self) -> str:
        """Return why no agent is there, empty while one is."""
        return self._follower.trouble or self._silent

    def snapshot(self) -> Snapshot:
        """Return what is known now."""
        now, status = self._clock(), None if self.trouble else self._status
        waiting = status.queue.waiting if status else None
        return Snapshot(
            now,
            self.trouble,
            self._since,
            status,
            self.seconds.last(now, RATE_S),
            self.seconds.last(now, LATENCY_S),
            self._lately("queue_waiting", now) if waiting is None else waiting,
            self._lately("channels_in_use", now),
            tuple(reversed(self._recent)),
            self._missed,
        )

    def columns(self, seconds: int) -> list[Column]:
        """Return the last ten minutes in columns of so many seconds, oldest first."""
        return self.seconds.columns(self._clock(), seconds)

    def board(self, name: str, render: Render) -> Board:
        """Return the board of that name; the first who asks says how it is rendered."""
        if name not in self._boards:
            self._boards[name] = Board(render)
        self._wanted.set()
        return self._boards[name]

    async def run(self) -> None:
        """Follow the agent and tick the boards until cancelled."""
        async with asyncio.TaskGroup() as group:
            for part in (self._follower.run, self._look, self._tick):
                group.create_task(self._forever(part))

    def close(self) -> None:
        """End all streams, so that a server can stop."""
        for board in self._boards.values():
            board.close()

    def took(self, event: Described) -> None:
        """Take one event of the agent."""
        now = self._clock()
        self.seconds.watched(now)
        lost = whole(event, "lost")
        if lost is not None:
            self._missed += lost
        elif "outcome" in event:
            for call in self._recent:
                if call.get("id") == event.get("id"):
                    call["outcome"] = event["outcome"]
        elif "verdict" in event:
            self._count(event, now)

    def _count(self, event: Described, now: float) -> None:
        would, latency_ms = event.get("would"), event.get("latency_ms")
        self.seconds.call(
            now,
            ruled_of(event),
            Action(str(would)) if would in set(Action) else Action.ADMIT,
            latency_ms / 1000.0 if isinstance(latency_ms, float | int) else 0.0,
        )
        self._recent.append({"outcome": "", **event})
        for name in ("queue_waiting", "channels_in_use"):
            count = whole(event, name)
            if count is not None:
                self._told[name] = now, count

    def _lately(self, name: str, now: float) -> int | None:
        at, count = self._told.get(name, (0.0, 0))
        return count if now - at <= FRESH_S else None

    def _changed(self) -> None:
        """Note that an agent came, or went."""
        self._since, self._status, self._silent = self._clock(), None, ""
        self._wanted.set()

    async def _look(self) -> NoReturn:
        while True:
            self._wanted.clear()
            if self._follower.is_there:
                await self._ask()
            is_watched = any(len(board) for board in self._boards.values())
            await self._pause(TICK_S if is_watched else UNWATCHED_S, woken=not is_watched)

    async def _pause(self, seconds: float, *, woken: bool) -> None:
        if not woken:
            await self._rest(seconds)
            return
        resting = asyncio.ensure_future(self._rest(seconds))
        wanted = asyncio.ensure_future(self._wanted.wait())
        try:
            await asyncio.wait((resting, wanted), return_when=asyncio.FIRST_COMPLETED)
        finally:
            resting.cancel()
            wanted.cancel()

    async def _ask(self) -> None:
        try:
            told = await ask_agent(self._socket(), {"op": "status"}, ASK_S)
        except ScreenerError as error:
            if not self._silent:
                self._since = self._clock()
            self._silent = str(error)
            return
        if self._silent:
            self._silent, self._since = "", self._clock()
        self._status = read_status(told)
        now = self._clock()
        gauge = self._status.gauge
        if gauge.waiting is None:
            gauge = replace(gauge, waiting=self._lately("queue_waiting", now))
        self.seconds.saw(now, replace(gauge, channels=self._lately("channels_in_use", now)))

    async def _tick(self) -> NoReturn:
        while True:
            if self._follower.is_there:
                self.seconds.watched(self._clock())
            for name, board in tuple(self._boards.items()):
                self._tick_one(name, board)
            await self._rest(TICK_S)

    def _tick_one(self, name: str, board: Board) -> None:
        """Tick a board; a fault of its page is told once, and costs the others nothing."""
        try:
            board.tick()
        except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
            if self._faults.get(name) is not type(error):
                self._faults[name] = type(error)
                _log_fault(error)

    async def _forever(self, part: Callable[[], Awaitable[object]]) -> NoReturn:
        """Do a part, and begin it anew after a fault of ours: the pages must go on."""
        while True:
            try:
                await part()
            except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
                _log_fault(error)
            await self._rest(TICK_S)


def _log_fault(error: Exception) -> None:
    # The stack without the message: a message may quote caller data.
    stack = "".join(traceback.format_tb(error.__traceback__))
    log.error("WEB-FAULT page=hub error=%s\n%s", type(error).__name__, stack)


def ruled_of(event: Described) -> Ruled:
    """Return what was done with a call, from its description."""
    action = event.get("verdict")
    if action == Action.DROP:
        return Ruled.BUSY if event.get("treatment") == Treatment.BUSY else Ruled.REFUSE
    return Ruled.CHALLENGE if action == Action.CHALLENGE else Ruled.ADMIT
