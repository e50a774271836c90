import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.number import CallerClass, NumberPlan
from screener.sim.chance import chances
from screener.sim.model import CenterSite
from screener.sim.numbers import (
    SPELLINGS,
    WIDE_AREA_CODES,
    NumberSpace,
    SiteNumbers,
    customers_of,
    foreign,
    neighbour,
    spell,
    spellings_of,
    unallocated,
)

PLAN = NumberPlan("US")
SITE = CenterSite("bank", 56, 138, (980.0,) * 10)


@given(st.integers(0, 10**9), st.integers(0, 50), st.sampled_from(SPELLINGS))
def test_every_number_of_a_space_is_valid_and_the_same_however_it_is_spelt(
    index: int, seed: int, spelling: str
) -> None:
    number = NumberSpace(WIDE_AREA_CODES, seed).number(index)

    read = PLAN.read(spell(number, spelling))

    assert read.kind is CallerClass.VALID
    assert read.identity == number


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_no_two_places_of_a_space_have_the_same_number(seed: int) -> None:
    space = NumberSpace(("612",), seed)

    assert len({space.number(index) for index in range(50_000)}) == 50_000


def test_every_area_code_of_the_wide_world_is_in_use_and_stands_once() -> None:
    assert len(set(WIDE_AREA_CODES)) == len(WIDE_AREA_CODES)
    assert {PLAN.read(f"+1{code}2345678").kind for code in WIDE_AREA_CODES} == {CallerClass.VALID}


def test_customers_switchboards_relays_and_strangers_share_no_number() -> None:
    numbers = SiteNumbers(SITE, 1)
    groups = [
        {numbers.customer(index) for index in range(numbers.customers)},
        {numbers.switchboard(index) for index in range(SITE.people.switchboards)},
        {numbers.relay(index) for index in range(SiteNumbers.RELAYS)},
        {numbers.stranger(index) for index in range(10_000)},
    ]

    assert len(set.union(*groups)) == sum(map(len, groups))


def test_a_site_has_as_many_customers_as_make_their_share_of_its_calls() -> None:
    monthly = 30 * 10 * 980 * SITE.people.known_share

    assert customers_of(SITE) == pytest.approx(monthly / SITE.people.calls_a_month, abs=1)


@given(st.integers(0, 2**32))
def test_an_unallocated_number_is_one_that_nobody_can_have(seed: int) -> None:
    assert PLAN.read(unallocated(chances(seed))).kind is CallerClass.UNALLOCATED


@given(st.integers(0, 2**32), st.sampled_from(SPELLINGS))
def test_a_foreign_number_is_one_of_another_country_and_keeps_its_country_code(
    seed: int, spelling: str
) -> None:
    number = foreign(chances(seed))

    assert PLAN.read(number).kind is CallerClass.FOREIGN
    assert spell(number, spelling).removeprefix("+") == number[1:]


@given(st.integers(1, 40), st.integers(0, 100_000))
def test_neighbours_are_valid_and_never_of_the_sites_own_prefix(pool: int, index: int) -> None:
    number = neighbour(SITE, pool, index)

    assert PLAN.read(number).kind is CallerClass.VALID
    assert number[:5] == SITE.dids[0][:5]
    assert number[:8] != SITE.dids[0][:8]


def test_neighbours_come_from_as_many_prefixes_as_the_pool_says_and_hardly_repeat() -> None:
    numbers = [neighbour(SITE, 5, index) for index in range(5000)]

    assert len({number[:8] for number in numbers}) == 5
    assert len(set(numbers)) > 4000


def test_the_trunks_of_a_site_spell_in_turn() -> None:
    assert set(spellings_of(SITE).values()) == set(SPELLINGS)
    assert spell("+16125550100", "e164") == "+16125550100"
    assert spell("+16125550100", "national") == "6125550100"
    assert spell("+16125550100", "bare") == "16125550100"
    assert spell("", "bare") == ""
