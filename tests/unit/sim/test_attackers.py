from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.call import Facts
from screener.core.number import CallerClass, NumberPlan
from screener.sim.attackers import NAMES, PRESSES, AttackSource, Bot, wave_moments
from screener.sim.chance import chances
from screener.sim.model import (
    Attack,
    CenterSite,
    End,
    Lognormal,
    Numbers,
    Pressed,
    Redial,
    Scenario,
    Solving,
    Wave,
)
from screener.sim.numbers import SiteNumbers

SITE = CenterSite("bank", 56, 138, (980.0,) * 10)
PLAN = NumberPlan("US")
WAVE = Wave(3600.0, begins=0.0, lasts=1000.0)


def _bots(attack: Attack, seed: int = 1) -> list[Bot]:
    scenario = Scenario(attack.name, "bank", "", (attack,))
    return [bot for _, bot in AttackSource(attack, SITE, scenario, seed).arrivals()]


def _facts(attack: Attack) -> list[Facts]:
    return [bot.facts() for bot in _bots(attack)]


def _identities(attack: Attack) -> list[str]:
    return [PLAN.read(facts.number, facts.presentation).identity for facts in _facts(attack)]


def _moments(wave: Wave) -> list[float]:
    return list(wave_moments(wave, chances(1)))


@given(
    st.sampled_from(["steady", "pulses", "ramp", "first-hour"]),
    st.sampled_from(["poisson", "regular"]),
    st.floats(0, 5000),
    st.floats(60, 5000),
)
def test_a_wave_dials_in_order_and_within_its_time(
    shape: str, cadence: str, per_hour: float, lasts: float
) -> None:
    wave = Wave(per_hour, 100.0, lasts, shape, later_per_hour=10.0, cadence=cadence)

    moments = _moments(wave)

    assert moments == sorted(moments)
    assert all(100.0 <= moment < 100.0 + lasts for moment in moments)


def test_a_regular_wave_dials_at_even_gaps_and_a_poisson_one_does_not() -> None:
    regular = _moments(replace(WAVE, cadence="regular"))
    gaps = [later - sooner for sooner, later in pairwise(_moments(WAVE))]

    assert len(regular) == 1000
    assert {round(later - sooner, 6) for sooner, later in pairwise(regular)} == {1.0}
    assert len(gaps) == pytest.approx(1000, abs=130)
    assert max(gaps) > 3.0


def test_pulses_dial_at_the_full_rate_while_they_are_on_and_never_else() -> None:
    moments = _moments(replace(WAVE, shape="pulses", lasts=1800.0, on=60.0, off=120.0))

    assert all(moment % 180.0 <= 60.0 for moment in moments)
    assert len(moments) == pytest.approx(600, abs=100)


def test_a_ramp_ends_at_the_full_rate_and_has_half_of_the_calls() -> None:
    moments = _moments(replace(WAVE, shape="ramp", cadence="regular"))

    assert len(moments) == 500
    assert sum(moment > 900 for moment in moments) == pytest.approx(95, abs=1)


def test_after_its_first_hour_a_wave_falls_to_the_later_rate() -> None:
    wave = Wave(1000.0, 0.0, 7200.0, "first-hour", later_per_hour=100.0, cadence="regular")

    moments = _moments(wave)

    assert sum(moment < 3600 for moment in moments) == 1000
    assert sum(moment >= 3600 for moment in moments) == 100
    assert len(_moments(replace(wave, later_per_hour=0.0))) == 1000


@pytest.mark.parametrize("solving", [Solving.SILENT, Solving.ONE_KEY, Solving.HANG_UP])
def test_who_leaves_nothing_to_chance_wakes_none(solving: Solving) -> None:
    bot = _bots(Attack("a", WAVE, solving=solving))[0]
    assert bot.captcha() == bot.captcha()
    assert bot._rng is None


def test_every_kind_of_numbers_and_of_solving_has_its_profile() -> None:
    assert set(NAMES) == set(Numbers)
    assert set(PRESSES) == set(Solving)


@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        (Numbers.POOL, CallerClass.VALID),
        (Numbers.FRESH, CallerClass.VALID),
        (Numbers.MIXED, CallerClass.VALID),
        (Numbers.CUSTOMERS, CallerClass.VALID),
        (Numbers.NEIGHBOURS, CallerClass.VALID),
        (Numbers.WITHHELD, CallerClass.WITHHELD),
        (Numbers.ABSENT, CallerClass.ABSENT),
        (Numbers.FOREIGN, CallerClass.FOREIGN),
        (Numbers.UNALLOCATED, CallerClass.UNALLOCATED),
    ],
)
def test_numbers_are_of_their_class_on_a_trunk_that_sends_them_whole(
    numbers: Numbers, kind: CallerClass
) -> None:
    attack = Attack("a", WAVE, numbers, 30, trunks={"pri-1": 1.0})

    assert {PLAN.read(one.number, one.presentation).kind for one in _facts(attack)} == {kind}


