from dataclasses import replace

import pytest

from screener.core.call import Attestation, Call
from screener.core.crowds import CrowdView
from screener.core.limits import Exceeded
from screener.core.lists import ListAction, ListHit
from screener.core.number import CallerClass
from screener.core.reputation import Standing
from screener.core.settings import (
    DEFAULT_GROUPS,
    DEFAULT_SIGNALS,
    KeyField,
    LimitSpec,
    Mode,
    Settings,
    SignalSpec,
    Window,
)
from screener.core.signals import Signal, SignalBook, takes_effect
from tests.builders import DAY, NOW, a_call, a_caller

ENFORCING = Settings(mode=Mode.ENFORCE)
KNOWN = Standing(at=NOW, good=3.0, first_good=NOW - 9 * DAY, last_good=NOW - DAY, trunk="trunk-a")
FRAMED = Standing(
    at=NOW, good=1.0, bad=2.0, passed_at=NOW - 1, blocked_until=NOW + 60.0, trunk="trunk-a"
)
TOO_FAST = Exceeded(
    LimitSpec("burst", (KeyField.NUMBER,), (Window(3, 60.0),), 4.0), Window(3, 60.0), 12.0
)


def found(
    call: Call | None = None, settings: Settings = ENFORCING, **known: object
) -> dict[str, Signal]:
    parts = SignalBook(settings).gather(call or a_call(), **known)  # type: ignore[arg-type]
    return {part.name: part for part in parts}


def test_a_first_call_is_new_and_nothing_else() -> None:
    assert set(found()) == {"new-caller"}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (CallerClass.WITHHELD, "withheld"),
        (CallerClass.ANONYMOUS, "withheld"),
        (CallerClass.ABSENT, "no-number"),
        (CallerClass.JUNK, "junk-number"),
        (CallerClass.UNALLOCATED, "unallocated-number"),
        (CallerClass.SHORT, "short-number"),
    ],
)
def test_each_class_of_caller_has_its_signal(kind: CallerClass, name: str) -> None:
    assert name in found(call=a_call(caller=a_caller(kind=kind)))


def test_a_valid_number_is_no_signal_wherever_it_is() -> None:
    for kind in (CallerClass.VALID, CallerClass.FOREIGN):
        assert set(found(call=a_call(caller=a_caller(kind=kind)))) == {"new-caller"}


def test_who_withholds_the_number_is_neither_new_nor_known() -> None:
    withheld = a_call(caller=a_caller(kind=CallerClass.WITHHELD))
    assert set(found(call=withheld, standing=KNOWN)) == {"withheld"}


@pytest.mark.parametrize(
    ("attestation", "name"),
    [
        (Attestation.FULL, "attestation-a"),
        (Attestation.PARTIAL, "attestation-b"),
        (Attestation.GATEWAY, "attestation-c"),
        (Attestation.FAILED, "attestation-failed"),
    ],
)
def test_each_attestation_has_its_signal(attestation: Attestation, name: str) -> None:
    assert name in found(call=a_call(attestation=attestation))


def test_an_unsigned_call_is_neutral() -> None:
    assert not {name for name in found() if name.startswith("attestation")}


def test_a_known_caller_is_credited() -> None:
    assert found(standing=KNOWN)["known-caller"].points < 0


def test_a_known_number_on_another_trunk_loses_most_of_its_credit() -> None:
    parts = found(standing=KNOWN, call=a_call(trunk="trunk-b"))
    credit = parts["known-caller"].points + parts["known-elsewhere"].points
    assert parts["known-caller"].points < credit <= 0


def test_a_known_number_that_calls_too_fast_loses_its_credit() -> None:
    parts = found(standing=KNOWN, exceeded=(TOO_FAST,))
    assert "known-caller" not in parts
    assert "credit-lapsed" in parts
    assert parts["limit:burst"].points == 4.0


def test_a_limit_that_does_not_count_numbers_leaves_the_credit() -> None:
    surge = replace(TOO_FAST, limit=replace(TOO_FAST.limit, key=(KeyField.TRUNK,)))
    assert "known-caller" in found(standing=KNOWN, exceeded=(surge,))


