from collections import Counter
from dataclasses import replace
from itertools import islice

import pytest

from screener.core.number import CallerClass, NumberPlan
from screener.sim.model import CenterSite, End, Lognormal, People, Pressed, Redial, Scenario
from screener.sim.numbers import SiteNumbers
from screener.sim.people import PeopleSource, Person, demand

SITE = CenterSite("bank", 56, 138, (980.0,) * 10, service=Lognormal(112.4, 0.953), history_days=3)
DAY = Scenario("quiet", "bank", "")
PLAN = NumberPlan("US")


def _people(people: People, count: int = 4000) -> list[Person]:
    source = PeopleSource(replace(SITE, people=people), replace(DAY, lasts=1e6, starts=0.0), 1)
    return [person for _, person in islice(source.arrivals(), count)]


def test_the_same_seed_brings_the_same_people_at_the_same_moments() -> None:
    first = [(at, one.facts()) for at, one in PeopleSource(SITE, DAY, 5).arrivals()]

    assert first == [(at, one.facts()) for at, one in PeopleSource(SITE, DAY, 5).arrivals()]
    assert first != [(at, one.facts()) for at, one in PeopleSource(SITE, DAY, 6).arrivals()]


def test_first_calls_and_those_of_the_served_together_are_the_usual_hour() -> None:
    moments = [at for at, _ in PeopleSource(SITE, DAY, 1).arrivals()]

    assert moments == sorted(moments)
    assert len(moments) / (1 - SITE.people.after_service.share) == pytest.approx(3 * 980, rel=0.06)


def test_the_hours_of_the_day_and_rushes_make_the_demand() -> None:
    site = replace(SITE, hourly=(100.0, 200.0), opens=8)
    scenario = Scenario("d", "bank", "", rushes=((1800.0, 600.0, 3.0),), starts=8.5, lasts=7200.0)

    pieces = demand(site, scenario)

    assert pieces == [
        (0.0, 1800.0, pytest.approx(90.0)),
        (1800.0, 2400.0, pytest.approx(540.0)),
        (2400.0, 5400.0, pytest.approx(180.0)),
        (5400.0, 7200.0, 0.0),
    ]


def test_each_group_calls_as_often_as_its_share_says() -> None:
    found = Counter(person.group for person in _people(People(), 10_000))

    people = SITE.people
    for group, share in (
        ("known", people.known_share),
        ("withheld", people.withheld),
        ("switchboard", people.switchboard),
        ("relay", people.relay),
        ("foreign", people.foreign),
    ):
        assert found[group] / 10_000 == pytest.approx(share, abs=4 * (share / 10_000) ** 0.5)


def test_groups_look_on_the_wire_as_what_they_are() -> None:
    kinds = {
        "known": CallerClass.VALID,
        "unknown": CallerClass.VALID,
        "switchboard": CallerClass.VALID,
        "relay": CallerClass.VALID,
        "foreign": CallerClass.FOREIGN,
        "withheld": CallerClass.WITHHELD,
    }

    for person in _people(People(), 2000):
        facts = person.facts()
        if person.group == "foreign":
            assert facts.attestation in {"C", ""}
        if person.group == "relay":
            assert facts.attestation != "A"
        assert PLAN.read(facts.number, facts.presentation).kind is kinds[person.group]


def test_a_customer_always_comes_by_the_same_trunk_and_attestation() -> None:
    ways: dict[str, set[tuple[str, str]]] = {}
    source = PeopleSource(replace(SITE, hourly=(20.0,) * 24), replace(DAY, lasts=1e6), 1)
    for _, person in islice(source.arrivals(), 3000):
        facts = person.facts()
        if person.group == "known":
            way = (facts.trunk, facts.attestation)
            ways.setdefault(PLAN.read(facts.number).identity, set()).add(way)

    assert any(len(found) for found in ways.values())
    assert {len(found) for found in ways.values()} == {1}


def test_a_site_without_attestation_has_none_for_anybody() -> None:
    people = _people(People(attestation={"": 1.0}), 500)

    assert {(one.facts().attestation, one.facts().verification) for one in people} == {("", "")}


def test_an_invalid_attestation_is_a_failed_verification() -> None:
    people = _people(People(attestation={"invalid": 1.0}, relay=0.0, foreign=0.0), 10)

    assert {(one.facts().attestation, one.facts().verification) for one in people} == {
        ("", "failed")
    }


def test_captchas_end_as_often_as_the_shares_say() -> None:
    found = Counter(person.captcha() for person in _people(People(), 10_000))

    assert found[Pressed.PASSED, 13.0] / 10_000 == pytest.approx(0.985 * 0.97 * 0.9, abs=0.015)
    assert found[Pressed.PASSED, 26.0] / 10_000 == pytest.approx(0.985 * 0.97 * 0.07, abs=0.01)
    assert found[Pressed.SILENT, 24.0] / 10_000 == pytest.approx(0.015 * 0.97, abs=0.005)
    assert found[Pressed.ABANDONED, 4.0] / 10_000 == pytest.approx(0.03, abs=0.007)


def test_who_cannot_send_keys_never_passes_however_often() -> None:
    [person] = _people(People(no_keys=1.0), 1)

    assert {person.captcha()[0] for _ in range(50)} <= {Pressed.SILENT, Pressed.ABANDONED}


@pytest.mark.parametrize(
    ("end", "share"),
    [
        (End.BUSY, 0.88),
        (End.TRUNK_FULL, 0.88),
        (End.REFUSED, 0.75),
        (End.CAPTCHA_FAILED, 0.75),
        (End.CAPTCHA_ABANDONED, 0.40),
        (End.ABANDONED, 0.40),
        (End.SERVED, 0.10),
    ],
)
def test_people_dial_again_as_often_as_measured(end: End, share: float) -> None:
    again = [person.again(end) is not None for person in _people(People())]

    assert sum(again) / len(again) == pytest.approx(share, abs=0.03)


def test_nobody_dials_for_ever() -> None:
    always = Redial(1.0, Lognormal(10.0, 0.1))
    [person] = _people(People(after_busy=always, quits_after=4), 1)

    assert [person.again(End.BUSY) is not None for _ in range(4)] == [True, True, True, False]


def test_history_is_of_known_numbers_in_order_within_the_opening_hours_of_earlier_days() -> None:
    past = PeopleSource(SITE, DAY, 1).past_calls()
    numbers = SiteNumbers(SITE, 1)
    known = {numbers.customer(index) for index in range(numbers.customers)}
    known |= {numbers.switchboard(index) for index in range(20)}
    known |= {numbers.relay(index) for index in range(SiteNumbers.RELAYS)}

    hours = {(one.at + DAY.starts * 3600) % 86_400 // 3600 for one in past}
    assert {one.number for one in past} <= known
    assert [one.at for one in past] == sorted(one.at for one in past)
    assert -3 * 86_400 <= past[0].at + 3600 < past[-1].at < 0
    assert hours == set(range(8, 18))
    assert all((one.talk > 0) == one.answered for one in past)
    assert sum(one.answered for one in past) / len(past) == pytest.approx(0.9, abs=0.01)
    share = 0.41 + 0.08 + 0.015
    assert len(past) == pytest.approx(3 * 9800 * share, rel=0.05)
