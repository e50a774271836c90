import pytest

from screener.core.call import Load
from screener.core.crowd import Crowd
from screener.core.engine import Engine
from screener.core.settings import Settings
from screener.core.usual import QUARTER_S
from screener.service.shared_crowds import KIND, PREFIX_KIND, SharedCrowds
from screener.service.shared_feed import FEED_TTL_S, SharedFeed
from screener.storage.shared_memory import SharedMemory
from screener.storage.shared_seal import BodySealer
from tests.builders import NOW, HandClock, a_call, a_memory
from tests.unit.service.sharing_edges import SECRET

BEGIN = NOW - NOW % QUARTER_S


class Edge:
    """One edge's engine and its part in the sharing of counts."""

    def __init__(self, name: str, store: SharedMemory, clock: HandClock) -> None:
        self.name, self.clock = name, clock
        self.memory = a_memory()
        self.engine = Engine(Settings(), self.memory)
        self.runs = 0
        self.begin(store)

    def begin(self, store: SharedMemory, as_of: float = 0.0) -> None:
        self.runs += 1
        sealer = BodySealer(SECRET)
        self.feed = SharedFeed(store, sealer, self.name, KIND)
        self.sharing = SharedCrowds(
            self.feed,
            SharedFeed(store, sealer, self.name, PREFIX_KIND),
            lambda: self.engine,
            self.memory,
            self.clock,
            teller=f"{self.name} {self.runs}",
            as_of=as_of,
        )

    def came(self, number: int = 0) -> None:
        call = a_call(f"+1651{number * 37 % 1_000:03}{number:04}", arrived_at=self.clock())
        self.engine.decide(call, Load())

    def of_new(self) -> Crowd:
        """Return the crowd of new callers as of now."""
        crowd = self.memory.crowds.few.setdefault("wnew", Crowd(self.clock()))
        crowd.fade(self.engine.crowds._fading, self.clock())
        return crowd

    def prefixes(self) -> dict[str, float]:
        """Return how many calls of each prefix there were lately."""
        found = {}
        for key, crowd in self.memory.crowds.prefixes.entries(protected=False).items():
            crowd.fade(self.engine.crowds._fading, self.clock())
            found[key] = round(crowd.slow, 3)
        return found


@pytest.fixture
def clock() -> HandClock:
    return HandClock(BEGIN)


@pytest.fixture
def store(clock: HandClock) -> SharedMemory:
    return SharedMemory(clock)


@pytest.fixture
def three(store: SharedMemory, clock: HandClock) -> list[Edge]:
    return [Edge(name, store, clock) for name in ("east", "north", "west")]


async def seconds(count: int, several: list[Edge], calls: int = 0) -> None:
    """Let time pass; each second so many calls come, by turns, and every edge tells."""
    for place in range(count):
        several[0].clock.now += 1.0
        for one in range(calls):
            several[(place + one) % len(several)].came(place * 10 + one)
        for edge in several:
            await edge.sharing.step()


async def test_after_a_second_or_two_every_edge_holds_the_calls_of_all(three: list[Edge]) -> None:
    await seconds(1, three)
    await seconds(20, three, calls=2)
    await seconds(1, three)
    alone = Edge("alone", SharedMemory(HandClock(BEGIN)), HandClock(BEGIN + 1.0))
    for place in range(20):
        alone.clock.now += 1.0
        for one in range(2):
            alone.came(place * 10 + one)
    alone.clock.now += 1.0
    expected = alone.of_new()
    for edge in three:
        found = edge.of_new()
        assert (found.fast, found.slow) == pytest.approx((expected.fast, expected.slow), rel=1e-6)
        assert edge.prefixes() == alone.prefixes()
        assert edge.memory.usual.came == 40
        now = edge.clock()
        assert edge.engine.gauge.arrivals(now) == pytest.approx(
            alone.engine.gauge.arrivals(now), rel=1e-6
        )


async def test_without_the_store_each_counts_alone_and_then_nothing_twice(
    three: list[Edge], store: SharedMemory
) -> None:
    await seconds(5, three, calls=1)
    store.answers = False
    await seconds(30, three, calls=3)
    assert max(edge.memory.usual.came for edge in three) < 50
    store.answers = True
    await seconds(3, three)
    assert [edge.memory.usual.came for edge in three] == [95] * 3
    counts = [edge.of_new().slow for edge in three]
    assert counts == pytest.approx([counts[0]] * 3, rel=1e-6)
    assert 85.0 < counts[0] < 95.0


