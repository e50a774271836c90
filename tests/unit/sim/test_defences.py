from collections import Counter

import pytest

from screener.core.call import Facts
from screener.core.settings import Action
from screener.sim.defences import (
    DEFENCES,
    Blacklist,
    CaptchaForAll,
    CaptchaUnderOverload,
    Limits,
    NoDefence,
    Shedding,
    Truth,
    key_of,
)
from screener.sim.model import Defence, Seen

CALM = Seen(0, 40, 56, 60, 138)
QUEUE = Seen(30, 56, 56, 90, 138)
TRUNK = Seen(0, 20, 56, 130, 138)


def _ask(
    defence: Defence, number: str = "+16125550100", now: float = 0.0, *, person: bool = True
) -> Action:
    return defence.decide(Facts(number=number), "c1", now, person=person).action


def test_no_defence_admits_everybody_at_the_middle_priority() -> None:
    assert _ask(NoDefence()) is Action.ADMIT
    assert NoDefence().decide(Facts(), "c1", 0.0, person=True).priority == 5


def test_the_truth_admits_people_and_drops_bots() -> None:
    assert _ask(Truth(), person=True) is Action.ADMIT
    assert _ask(Truth(), person=False) is Action.DROP


@pytest.mark.parametrize("name", sorted(DEFENCES.keys() - {"truth"}))
def test_no_other_defence_looks_at_who_is_a_person(name: str) -> None:
    for load in (CALM, QUEUE):
        asked = []
        for person in (True, False):
            defence = DEFENCES[name]()
            defence.see(load, 0.0)
            asked.append([_ask(defence, now=float(at), person=person) for at in range(10)])
        assert asked[0] == asked[1]


@pytest.mark.parametrize("number", ["+16125550100", "6125550100", "16125550100"])
def test_a_blacklist_knows_a_number_in_every_spelling(number: str) -> None:
    defence = Blacklist({"+16125550100"})

    assert _ask(defence, number) is Action.DROP
    assert _ask(defence, "+16125550101") is Action.ADMIT
    assert _ask(defence, "") is Action.ADMIT


def test_a_limit_refuses_the_sixth_call_in_ten_minutes_and_forgets_what_is_older() -> None:
    defence = Limits()

    assert [_ask(defence, now=at * 10.0) for at in range(7)] == [Action.ADMIT] * 5 + [
        Action.DROP
    ] * 2
    assert _ask(defence, "+16125550199", now=60.0) is Action.ADMIT
    assert _ask(defence, now=599.9) is Action.DROP
    assert _ask(defence, now=600.0) is Action.ADMIT


def test_calls_without_a_number_share_one_limit() -> None:
    defence = Limits(calls=1)

    assert [_ask(defence, "") for _ in range(2)] == [Action.ADMIT, Action.DROP]


def test_the_table_of_limits_is_bounded() -> None:
    defence = Limits()
    for index in range(100_100):
        _ask(defence, str(index))

    assert len(defence._seen) == 100_000


def test_captcha_for_all_asks_everybody() -> None:
    assert _ask(CaptchaForAll()) is Action.CHALLENGE


@pytest.mark.parametrize("load", [QUEUE, TRUNK])
def test_captcha_under_overload_asks_while_queue_or_trunk_are_full(load: Seen) -> None:
    defence = CaptchaUnderOverload()
    asked = []
    for seen in (CALM, load, CALM):
        defence.see(seen, 0.0)
        asked.append(_ask(defence))

    assert asked == [Action.ADMIT, Action.CHALLENGE, Action.ADMIT]


def test_shedding_refuses_its_share_under_overload_and_nobody_else() -> None:
    defence = Shedding(0.3)
    calm = Counter(_ask(defence) for _ in range(100))
    defence.see(QUEUE, 0.0)
    shed = Counter(_ask(defence) for _ in range(2000))

    assert calm[Action.DROP] == 0
    assert shed[Action.DROP] == pytest.approx(600, abs=80)


def test_every_defence_stands_under_its_own_name() -> None:
    assert all(make().name == name for name, make in DEFENCES.items())
    assert {"none", "limits only", "captcha for all", "captcha under overload", "truth"} <= set(
        DEFENCES
    )


def test_a_key_is_the_same_for_all_spellings_and_keeps_foreign_numbers_apart() -> None:
    assert {key_of(one) for one in ("+16125550100", "16125550100", "6125550100")} == {"6125550100"}
    assert key_of("+442079460000") == "442079460000"
    assert key_of("") == ""
