"""The agent's side of a proxy: what it hears, what it writes, what it sheds and tells."""

from dataclasses import replace
from ipaddress import ip_network

from screener.config.options import FrontOptions
from screener.core.call import Load
from screener.core.decision import Decision
from screener.core.engine import Engine
from screener.core.lists import ListAction, ListSpec, parse_entry
from screener.core.number import NumberPlan
from screener.core.outcome import Event, Outcome
from screener.core.reputation import Standing
from screener.core.review import Review, trunk_entry
from screener.core.settings import AdmissionSettings, Mode, Settings
from screener.service.front import Front, new_front
from screener.service.front_mirror import MOST_TOUCHED, Write
from screener.service.reviewing import Changes, LetIn
from tests.builders import DAY, NOW, a_call, a_memory

PEST, OTHER, KNOWN = "+16515550100", "+16515550101", "+16515550102"
TRUNK = "trunk:carrier-a"
OPTIONS = FrontOptions(socket="/run/x", blocks=10, known=10)


class Site:
    """A front over an engine whose clock a test sets."""

    def __init__(self, cap: int = 0) -> None:
        self.now = NOW
        self.memory = a_memory()
        lists = (ListSpec("pest", ListAction.DENY, (PEST, "+4479*")),)
        settings = Settings(mode=Mode.ENFORCE, lists=lists, admission=AdmissionSettings(cap))
        self.engine = Engine(settings, self.memory)
        self.front = Front(
            OPTIONS, lambda: self.engine, self.memory, lambda load: load, lambda: self.now
        )

    async def writes(self) -> tuple[list[Write], list[Write]]:
        await self.front.look()
        return self.front.next_writes(50)


async def test_at_first_all_lists_are_written_and_then_nothing() -> None:
    site = Site()
    _, blocks = await site.writes()
    assert [(one.key, one.value) for one in blocks] == [("+4479*", 60302), (PEST, 60302)]
    assert await site.writes() == ([], [])
    assert site.front.lengths == "5"


async def test_a_person_s_word_is_heard_at_once() -> None:
    site = Site()
    await site.writes()
    allow = Review(1, ListAction.ALLOW, parse_entry(PEST, NumberPlan("US")))
    site.memory.reviews.put(allow)
    site.front.heed(Changes(1, "b", made=(allow,), let_in=(LetIn(PEST, "allow", NOW),)))
    known, blocks = await site.writes()
    assert blocks == [Write(PEST, None)]
    assert [one.key for one in known] == [PEST]
    site.memory.reviews.take_back(1)
    site.front.heed(Changes(2, "b", taken_back=(1,)))
    _, blocks = await site.writes()
    assert PEST in {one.key for one in blocks}


async def test_a_pause_opens_the_whole_front_and_its_end_closes_it() -> None:
    site = Site()
    await site.writes()
    site.memory.reviews.paused_until = NOW + 60
    assert await site.writes() == ([], [])
    assert site.front.to_open
    assert (len(site.front.blocks), site.front.lengths) == (0, "")
    site.front.to_open = False
    site.now = NOW + 61
    _, blocks = await site.writes()
    assert {one.key for one in blocks} == {PEST, "+4479*"}


async def test_outcomes_and_drops_are_looked_at_and_a_known_caller_is_let_through() -> None:
    site = Site()
    await site.writes()
    for days in (9, 2):
        site.engine.learn(KNOWN, Outcome(Event.ANSWERED, 60.0), at=NOW - days * DAY)
    site.engine.decide(a_call(KNOWN, call_id="c1"), Load())
    site.front.told("c1", Outcome(Event.ANSWERED, 60.0))
    site.front.told("nobody", Outcome(Event.ANSWERED, 60.0))
    known, _ = await site.writes()
    assert [one.key for one in known] == [KNOWN]
    site.front(site.engine.decide(a_call(PEST), Load()))
    assert site.front.blocks.waiting == 1