def test_a_pool_is_used_in_turn_whatever_the_spelling() -> None:
    found = _identities(Attack("a", replace(WAVE, cadence="regular"), Numbers.POOL, 50))

    assert set(Counter(found).values()) == {20}
    assert len(set(found)) == 50


def test_fresh_numbers_never_repeat() -> None:
    found = _identities(Attack("a", WAVE))

    assert len(set(found)) == len(found)


def test_spoofed_customers_are_the_sites_own_and_no_more_than_the_pool() -> None:
    numbers = SiteNumbers(SITE, 1)

    found = set(_identities(Attack("a", WAVE, Numbers.CUSTOMERS, 40)))

    assert found <= {numbers.customer(index) for index in range(40)}
    assert len(found) > 30


def test_a_tenth_of_a_mixed_attack_comes_from_twenty_numbers() -> None:
    found = Counter(_identities(Attack("a", Wave(36_000.0, 0.0), Numbers.MIXED)))
    heavy = [count for count in found.values() if count > 1]

    assert len(heavy) == 20
    assert sum(heavy) / found.total() == pytest.approx(0.1, abs=0.01)


def test_mixes_of_attestation_trunk_and_did_are_as_given() -> None:
    attack = Attack("a", WAVE, attestation={"A": 1.0}, trunks={"sip-b": 1.0}, dids={"+1": 1.0})

    found = {(one.attestation, one.verification, one.trunk, one.did) for one in _facts(attack)}

    assert found == {("A", "success", "sip-b", "+1")}


@pytest.mark.parametrize(
    ("solving", "ends"),
    [
        (Solving.SILENT, {(Pressed.SILENT, 24.0)}),
        (Solving.ONE_KEY, {(Pressed.FAILED, 26.0)}),
        (Solving.HANG_UP, {(Pressed.ABANDONED, 4.0)}),
    ],
)
def test_simple_bots_end_a_captcha_always_alike(
    solving: Solving, ends: set[tuple[Pressed, float]]
) -> None:
    assert {bot.captcha() for bot in _bots(Attack("a", WAVE, solving=solving))} == ends


@pytest.mark.parametrize(
    ("solving", "solves", "share"),
    [(Solving.RANDOM, 0.0, 0.02), (Solving.SOLVE, 0.5, 0.51), (Solving.SOLVE, 0.0, 0.02)],
)
def test_solvers_pass_as_often_as_they_solve_or_guess(
    solving: Solving, solves: float, share: float
) -> None:
    attack = Attack("a", Wave(10_000.0, 0.0), solving=solving, solves=solves)

    passed = [bot.captcha()[0] is Pressed.PASSED for bot in _bots(attack)]

    assert sum(passed) / len(passed) == pytest.approx(share, abs=0.02)


def test_a_bot_redials_only_after_what_it_minds_and_only_so_often() -> None:
    after = Redial(1.0, Lognormal(5.0, 0.1))
    attack = Attack("a", WAVE, redial_busy=after, redials=2)
    [bot, other, *_] = _bots(attack)

    assert [bot.again(End.TRUNK_FULL) is not None for _ in range(3)] == [True, True, False]
    assert [other.again(end) for end in (End.REFUSED, End.CAPTCHA_FAILED, End.SERVED)] == [None] * 3
    assert other.again(End.BUSY) is not None


def test_a_refused_bot_keeps_its_number_when_it_redials() -> None:
    after = Redial(1.0, Lognormal(5.0, 0.1))
    [bot, *_] = _bots(Attack("a", WAVE, redial_refused=after))
    number = bot.facts().number

    assert bot.again(End.CAPTCHA_ABANDONED) is not None
    assert bot.facts().number == number


def test_the_same_seed_gives_the_same_attack_and_two_attacks_differ() -> None:
    attack = Attack("a", WAVE)

    assert _facts(attack) == _facts(attack)
    assert _facts(attack) != _facts(replace(attack, name="b"))


def test_an_attack_never_dials_past_the_scenarios_end() -> None:
    scenario = Scenario("a", "bank", "", lasts=100.0)
    moments = [at for at, _ in AttackSource(Attack("a", WAVE), SITE, scenario, 1).arrivals()]

    assert 50 < len(moments) < 150
    assert max(moments) < 100.0
