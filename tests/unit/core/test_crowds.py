"""Crowds of calls: what swells, what is learned, what a book tells of a call."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.core.call import Attestation, Call
from screener.core.crowd import KNOWN, NEW, Crowd
from screener.core.crowd_kinds import MOST_CROWDS
from screener.core.crowds import CROWDED, CrowdBook, CrowdMemory, CrowdView
from screener.core.settings import CrowdSettings, Site
from screener.storage.memory import SegmentedTable
from tests.builders import NOW
from tests.unit.core.engines import a_new

RULES = CrowdSettings()
SITE = Site(operators=56, channels=138, mean_service=177.0)
GAP_S = 4.0
"""Between two calls of people: 900 an hour."""
PARTS = (
    (KNOWN, Attestation.FULL, "pri-1"),
    (KNOWN, Attestation.NONE, "sip-a"),
    (NEW, Attestation.FULL, "pri-1"),
    (NEW, Attestation.FULL, "sip-a"),
    (NEW, Attestation.PARTIAL, "sip-a"),
)
FLOODED = (NEW, Attestation.NONE, "sip-a")


class Counted:
    """A book, and a clock that calls move on."""

    def __init__(
        self, rules: CrowdSettings = RULES, site: Site = SITE, prefixes: int = 1_000
    ) -> None:
        self.memory = CrowdMemory(SegmentedTable[Crowd](prefixes, 0), customers=20_000)
        self.book = CrowdBook(rules, site, self.memory)
        self.now = NOW
        self.calls = 0

    def call_of(self, part: tuple[str, Attestation, str], **changes: object) -> Call:
        self.calls += 1
        _, attestation, trunk = part
        return replace(
            a_new(self.calls, self.now, attestation=attestation, trunk=trunk),
            **changes,  # type: ignore[arg-type]  # the test names real fields
        )

    def look(
        self, part: tuple[str, Attestation, str], *, queueing: bool = False, **changes: object
    ) -> CrowdView:
        return self.book.look(self.call_of(part, **changes), part[0], queueing=queueing)

    def come(
        self,
        part: tuple[str, Attestation, str],
        gap: float,
        *,
        usual: bool = True,
        **changes: object,
    ) -> CrowdView:
        """Let one call come after so long."""
        self.now += gap
        call = self.call_of(part, **changes)
        view = self.book.look(call, part[0])
        self.book.count(call, view, usual=usual)
        return view

    def people(self, calls: int, gap: float = GAP_S, *, usual: bool = True) -> list[CrowdView]:
        """Let people come, of every crowd as many."""
        return [self.come(PARTS[place % len(PARTS)], gap, usual=usual) for place in range(calls)]

    def flood(
        self,
        calls: int,
        gap: float = 0.25,
        part: tuple[str, Attestation, str] = FLOODED,
        **changes: object,
    ) -> CrowdView:
        """Let an attack come of one crowd, with people among it; return the last that was said."""
        view = CrowdView("", "")
        for place in range(calls):
            view = self.come(part, gap, usual=False, **changes)
            if place % int(GAP_S / gap) == 0:
                self.come(PARTS[place // 16 % len(PARTS)], 0.0, usual=False)
        return view


@pytest.fixture(name="site")
def _site() -> Counted:
    site = Counted()
    site.people(1_500)
    return site


def test_on_a_usual_day_nobody_is_doubted(site: Counted) -> None:
    assert {view.points for view in site.people(500)} == {0.0}
    assert not site.look(FLOODED).alert


@pytest.mark.parametrize("times", [3.0, 10.0])
def test_a_rush_of_people_raises_no_points_of_anybody(site: Counted, times: float) -> None:
    views = site.people(2_000, GAP_S / times, usual=False)
    doubted = [view for view in views if view.points > 0.0]
    assert len(doubted) <= 0.02 * len(views)


def test_an_attack_swells_its_own_crowd_and_no_other(site: Counted) -> None:
    view = site.flood(400)
    assert view.points > 3.0
    assert view.alert
    for part in PARTS:
        other = site.look(part)
        assert (other.points, other.alert) == (0.0, True)


def test_a_crowd_of_people_that_an_attack_hides_in_is_doubted_less(site: Counted) -> None:
    own = site.flood(400).points
    shared = Counted()
    shared.people(1_500)
    assert 0.0 < shared.flood(400, part=PARTS[2]).points < own


@settings(max_examples=20)
@given(st.integers(0, 150), st.integers(1, 150))
def test_more_calls_of_one_crowd_never_lower_its_points(calls: int, more: int) -> None:
    points = []
    for came in (calls, calls + more):
        site = Counted()
        site.people(400)
        # All in the same time, so that nothing but their number differs.
        for _ in range(came):
            site.come(FLOODED, 60.0 / came, usual=False)
        site.now = NOW + 400 * GAP_S + 60.0
        fresh = CrowdBook(RULES, SITE, site.memory)
        points.append(fresh.look(site.call_of(FLOODED), NEW).points)
    assert points[0] <= points[1]


def test_what_an_attack_brings_is_not_learned_as_usual(site: Counted) -> None:
    key = site.look(FLOODED).key
    site.flood(40)
    early = site.memory.few[key].usual
    views = [site.flood(400, gap=1.0) for _ in range(5)]
    assert site.memory.few[key].usual <= early + 1.0
    assert min(view.points for view in views) > 3.0


def test_who_is_served_in_an_attack_teaches_a_little_and_on_a_calm_day_nothing_more(
    site: Counted,
) -> None:
    key = site.look(PARTS[2]).key
    before = site.memory.few[key].usual
    site.book.served(key, site.now)
    assert site.memory.few[key].usual == before
    site.flood(400)
    site.people(20, usual=False)
    before = site.memory.few[key].usual
    site.book.served(key, site.now)
    assert before < site.memory.few[key].usual < before + 1.0


def test_when_an_attack_is_over_its_crowd_is_clear_again(site: Counted) -> None:
    site.flood(400)
    site.people(150)
    assert site.look(FLOODED).points == 0.0
    site.people(500)
    assert not site.look(FLOODED).alert


def test_looking_leaves_no_trace(site: Counted) -> None:
    site.flood(100)
    call = site.call_of(FLOODED)
    first = site.book.look(call, NEW)
    for part in (*PARTS, FLOODED) * 20:
        site.look(part)
    assert site.book.look(call, NEW) == first


def test_without_learning_nobody_is_doubted_and_crowds_are_still_told() -> None:
    site = Counted(CrowdSettings(learn=False))
    site.people(300)
    view = site.flood(400)
    assert (view.points, view.alert, view.futile, view.held) == (0.0, False, False, False)
    assert view.key == Counted().look(FLOODED).key


def test_points_never_pass_their_bound() -> None:
    site = Counted(CrowdSettings(most=2.0))
    site.people(400)
    assert site.flood(400).points == 2.0


@settings(max_examples=25)
@given(st.lists(st.tuples(st.floats(-1e5, 1e5), st.sampled_from([*PARTS, FLOODED])), max_size=60))
def test_time_never_runs_back_whatever_the_clock_says(
    calls: list[tuple[float, tuple[str, Attestation, str]]],
) -> None:
    site = Counted()
    for gap, part in calls:
        view = site.come(part, gap)
        assert 0.0 <= view.points <= RULES.most
    crowds = [site.memory.all, *site.memory.few.values()]
    latest = max((NOW, *_moments(gap for gap, _ in calls)))
    for crowd in crowds:
        assert crowd.at <= latest
        assert 0.0 <= crowd.fast <= len(calls)
        assert crowd.usual <= len(calls)
    if calls:
        assert site.memory.all.at == max(_moments(gap for gap, _ in calls))


def _moments(gaps: Iterable[float]) -> list[float]:
    moments, now = [], NOW
    for gap in gaps:
        now += gap
        moments.append(now)
    return moments


def test_whatever_is_spoofed_the_crowds_are_bounded() -> None:
    site = Counted(prefixes=100)
    for place in range(1_500):
        site.come((NEW, Attestation.NONE, f"trunk-{place}"), 0.1, did=f"+1651{place:07d}")
    assert len(site.memory.few) <= MOST_CROWDS + 10
    assert len(site.memory.prefixes) <= 100
    assert site.people(50)[-1].who == PARTS[-1][0]


def test_many_called_numbers_hide_no_crowd() -> None:
    site = Counted()
    for place in range(2_500):
        part = PARTS[place % len(PARTS)]
        site.come(part, GAP_S, did=f"+1651539{place % 700:04d}")
    assert site.flood(400).points > 3.0
    assert site.look(PARTS[2]).points == 0.0


def test_new_numbers_of_a_swelling_prefix_are_a_crowd_of_their_own(site: Counted) -> None:
    neighbours = a_new(7, NOW).caller
    for _ in range(200):
        site.come(PARTS[2], 0.25, usual=False, caller=neighbours)
    assert site.look(PARTS[2], caller=neighbours).who == CROWDED
    assert site.look(PARTS[2]).who == NEW
    customer = site.book.look(site.call_of(PARTS[2], caller=neighbours), KNOWN)
    assert customer.who == KNOWN


def test_the_number_that_an_attack_calls_makes_its_calls_likelier_unwanted(site: Counted) -> None:
    site.people(500)
    for place in range(400):
        site.come(FLOODED, 0.25, usual=False, did="+16515392299")
        if place % 16 == 0:
            site.come(PARTS[place // 16 % len(PARTS)], 0.0, usual=False)
    attacked, other = (
        site.look(FLOODED, did=did).points for did in ("+16515392299", "+16515392200")
    )
    assert attacked > other


@pytest.mark.parametrize(("passes", "worthless"), [(False, False), (True, True)])
def test_a_pass_is_worth_what_this_attacks_machines_do_not(
    site: Counted, *, passes: bool, worthless: bool
) -> None:
    key = site.flood(400).key
    before = site.look(FLOODED).pass_worth
    for _ in range(200):
        site.book.challenged(key, passed=passes, now=site.now)
    after = site.look(FLOODED).pass_worth
    assert before > 3.0
    assert (after < 0.5) if worthless else (after > before)


@pytest.mark.parametrize(("again", "worthless"), [(False, False), (True, True)])
def test_a_call_after_busy_is_worth_what_this_attacks_machines_do_not(
    site: Counted, *, again: bool, worthless: bool
) -> None:
    key = site.flood(400).key
    before = site.look(FLOODED).return_worth
    for _ in range(200):
        site.book.busied(key, site.now)
        if again:
            site.book.returned(key, site.now)
    after = site.look(FLOODED).return_worth
    assert 1.0 < before < 4.0
    assert (after < 0.5) if worthless else (after > before)


def test_challenges_are_futile_once_more_pass_than_people_and_operators_explain(
    site: Counted,
) -> None:
    key = site.flood(800, gap=0.1).key
    assert not site.look(FLOODED).futile
    for place in range(400):
        site.book.challenged(key, passed=place % 2 == 0, now=site.now)
    assert site.look(FLOODED).futile
    assert not site.look(PARTS[2]).futile


def test_where_few_pass_challenges_are_not_futile(site: Counted) -> None:
    key = site.flood(800, gap=0.1).key
    for place in range(400):
        site.book.challenged(key, passed=place == 0, now=site.now)
    assert not site.look(FLOODED).futile


HOLDERS = ("withheld", Attestation.FULL, "pri-1")


def test_while_callers_queue_who_is_above_the_usual_share_may_hold_the_operators(
    site: Counted,
) -> None:
    for _ in range(20):
        site.come(HOLDERS, 8.0)
        site.people(5)
    assert site.look(HOLDERS, queueing=True).held
    assert not site.look(HOLDERS).held
    assert not site.look(PARTS[2], queueing=True).held


def test_a_known_caller_never_holds_the_operators() -> None:
    site = Counted()
    assert site.look(PARTS[2], queueing=True).held
    assert not site.look(PARTS[0], queueing=True).held


def test_a_queue_in_a_rush_of_people_is_nobodys_doing(site: Counted) -> None:
    site.people(1_500, GAP_S / 3.0, usual=False)
    assert not [part for part in PARTS if site.look(part, queueing=True).held]


def test_the_demand_is_told_once_a_call_was_looked_at() -> None:
    site = Counted()
    assert site.book.demand is None
    site.people(600)
    demand = site.book.demand
    assert demand is not None
    assert demand.slow.calls / RULES.slow == pytest.approx(1.0 / GAP_S, rel=0.4)
    assert demand.swollen == {}


def test_another_book_goes_on_with_the_same_memory(site: Counted) -> None:
    site.flood(400)
    call = site.call_of(FLOODED)
    successor = CrowdBook(RULES, SITE, site.memory)
    assert successor.look(call, NEW).points == pytest.approx(
        site.book.look(call, NEW).points, abs=0.3
    )