async def test_what_arrived_and_was_told_again_counts_once(
    three: list[Edge], store: SharedMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    east, north, _ = three
    await seconds(2, three)
    post = store.post

    async def lose_the_answer(edge: str, kind: str, body: bytes, *, ttl: float) -> str:
        await post(edge, kind, body, ttl=ttl)
        store.answers = False
        return await post(edge, kind, body, ttl=ttl)

    monkeypatch.setattr(store, "post", lose_the_answer)
    east.clock.now += 1.0
    east.came()
    await east.sharing.step()
    monkeypatch.undo()
    store.answers = True
    await seconds(3, three)
    assert north.memory.usual.came == 1
    assert len(await store.since(KIND, "", 100)) >= 2


async def test_a_reader_that_gets_the_feed_again_counts_nothing_twice(
    three: list[Edge],
) -> None:
    _, north, _ = three
    await seconds(5, three, calls=1)
    north.feed._at = ""
    await seconds(2, three)
    assert north.memory.usual.came == 5


async def test_an_edge_that_joins_goes_on_from_what_the_others_know(
    three: list[Edge], store: SharedMemory, clock: HandClock
) -> None:
    for number in range(60):
        three[0].clock.now += 29.0
        three[number % 3].came(number)
        await seconds(1, three)
    three[0].clock.now += 300.0
    await seconds(1, three)
    south = Edge("south", store, clock)
    await seconds(3, [*three, south], calls=1)
    await seconds(1, [*three, south])
    assert south.sharing.joined in {"east", "north", "west"}
    usual = [edge.of_new().usual for edge in (*three, south)]
    assert usual[0] > 50.0
    assert usual == pytest.approx([usual[0]] * 4, rel=0.02)
    assert south.prefixes().keys() == three[0].prefixes().keys()
    assert south.memory.usual.came == three[0].memory.usual.came


async def test_a_restarted_edge_with_an_old_memory_goes_on_with_the_others(
    three: list[Edge], store: SharedMemory
) -> None:
    east, north, _ = three
    await seconds(40, three, calls=1)
    east.memory.crowds.few.clear()  # as a snapshot of before
    await seconds(40, three[1:], calls=1)
    east.begin(store, as_of=east.clock() - 60.0)
    east.engine = Engine(Settings(), east.memory)
    await seconds(3, three)
    assert east.of_new().slow == pytest.approx(north.of_new().slow, rel=0.02)


async def test_an_edge_that_knows_most_keeps_its_own_memory(
    store: SharedMemory, clock: HandClock
) -> None:
    old, young = Edge("old", SharedMemory(clock), clock), Edge("young", store, clock)
    for number in range(100):
        clock.now += 30.0
        old.came(number)
    await seconds(3, [young], calls=1)
    before = old.of_new().usual
    old.begin(store, as_of=clock())
    await seconds(2, [old, young])
    assert old.sharing.joined == ""
    assert old.of_new().usual >= before - 1.0


async def test_away_for_longer_than_the_feed_lasts_it_takes_over_and_adds_its_own(
    three: list[Edge],
) -> None:
    east, north, west = three
    await seconds(3, three, calls=1)
    known = east.of_new().usual
    for place in range(int(FEED_TTL_S) // 30 + 2):  # east is cut off, both sides count
        east.clock.now += 10.0
        for number, edge in enumerate(three):
            east.clock.now += 10.0
            edge.came(place * 3 + number)
        for edge in (north, west):
            await edge.sharing.step()
    taught = west.of_new().usual
    alone = east.of_new().usual
    await seconds(3, three)
    assert east.sharing.joined in {"north", "west"}
    found = [edge.of_new().usual for edge in three]
    assert found == pytest.approx([found[0]] * 3, abs=1e-3)
    assert found[0] == pytest.approx(taught + alone - known, abs=0.1)


async def test_nothing_of_a_number_stands_in_the_store(
    three: list[Edge], store: SharedMemory
) -> None:
    await seconds(40, three, calls=2)
    await three[0].sharing.close()
    bodies = [one.body for one in await store.since(KIND, "", 1_000)]
    bodies += (await store.kept("")).values()
    assert len(bodies) > 40
    assert not any(b"1651555" in body or b"trunk" in body for body in bodies)
    assert max(map(len, bodies)) < 10_000


async def test_what_is_no_count_is_left_out_and_told(
    three: list[Edge], store: SharedMemory, caplog: pytest.LogCaptureFixture
) -> None:
    east, north, _ = three
    sealer = BodySealer(SECRET)
    nonsense: tuple[object, ...] = ({"v": 1}, [], {"v": 1, "teller": "x", "number": "1"})
    for told in nonsense:
        await store.post("east", KIND, sealer.seal(KIND, "east", told), ttl=60.0)
    await seconds(2, three, calls=1)
    assert north.sharing.snapshot()["refused"] == 3
    assert north.memory.usual.came == 2
    assert "SHARED-REFUSED" in caplog.text
    assert east.sharing.snapshot()["told"] == 1