def test_one_served_call_earns_a_little() -> None:
    once = Standing(at=NOW, good=1.0, first_good=NOW - 60.0, last_good=NOW - 60.0)
    assert set(found(standing=once)) == {"served-before"}


def test_failed_challenges_weigh_by_their_number() -> None:
    once = found(standing=Standing(at=NOW, bad=1.0))["failed-challenges"].points
    thrice = found(standing=Standing(at=NOW, bad=3.0))["failed-challenges"].points
    assert thrice == 3 * once > 0


def test_who_is_blocked_is_told_so_until_the_block_is_over() -> None:
    blocked = Standing(at=NOW, bad=2.0, blocked_until=NOW + 60.0)
    parts = found(standing=blocked)
    assert parts["challenge-block"].group == parts["failed-challenges"].group == "challenges"
    assert parts["challenge-block"].points > 0.0
    assert "challenge-block" not in found(call=a_call(arrived_at=NOW + 60.0), standing=blocked)


def test_the_group_of_challenges_is_wide_enough_for_a_block() -> None:
    parts = found(standing=Standing(at=NOW, bad=2.0, blocked_until=NOW + 60.0)).values()
    assert sum(part.points for part in parts) <= DEFAULT_GROUPS["challenges"].high


@pytest.mark.parametrize("standing", [None, KNOWN])
def test_a_redial_after_busy_earns_a_little_unless_it_comes_too_fast(
    standing: Standing | None,
) -> None:
    assert found(standing=standing, redials=True)["redial-after-busy"].points < 0.0
    too_fast = found(standing=standing, redials=True, exceeded=(TOO_FAST,))
    assert "redial-after-busy" not in too_fast


def test_who_names_nobody_redials_nothing() -> None:
    withheld = a_call(caller=a_caller(kind=CallerClass.WITHHELD))
    assert "redial-after-busy" not in found(call=withheld, redials=True)


def test_a_list_hit_is_told_with_the_name_of_its_list() -> None:
    hit = ListHit("pests", ListAction.DENY, "+1900*", overriding=True, reason="")
    assert "pests" in found(list_hit=hit)["deny-list"].reason


@pytest.mark.parametrize(
    ("own", "overall", "counts"),
    [
        (Mode.INHERIT, Mode.OBSERVE, False),
        (Mode.INHERIT, Mode.ENFORCE, True),
        (Mode.OBSERVE, Mode.ENFORCE, False),
        (Mode.ENFORCE, Mode.OBSERVE, True),
    ],
)
def test_a_signal_takes_effect_by_its_own_mode_first(
    own: Mode, overall: Mode, *, counts: bool
) -> None:
    assert takes_effect(own, overall) is counts


def test_an_observed_signal_says_so() -> None:
    signals = DEFAULT_SIGNALS | {"new-caller": SignalSpec(1.0, Mode.OBSERVE)}
    parts = found(settings=Settings(mode=Mode.ENFORCE, signals=signals))
    assert not parts["new-caller"].counts


def test_every_signal_that_can_be_found_can_be_weighed_and_every_group_is_capped() -> None:
    seen: dict[str, Signal] = {}
    for kind in CallerClass:
        for attestation in Attestation:
            for standing in (None, KNOWN, FRAMED):
                for exceeded in ((), (TOO_FAST,)):
                    call = a_call(
                        trunk="trunk-b", attestation=attestation, caller=a_caller(kind=kind)
                    )
                    seen |= found(call=call, standing=standing, exceeded=exceeded)
    for action in ListAction:
        seen |= found(list_hit=ListHit("some", action, "x", overriding=False, reason=""))
    seen |= found(redials=True, crowd=CrowdView("new", "j", points=3.0, held=True))
    assert {name for name in seen if not name.startswith("limit:")} == set(DEFAULT_SIGNALS)
    assert {part.group for part in seen.values()} == set(DEFAULT_GROUPS)
