import asyncio

import pytest

from screener.core.call import Load
from screener.core.decision import Decision
from screener.core.engine import Engine
from screener.core.lists import Entry, ListAction, parse_entry
from screener.core.number import NumberPlan
from screener.core.outcome import Event, Outcome
from screener.core.review import Review
from screener.core.settings import Action, Mode, Settings
from screener.errors import ScreenerError
from screener.service.reviewing import ALLOW, NOT_SPAM, SLICE, Changes, LetIn, Reviewing
from tests.builders import NOW, HandClock, a_call, a_memory

PLAN = NumberPlan("US")
ALICE, BOB = "+16515550142", "+16515550143"
ALLOWED, DENIED = ListAction.ALLOW, ListAction.DENY


def entry(text: str) -> Entry:
    return parse_entry(text, PLAN)


class Site:
    """An engine and its reviewing, with a kept book that a test writes by hand."""

    def __init__(self) -> None:
        self.memory = a_memory()
        self.engine = Engine(Settings(mode=Mode.ENFORCE), self.memory)
        self.clock, self.wall = HandClock(), HandClock()
        self.next = Changes(0, "book")
        self.asked: list[tuple[int, str]] = []
        self.reviewing = Reviewing(
            lambda: self.engine, self.memory.reviews, self._read, self.clock, self.wall
        )

    def _read(self, change: int, book: str) -> Changes:
        self.asked.append((change, book))
        if self.next.change < 0:
            raise ScreenerError("the disk is on fire")
        return self.next

    async def take(self, change: int, *made: Review, **more: object) -> dict[str, object]:
        self.next = Changes(change, "book", made, **more)  # type: ignore[arg-type]  # a test names real fields
        return await self.reviewing.refresh()

    def decide(self, number: str) -> Decision:
        return self.engine.assess(a_call(number, arrived_at=self.clock()), Load())

    def speaks(self, number: str) -> ListAction | None:
        hit = self.decide(number).list_hit
        return hit.action if hit is not None else None


@pytest.fixture
def site() -> Site:
    return Site()


async def test_a_review_is_in_force_once_refresh_has_returned(site: Site) -> None:
    await site.reviewing.start()
    told = await site.take(1, Review(1, DENIED, entry(ALICE)), Review(2, DENIED, entry("+44*")))
    assert (told["made"], told["taken_back"]) == (2, 0)
    assert site.speaks(ALICE) is DENIED
    assert site.speaks("+442079460018") is DENIED
    assert site.speaks(BOB) is None
    assert site.asked == [(0, ""), (0, "book")]


async def test_an_allow_beats_a_deny_until_it_is_taken_back(site: Site) -> None:
    await site.take(1, Review(1, DENIED, entry("+1651*")))
    await site.take(2, Review(2, ALLOWED, entry(ALICE)))
    assert site.decide(ALICE).verdict.reasons[0] == "always-allowed"
    assert site.speaks(BOB) is DENIED
    await site.take(3, taken_back=(2,))
    assert site.speaks(ALICE) is DENIED
    assert site.asked[-1] == (2, "book")


async def test_who_is_let_in_is_pardoned_at_once(site: Site) -> None:
    for number in (ALICE, BOB):
        for _ in range(40):
            site.engine.decide(a_call(number), Load())
        for _ in range(3):
            site.engine.learn(number, Outcome(Event.CHALLENGE_FAILED), at=NOW)
    before = site.decide(ALICE)
    assert {part.name.partition(":")[0] for part in before.verdict.score.signals} >= {"limit"}
    await site.take(1, Review(1, ALLOWED, entry(ALICE)), let_in=(LetIn(ALICE, ALLOW, NOW),))
    await site.take(2, taken_back=(1,))
    after = site.decide(ALICE)
    assert not any(part.name.startswith("limit:") for part in after.verdict.score.signals)
    standing = site.memory.callers.get(ALICE)
    assert standing is not None
    assert standing.bad == 0.0
    assert site.decide(BOB).verdict.score.would == before.verdict.score.would


async def test_not_spam_counts_as_a_passed_challenge(site: Site) -> None:
    site.clock.now += 50.0
    site.wall.now += 50.0
    await site.take(1, Review(1, ALLOWED, entry(ALICE)), let_in=(LetIn(ALICE, NOT_SPAM, NOW),))
    standing = site.memory.callers.get(ALICE)
    assert standing is not None
    assert standing.passed_at == NOW + 50.0


