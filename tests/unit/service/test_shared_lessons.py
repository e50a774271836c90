"""Changes of standings: made anew where another edge was quicker, kept where none can be told."""

import pytest

from screener.core.outcome import Event, Outcome
from screener.core.reputation import Standing
from screener.core.shared import SharedStanding, StandingChange
from screener.core.sharing import Known, read_standing, write_standing
from screener.errors import SharedStoreError
from screener.service.shared_edge import Edge
from screener.service.shared_lessons import MOST, Lesson, Lessons
from tests.builders import NOW
from tests.unit.service.shared_edges import FAILED, PASSED, Link, SharedEdge, Site

RULES = Site().edges[0].service.engine.settings.reputation
NAME = "caller-1"


class Scene:
    """Lessons of one edge, the store, and what was learned of callers known here."""

    def __init__(self) -> None:
        self.site = Site(0.0)
        self.edge: SharedEdge = self.site.edges[0]
        self.told: list[tuple[str, Standing]] = []
        link: Link = self.edge.link
        parts = self.edge.memory, lambda: self.edge.service.engine, self.edge.clock
        names = self.edge.sharing.calls._edge.names
        self.lessons = Lessons(Edge("a", link, names, *parts), lambda *one: self.told.append(one))

    def learn(self, event_id: str, outcome: Outcome | None, **more: object) -> None:
        self.lessons.add(Lesson(event_id, NAME, NOW, outcome, **more))  # type: ignore[arg-type]  # the test names real fields

    async def elsewhere(self, standing: Standing, cleared_at: float = 0.0) -> None:
        """Have another edge change the standing."""
        there = await self.site.store.standing(NAME)
        version = there.version if there else 0
        after = write_standing(Known(standing, cleared_at), version=version, ahead_s=0.0)
        change = StandingChange(NAME, version, after, f"other-{version}", 3_600.0)
        assert await self.site.store.change(change) is None

    async def known(self) -> Standing:
        there: SharedStanding | None = await self.site.store.standing(NAME)
        standing = read_standing(there, RULES, ahead_s=0.0, now=NOW).standing
        assert standing is not None
        return standing


async def test_of_a_stranger_it_is_what_this_edge_learned() -> None:
    scene = Scene()
    scene.learn("c1:failed", FAILED, own=Known(Standing(NOW, bad=1.0)))
    await scene.lessons.teach(0.0)
    assert (await scene.known()).bad == 1.0
    assert len(scene.lessons) == 0
    assert scene.told == []


async def test_where_another_edge_knew_more_it_is_added_to_that_and_known_here() -> None:
    scene = Scene()
    await scene.elsewhere(Standing(NOW, good=4.0, bad=1.0))
    own = Known(Standing(NOW, bad=1.0))
    scene.learn("c1:failed", FAILED, own=own, identity="+16515550142")
    await scene.lessons.teach(0.0)
    known = await scene.known()
    assert (known.good, known.bad) == (4.0, 2.0)
    assert known.blocked_until == NOW + RULES.block_for
    assert scene.told == [("+16515550142", known)]


async def test_told_twice_it_counts_once() -> None:
    scene = Scene()
    for _ in range(2):
        scene.learn("c1:failed", FAILED)
        await scene.lessons.teach(0.0)
    assert (await scene.known()).bad == 1.0


async def test_what_cannot_be_told_waits_in_its_order() -> None:
    scene = Scene()
    scene.edge.link.answers = False
    scene.learn("c1:failed", FAILED)
    scene.learn("c2:passed", PASSED)
    with pytest.raises(SharedStoreError):
        await scene.lessons.teach(0.0)
    assert len(scene.lessons) == 2
    scene.edge.link.answers = True
    await scene.lessons.teach(0.0)
    known = await scene.known()
    assert (known.bad, known.passed_at) == (0.0, NOW)


async def test_what_waits_is_added_to_what_is_read() -> None:
    scene = Scene()
    scene.learn("c1:failed", FAILED)
    scene.learn("c2:failed", FAILED)
    assert scene.lessons.waits(NAME)
    assert not scene.lessons.waits("caller-2")
    known = scene.lessons.added(NAME, Known())
    assert known.standing is not None
    assert known.standing.blocked_until > NOW


async def test_an_offer_gives_what_the_store_lacks_and_no_more() -> None:
    scene = Scene()
    await scene.elsewhere(Standing(NOW, good=4.0))
    own = Known(Standing(NOW, bad=2.0, blocked_until=NOW + RULES.block_for))
    scene.learn("offer", None, own=own)
    await scene.lessons.teach(0.0)
    known = await scene.known()
    assert (known.good, known.blocked_until) == (4.0, NOW + RULES.block_for)


async def test_an_offer_of_a_block_from_before_the_caller_was_cleared_is_none() -> None:
    scene = Scene()
    await scene.elsewhere(Standing(NOW, passed_at=NOW), NOW)
    own = Known(Standing(NOW, bad=2.0, blocked_until=NOW - 5.0 + RULES.block_for))
    scene.learn("offer", None, own=own)
    await scene.lessons.teach(0.0)
    assert (await scene.known()).blocked_until == 0.0


async def test_a_forgotten_caller_is_taught_nothing() -> None:
    scene = Scene()
    scene.learn("c1:failed", FAILED)
    scene.lessons.forget(NAME)
    await scene.lessons.teach(0.0)
    assert await scene.site.store.standing(NAME) is None


async def test_what_the_store_refuses_for_good_does_not_hold_up_the_rest() -> None:
    scene = Scene()
    scene.lessons.add(Lesson("c1:failed", "x" * 9_999, NOW, FAILED))
    scene.learn("c2:failed", FAILED)
    for _ in range(2):
        with pytest.raises(SharedStoreError):
            await scene.lessons.teach(0.0)
    await scene.lessons.teach(0.0)
    assert (await scene.known()).bad == 1.0
    assert scene.lessons.dropped == 1


async def test_no_more_wait_than_there_is_room_for() -> None:
    scene = Scene()
    for place in range(MOST + 3):
        scene.learn(f"c{place}", Outcome(Event.CHALLENGE_FAILED))
    assert len(scene.lessons) == MOST
    assert scene.lessons.dropped == 3