async def test_who_is_known_elsewhere_is_let_through_once_it_came_here() -> None:
    site = Site()
    await site.writes()
    standing = Standing(
        NOW, good=9.0, first_good=NOW - 9 * DAY, last_good=NOW - DAY, passed_at=NOW - DAY
    )
    site.engine.keep_standing(KNOWN, standing, NOW)  # as sharing does
    assert await site.writes() == ([], [])
    site.front(site.engine.decide(a_call(KNOWN), Load()))
    known, _ = await site.writes()
    assert [one.key for one in known] == [KNOWN]
    site.front(site.engine.decide(a_call(KNOWN), Load()))
    assert site.front.known.waiting == 0


async def test_who_was_learned_of_is_found_by_a_new_look() -> None:
    site = Site()
    await site.writes()
    for days in (9, 2):
        site.engine.learn(KNOWN, Outcome(Event.ANSWERED, 60.0), at=NOW - days * DAY)
    site.front.rescan()
    known, _ = await site.writes()
    assert [one.key for one in known] == [KNOWN]


async def test_a_proxy_that_lost_all_is_written_anew_under_another_name() -> None:
    site = Site()
    await site.writes()
    before = site.front.generation
    site.front.was_emptied()
    _, blocks = await site.writes()
    assert {one.key for one in blocks} == {PEST, "+4479*"}
    assert site.front.generation != before


def test_above_the_cap_a_share_is_shed_and_never_while_nobody_is_refused() -> None:
    site = Site(cap=10)
    site.front.second(0, 1.0)
    for place in range(100):
        site.engine.decide(a_call(f"+1612555{place:04}", call_id=f"c{place}"), Load())
    assert 800 < site.front.second(0, 1.0) <= 1_000
    site.memory.reviews.paused_until = NOW + 60
    assert site.front.second(50, 1.0) == 0


def test_what_came_while_the_proxy_was_away_is_no_rush() -> None:
    site = Site(cap=10)
    site.front.second(0, 1.0)
    for place in range(100):
        site.engine.decide(a_call(f"+1612555{place:04}", call_id=f"c{place}"), Load())
    site.front.begin_to_count()
    assert site.front.second(0, 0.0) == 0
    assert site.front.second(0, 1.0) == 0
    for place in range(80):
        site.engine.decide(a_call(f"+1612556{place:04}", call_id=f"d{place}"), Load())
    assert site.front.second(900, 10.0) > 0  # 8 calls a second came, and 90 were shed
    assert site.front.second(0, 10.0) < 1_000


async def test_slow_looks_are_no_rush() -> None:
    site = Site(cap=10)
    site.front.second(0, 1.0)
    for place in range(80):
        site.engine.decide(a_call(f"+1612556{place:04}", call_id=f"d{place}"), Load())
    assert site.front.second(0, 10.0) == 0


async def test_who_is_denied_no_more_does_not_wait_for_all_who_still_are() -> None:
    site = Site()
    numbers = [f"+1612555{place:04}" for place in range(9)]
    for place, number in enumerate(numbers, 1):
        review = Review(place, ListAction.DENY, parse_entry(number, NumberPlan("US")))
        site.memory.reviews.put(review)
    await site.writes()
    assert numbers[4] in site.front.blocks
    site.memory.reviews.take_back(5)
    site.front.heed(Changes(2, "b", taken_back=(5,)))
    await site.front.look()
    assert site.front.next_writes(1)[1] == [Write(numbers[4], None)]


async def test_a_person_is_heard_however_many_calls_wait() -> None:
    site = Site()
    await site.writes()
    for place in range(MOST_TOUCHED):
        site.front.blocks.touch(f"+1612{place:07}")
    allow = Review(1, ListAction.ALLOW, parse_entry(PEST, NumberPlan("US")))
    site.memory.reviews.put(allow)
    site.front.heed(Changes(1, "b", made=(allow,)))
    _, blocks = site.front.next_writes(MOST_TOUCHED + 9)
    assert Write(PEST, None) in blocks


async def test_an_erased_caller_stands_nowhere() -> None:
    site = Site()
    for days in (9, 2):
        site.engine.learn(KNOWN, Outcome(Event.ANSWERED, 60.0), at=NOW - days * DAY)
    site.front.rescan()
    known, _ = await site.writes()
    assert KNOWN in {one.key for one in known}
    site.front.counts.hit(KNOWN, 3)
    site.engine.forget(KNOWN)
    site.front.forget(KNOWN)
    known, _ = await site.writes()
    assert known == [Write(KNOWN, None)]
    assert (site.front.counts.leftovers(), site.front.erased) == ([], [KNOWN])