async def test_at_start_only_later_reviews_than_the_restored_state_pardon(site: Site) -> None:
    let_in = (LetIn(ALICE, NOT_SPAM, NOW - 10.0), LetIn(BOB, NOT_SPAM, NOW - 5.0))
    site.next = Changes(4, "book", let_in=let_in)
    await site.reviewing.start(pardon_after=NOW - 7.0)
    assert site.memory.callers.get(ALICE) is None
    assert site.memory.callers.get(BOB) is not None


async def test_a_start_without_a_restored_state_pardons_nobody(site: Site) -> None:
    site.next = Changes(4, "book", let_in=(LetIn(ALICE, NOT_SPAM, NOW),))
    await site.reviewing.start()
    assert site.memory.callers.get(ALICE) is None


async def test_a_pause_lets_every_call_in_and_ends_by_itself(site: Site) -> None:
    await site.take(1, Review(1, DENIED, entry(ALICE)), paused_until=NOW + 60.0)
    paused = site.decide(ALICE).verdict
    assert (paused.action, paused.reasons[0]) == (Action.ADMIT, "paused")
    assert site.reviewing.snapshot()["paused_until"] == NOW + 60.0
    site.clock.now += 60.0
    assert site.decide(ALICE).verdict.reasons[0] != "paused"
    assert site.reviewing.snapshot()["paused_until"] == 0.0
    site.clock.now -= 60.0
    await site.take(2, paused_until=0.0)
    assert site.decide(ALICE).verdict.reasons[0] != "paused"


async def test_times_hold_though_the_machine_s_clock_was_set(site: Site) -> None:
    site.wall.now += 7_200.0
    review = Review(1, DENIED, entry(ALICE), until=site.wall.now + 60.0)
    await site.take(1, review, paused_until=site.wall.now + 30.0)
    assert site.memory.reviews.paused_until == NOW + 30.0
    site.clock.now += 59.0
    assert site.speaks(ALICE) is DENIED
    site.clock.now += 1.0
    assert site.speaks(ALICE) is None


async def test_another_book_takes_the_place_of_all_that_was_held(site: Site) -> None:
    await site.take(7, Review(1, DENIED, entry(ALICE)), Review(2, DENIED, entry("+44*")))
    site.next = Changes(1, "restored", (Review(1, DENIED, entry(BOB)),))
    await site.reviewing.refresh()
    assert site.speaks(ALICE) is None
    assert site.speaks("+442079460018") is None
    assert site.speaks(BOB) is DENIED


async def test_an_older_copy_of_the_book_does_too(site: Site) -> None:
    await site.take(7, Review(1, DENIED, entry(ALICE)), Review(2, DENIED, entry(BOB)))
    await site.take(3, Review(1, DENIED, entry(ALICE)))
    assert (site.speaks(ALICE), site.speaks(BOB)) == (DENIED, None)


async def test_what_cannot_be_read_is_told_and_changes_nothing(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    await site.take(1, Review(1, DENIED, entry(ALICE)))
    site.next = Changes(-1, "book")
    with pytest.raises(ScreenerError, match="on fire"):
        await site.reviewing.refresh()
    assert site.speaks(ALICE) is DENIED
    await site.reviewing.start()
    assert "REVIEWS-TROUBLE" in caplog.text
    await site.take(2, Review(2, DENIED, entry(BOB)))
    assert site.speaks(BOB) is DENIED


async def test_reviews_that_could_not_be_opened_are_counted(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "screener.reviews"):
        await site.take(1, unread=3, witness="9:ab")
    assert site.reviewing.snapshot()["unread"] == 3
    assert "REVIEWS made=0 taken_back=0 unread=3 held=0 audit=9:ab" in caplog.text


async def test_a_long_list_leaves_room_for_calls(site: Site) -> None:
    many = tuple(Review(n, DENIED, entry(f"+1651555{n:04d}")) for n in range(1, 10 * SLICE + 1))
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.get_running_loop().create_task(others())
    await site.take(1, *many)
    assert turns >= 10
    before = turns
    await site.take(2, taken_back=tuple(range(1, 10 * SLICE + 1)))
    assert turns >= before + 10
    task.cancel()
    assert len(site.memory.reviews) == 0


async def test_two_refreshes_at_once_take_each_change_once(site: Site) -> None:
    site.next = Changes(1, "book", (Review(1, DENIED, entry(ALICE)),))
    await asyncio.gather(site.reviewing.refresh(), site.reviewing.refresh())
    assert site.asked == [(0, ""), (1, "book")]
    assert len(site.memory.reviews) == 1
