"""Several edges in one process over one store in memory, each with its own clock and link."""

from dataclasses import replace
from itertools import count

from screener.core.call import Facts
from screener.core.engine import Engine
from screener.core.outcome import Event, Outcome
from screener.core.settings import KeyField, LimitSpec, Mode, ReputationSettings, Settings, Window
from screener.service.screening import ScreeningService
from screener.service.shared_edge import Edge
from screener.service.shared_names import SharedNames
from screener.service.sharing import Sharing
from screener.service.tally import Tally
from screener.storage.shared_memory import SharedMemory
from tests.builders import NOW, HandClock, a_memory

NUMBER = "+16515550142"
PASSED, FAILED = Outcome(Event.CHALLENGE_PASSED), Outcome(Event.CHALLENGE_FAILED)
SERVED = Outcome(Event.ANSWERED, talk_s=90.0)
WINDOW = Window(3, 600.0)
LIMITED = Settings(
    mode=Mode.ENFORCE, limits=(LimitSpec("few", (KeyField.NUMBER,), (WINDOW,), 30.0),)
)


class Link(SharedMemory):
    """One edge's way to the store, which can be cut."""

    def __init__(self, store: SharedMemory) -> None:
        super().__init__(store._clock)
        self._cells, self._rules = store._cells, store._rules

    @property
    def available(self) -> bool:
        return self.answers

    @property
    def why(self) -> str:
        return "" if self.answers else "cut"


class SharedEdge:
    """One edge; `ahead_s` is how far its clock is from the world's."""

    def __init__(
        self, name: str, store: SharedMemory, world: HandClock, ahead_s: float, settings: Settings
    ) -> None:
        self._world, self._ahead_s = world, ahead_s
        self.link = Link(store)
        self.memory = a_memory()
        self.tally = Tally()
        self._ids = (f"{name}-{number}" for number in count())
        self.service = ScreeningService(
            Engine(settings, self.memory), self.clock, self.tally, new_id=lambda: next(self._ids)
        )
        names = SharedNames(lambda kind, text: f"{kind}/{text[::-1]}")
        edge = Edge(name, self.link, names, self.memory, lambda: self.service.engine, self.clock)
        self.sharing = Sharing(edge, self.service.unknown_outcome)
        self.service.sharing = self.sharing

    def clock(self) -> float:
        """Return the time as this edge has it."""
        return self._world.now + self._ahead_s

    async def call(self, number: str = NUMBER, **facts: str) -> dict[str, str]:
        """Let a number call; return what the dialplan is told."""
        told = Facts(number=number, presentation="allowed", **facts)
        asked = self.service.consult(told)
        consulted = None if asked is None else await asked
        answer = dict(self.service.screen(told, None, consulted))
        await self.tell()
        return answer

    async def is_let_in(self, number: str = NUMBER) -> bool:
        """Let a number call; return whether it was not refused."""
        return (await self.call(number))["SCREENER_VERDICT"] != "drop"

    async def report(self, call_id: str, outcome: Outcome) -> bool:
        """Tell what became of a call."""
        known = self.service.report(call_id, outcome)
        await self.tell()
        return known

    async def tell(self) -> None:
        """Tell the store what there is to tell, where it can be had."""
        if self.link.answers:
            await self.sharing.telling.tell()

    def cut(self) -> None:
        """Lose the store."""
        self.link.answers = False
        self.sharing.telling.turned(False, "cut")  # noqa: FBT003 - as the guard tells it

    async def mend(self) -> None:
        """Have the store again, and catch up."""
        self.link.answers = True
        self.sharing.telling.turned(True, "")  # noqa: FBT003 - as the guard tells it
        await self.tell()

    def is_blocked(self, number: str = NUMBER) -> bool:
        """Return whether this edge holds the number blocked, by its own tables."""
        standing = self.memory.callers.get(number)
        return standing is not None and standing.blocked_until > self.clock()


class Site:
    """Edges over one store; their clocks may differ by hours."""

    def __init__(self, *ahead_s: float, settings: Settings = LIMITED, **reputation: float) -> None:
        self.world = HandClock(NOW)
        self.store = SharedMemory(self.world)
        settings = replace(settings, reputation=replace(ReputationSettings(), **reputation))  # type: ignore[arg-type]  # the test names real fields
        self.edges = [
            SharedEdge(name, self.store, self.world, ahead, settings)
            for name, ahead in zip("abcdefgh", ahead_s or (0.0, 0.0, 0.0), strict=False)
        ]

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        self.world.now += seconds

    def lose_memory(self) -> None:
        """Have the store forget everything."""
        self.store._cells.held.clear()


async def failed_twice(edge: SharedEdge, number: str = NUMBER) -> None:
    """Have a number fail two challenges at an edge."""
    for _ in range(2):
        told = await edge.call(number)
        await edge.report(told["SCREENER_ID"], FAILED)


async def passed(edge: SharedEdge, number: str = NUMBER) -> None:
    """Have a number pass a challenge at an edge."""
    told = await edge.call(number)
    await edge.report(told["SCREENER_ID"], PASSED)