def test_rows_go_to_the_sinks_and_a_sink_that_fails_ends_nothing() -> None:
    site, told = Site(), list[Decision]()

    def broken(_decision: Decision) -> None:
        raise OSError

    site.front.sinks = (broken, told.append)
    site.front.counts.hit(PEST, 3)
    site.front.tell_rows()
    site.front.counts.hit(OTHER, 1)
    site.front.tell_all()
    reasons = [one.verdict.reasons for one in told]
    assert reasons == [("refused-in-front", "front-list"), ("refused-in-front", "front-ended")]


def test_the_status_tells_all_there_is() -> None:
    site = Site()
    site.front.counts.take({"2": 4, "shed": 2})
    told = site.front.snapshot()
    assert (told["state"], told["refused"]) == ("waiting", 6)
    assert (told["refused_list"], told["refused_shed"]) == (4, 2)


def test_without_a_socket_there_is_no_front() -> None:
    site = Site()
    made = new_front(
        FrontOptions(), lambda: site.engine, site.memory, lambda load: load, lambda: NOW
    )
    assert made is None


def denying_trunk(site: Site) -> None:
    review = Review(9, ListAction.DENY, trunk_entry("carrier-a"), NOW + 3_600.0)
    site.memory.reviews.put(review)
    site.front.heed(Changes(1, "b", made=(review,)))


def of_trunks(known: int = 10) -> Site:
    site = Site()
    trunks = {"carrier-a": (ip_network("192.0.2.7"),)}
    options = replace(OPTIONS, trunks=trunks, known=known)
    site.front = Front(
        options, lambda: site.engine, site.memory, lambda load: load, lambda: site.now
    )
    return site


def know(site: Site, *numbers: str) -> None:
    for number in numbers:
        for days in (9, 2):
            site.engine.learn(number, Outcome(Event.ANSWERED, 60.0), at=NOW - days * DAY)


async def test_a_denied_trunk_is_written_and_taken_back_at_once() -> None:
    site = of_trunks()
    assert site.front.trunks == {"192.0.2.7": "carrier-a"}
    await site.writes()
    denying_trunk(site)
    _, blocks = await site.writes()
    assert TRUNK in {one.key for one in blocks if one.value == 60306}
    assert site.front.snapshot()["trunks"] == 1
    site.memory.reviews.take_back(9)
    site.front.heed(Changes(2, "b", taken_back=(9,)))
    _, blocks = await site.writes()
    assert Write(TRUNK, None) in blocks
    assert site.front.snapshot()["trunks"] == 0


async def test_a_trunk_is_refused_only_once_all_who_are_known_stand_there() -> None:
    site = of_trunks()
    know(site, PEST[:-1] + "5", KNOWN, OTHER)
    denying_trunk(site)
    await site.front.look()
    while len(site.front.known) < 3:
        assert TRUNK not in site.front.blocks
        site.front.next_writes(1)
    site.front.next_writes(1)
    assert TRUNK in site.front.blocks
    site.front.was_emptied()
    await site.front.look()
    _, blocks = site.front.next_writes(2)
    assert TRUNK not in {one.key for one in blocks}


async def test_a_trunk_is_left_to_the_agent_where_not_all_who_are_known_find_a_place() -> None:
    site = of_trunks(known=2)
    know(site, PEST[:-1] + "5", KNOWN, OTHER)
    denying_trunk(site)
    await site.writes()
    _, blocks = await site.writes()
    assert site.front.known.left_out == 1
    assert TRUNK not in {one.key for one in blocks}
    assert site.front.snapshot()["trunks"] == 0


async def test_rows_of_a_trunk_and_of_too_many_keys_are_told() -> None:
    site = of_trunks()
    told: list[Decision] = []
    site.front.sinks = (told.append,)
    await site.writes()
    denying_trunk(site)
    await site.writes()
    site.front.counts.hit(TRUNK, 7)
    site.front.counts._sum = 3
    site.front.tell_all()
    assert [(one.call.trunk, one.verdict.reasons[1]) for one in told] == [
        ("carrier-a", "front-trunk"),
        ("", "front-several"),
    ]
