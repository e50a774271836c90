"""What is told to a proxy in front is what the engine itself would say, and for no longer."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.core.call import Attestation, Load
from screener.core.engine import Engine
from screener.core.lists import ListAction, ListSpec, parse_entry
from screener.core.number import NumberPlan
from screener.core.outcome import Event, Outcome
from screener.core.review import Review, trunk_entry
from screener.core.settings import (
    Action,
    AdmissionSettings,
    CrowdSettings,
    Level,
    Mode,
    PolicySettings,
    Settings,
    Thresholds,
    Treatment,
)
from screener.service.front_blocks import BY_SCORE_S, FrontBlocks
from tests.builders import DAY, NOW, a_call, a_memory

Act = Callable[[str], object]
TTL_S = 300.0
PEST, VIP, KNOWN, STRANGER = (f"+1651555010{place}" for place in range(4))
LISTS = (
    ListSpec("vip", ListAction.ALLOW, (VIP, "+1651555*", "911")),
    ListSpec("spared", ListAction.EXEMPT, ("711",)),
    ListSpec("pest", ListAction.DENY, (PEST, "+4479*", "+16515390000-+16515399999", "_1900X.")),
)
STRICT = {level: Thresholds(1.0, 4.0) for level in Level}


class Site:
    """An engine over one memory, and what judges for the proxy."""

    def __init__(self, **changes: object) -> None:
        plain = Settings(mode=Mode.ENFORCE, lists=LISTS[2:], admission=AdmissionSettings(0))
        self.memory = a_memory()
        self.engine = Engine(replace(plain, **changes), self.memory)  # type: ignore[arg-type]  # the test names real fields
        self.blocks = FrontBlocks(lambda: self.engine, self.memory, lambda load: load, TTL_S)
        self.blocks.heed(self.blocks.entries(NOW))

    def review(self, action: ListAction, entry: str, until: float | None = None) -> None:
        read = parse_entry(entry, NumberPlan("US"))
        place = len(self.memory.reviews) + 1
        self.memory.reviews.put(Review(place, action, read, until))
        self.blocks.heed(self.blocks.entries(NOW))

    def value(self, key: str, now: float = NOW) -> int | None:
        standing = self.blocks.block(key, now)
        return standing.value if standing else None


def test_lists_and_reviews_are_told_with_code_and_kind() -> None:
    site = Site()
    site.review(ListAction.DENY, STRANGER)
    assert site.value(PEST) == 60302
    assert site.value(STRANGER) == 60301
    assert site.value("+4479*") == 60302
    assert site.value("+1651539*") == 12 * 100_000 + 60302
    assert site.blocks.kind(PEST, NOW) == "list"


def test_entries_are_numbers_and_prefixes_but_no_patterns() -> None:
    found = Site().blocks.entries(NOW)
    assert found.denied == (PEST,)
    assert found.prefixes == {"+4479*": 0, "+1651539*": 11}
    assert Site().blocks.lengths(shedding=False) == "8:5"


def test_who_goes_first_is_never_told_but_let_through() -> None:
    site = Site(lists=LISTS)
    for days in (9, 2):
        site.engine.learn(KNOWN, Outcome(Event.ANSWERED, 60.0), at=NOW - days * DAY)
    site.review(ListAction.DENY, "+1651*")
    for key in (VIP, KNOWN, PEST, "911", "711"):
        assert site.value(key) is None
        assert site.blocks.passes(key, NOW) is not None
    assert site.blocks.passes("+1651555*", NOW) is not None
    assert site.blocks.passes("+16125550100", NOW) is None


def test_an_allow_of_a_person_ends_a_block_and_a_deny_of_a_known_caller_makes_one() -> None:
    site = Site()
    site.review(ListAction.ALLOW, PEST)
    assert site.value(PEST) is None
    for days in (9, 2):
        site.engine.learn(KNOWN, Outcome(Event.ANSWERED, 60.0), at=NOW - days * DAY)
    site.review(ListAction.DENY, KNOWN)
    assert site.blocks.passes(KNOWN, NOW) is None


@pytest.mark.parametrize("what", ["observe", "paused"])
def test_while_nobody_is_refused_nothing_is_told(what: str) -> None:
    site = Site(mode=Mode.OBSERVE if what == "observe" else Mode.ENFORCE)
    site.memory.reviews.paused_until = NOW + 60 if what == "paused" else 0.0
    assert not site.blocks.is_refusing(NOW)
    assert site.value(PEST) is None
    assert site.value("+4479*") is None


def test_who_would_hear_an_announcement_is_left_to_asterisk() -> None:
    assert Site(policy=PolicySettings(refuse_with=Treatment.ANNOUNCE)).value(PEST) is None


def test_a_deny_that_ends_is_told_for_no_longer() -> None:
    site = Site()
    site.review(ListAction.DENY, STRANGER, until=NOW + 100)
    standing = site.blocks.block(STRANGER, NOW)
    assert standing is not None
    assert NOW < standing.until <= NOW + 100
    assert site.value(STRANGER, NOW + 101) is None


def test_who_failed_challenges_is_told_while_the_load_makes_it_a_drop() -> None:
    site = Site()
    for _ in range(2):
        site.engine.learn(STRANGER, Outcome(Event.CHALLENGE_FAILED), at=NOW)
    assert site.value(STRANGER) is None  # when calm it is asked again
    strict = Site(policy=PolicySettings(thresholds=STRICT))
    for _ in range(2):
        strict.engine.learn(STRANGER, Outcome(Event.CHALLENGE_FAILED), at=NOW)
    standing = strict.blocks.block(STRANGER, NOW)
    assert standing is not None
    assert standing.value == 48603
    assert standing.until <= NOW + BY_SCORE_S
    strict.engine.learn(STRANGER, Outcome(Event.CHALLENGE_PASSED), at=NOW)
    assert strict.value(STRANGER) is None


def test_the_owner_of_a_number_whom_its_carrier_vouches_for_is_left_to_the_agent() -> None:
    def blocked(drop: float) -> Site:
        thresholds = {level: Thresholds(1.0, drop) for level in Level}
        site = Site(policy=PolicySettings(thresholds=thresholds))
        for _ in range(2):
            site.engine.learn(STRANGER, Outcome(Event.CHALLENGE_FAILED), at=NOW)
        return site

    score = blocked(4.0).engine.assess(a_call(STRANGER), Load()).verdict.score
    least = score.total - score.crowd - 1.0  # of one that is told busy and redials
    assert blocked(least - 0.6).value(STRANGER) == 48603
    assert blocked(least - 0.2).value(STRANGER) is None


def test_who_is_far_over_its_limits_is_told_and_no_longer_once_there_is_room() -> None:
    at_once = {level: Thresholds(3.4, 3.4) for level in Level}
    crowds = CrowdSettings(learn=False)
    site = Site(policy=PolicySettings(thresholds=at_once), crowds=crowds)
    for place in range(40):
        site.engine.decide(a_call(STRANGER, call_id=f"c{place}"), Load())
    assert site.value(STRANGER) == 48604
    assert site.value(STRANGER, NOW + 3 * 86_400) is None


@pytest.mark.parametrize("key", ["", "junk", "+", "+1651", "16515550100", "+0", "*", "+99*"])
def test_what_is_no_key_is_nothing(key: str) -> None:
    assert Site().value(key) is None


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([PEST, VIP, KNOWN, STRANGER]),
            st.sampled_from(["deny", "allow", "fail", "pass", "serve", "call"]),
        ),
        max_size=25,
    ),
    st.booleans(),
)
def test_whoever_is_told_would_be_dropped_by_the_engine_until_the_end(
    steps: list[tuple[str, str]], strict: bool
) -> None:
    site = Site(lists=LISTS, policy=PolicySettings(thresholds=STRICT)) if strict else Site()
    now = NOW
    act: dict[str, Act] = {
        "deny": lambda who: site.review(ListAction.DENY, who),
        "allow": lambda who: site.review(ListAction.ALLOW, who, now + 50),
        "fail": lambda who: site.engine.learn(who, Outcome(Event.CHALLENGE_FAILED), at=now),
        "pass": lambda who: site.engine.learn(who, Outcome(Event.CHALLENGE_PASSED), at=now),
        "serve": lambda who: site.engine.learn(who, Outcome(Event.ANSWERED, 60.0), at=now),
        "call": lambda who: site.engine.decide(a_call(who, arrived_at=now), Load()),
    }
    for who, what in steps:
        act[what](who)
        now += 7.0
    for who in (PEST, VIP, KNOWN, STRANGER):
        standing = site.blocks.block(who, now)
        if standing is not None:
            for at in (now, (now + standing.until) / 2, standing.until):
                level = site.engine.pressure(Load(), now)
                for attestation in (Attestation.NONE, Attestation.FULL):
                    call = a_call(who, arrived_at=at, attestation=attestation)
                    verdict = site.engine.assess(call, Load(), pressure=level).verdict
                    assert verdict.action.value == "drop"
            assert not site.engine.goes_first(a_call(who).caller, now)


TRUNK = "trunk:carrier-a"


def denying_trunk(**changes: object) -> Site:
    site = Site(**changes)
    site.blocks = FrontBlocks(
        lambda: site.engine, site.memory, lambda load: load, TTL_S, ("carrier-a", "carrier-c")
    )
    for place, name in enumerate(("carrier-a", "carrier-b"), 1):
        entry = trunk_entry(name)
        site.memory.reviews.put(Review(place, ListAction.DENY, entry, NOW + 100.0))
    site.blocks.heed(site.blocks.entries(NOW))
    return site


def test_a_denied_trunk_is_told_with_its_end_where_the_proxy_knows_it() -> None:
    site = denying_trunk()
    standing = site.blocks.block(TRUNK, NOW)
    assert standing is not None
    assert standing.value == 60306
    assert NOW < standing.until <= NOW + 100.0
    assert site.blocks.kind(TRUNK, NOW) == "trunk"
    assert site.value(TRUNK, NOW + 100.0) is None
    assert site.value("trunk:carrier-b") is None  # it has no addresses there
    assert site.value("trunk:carrier-c") is None
    assert site.blocks.denied_trunks == (TRUNK,)


def test_who_is_let_through_by_prefix_is_looked_up_while_a_trunk_is_denied() -> None:
    lists = (ListSpec("vip", ListAction.ALLOW, ("+1651555*",)),)
    assert Site(lists=lists).blocks.lengths(shedding=False) == ""
    assert denying_trunk(lists=lists).blocks.lengths(shedding=False) == "8"


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": Mode.OBSERVE},
        {"policy": PolicySettings(refuse_with=Treatment.ANNOUNCE)},
        {"policy": PolicySettings(thresholds={level: Thresholds(1.0, 18.5) for level in Level})},
        {
            "signals": Settings().signals
            | {"withheld": replace(Settings().signals["withheld"], points=-9.0)},
            "groups": {},
        },
    ],
    ids=["observing", "announced", "some are asked", "the nameless are asked"],
)
def test_a_trunk_by_which_anybody_might_come_through_is_left_to_the_agent(
    changes: dict[str, object],
) -> None:
    assert denying_trunk(**changes).value(TRUNK) is None


@settings(max_examples=60)
@given(
    drop=st.floats(6.0, 22.0),
    attestation=st.sampled_from(list(Attestation)),
    number=st.sampled_from([STRANGER, "", "+442079460018", "anonymous", "5551212"]),
    served=st.booleans(),
)
def test_whom_the_proxy_refuses_by_the_trunk_the_agent_would_refuse(
    drop: float, attestation: Attestation, number: str, *, served: bool
) -> None:
    thresholds = {level: Thresholds(1.0, drop) for level in Level}
    site = denying_trunk(policy=PolicySettings(thresholds=thresholds))
    caller = site.engine.plan.read(number)
    if served and caller.identity:
        site.engine.learn(caller.identity, Outcome(Event.ANSWERED, 60.0), at=NOW - DAY)
    call = a_call(number, caller=caller, trunk="carrier-a", attestation=attestation)
    if site.value(TRUNK) is not None and site.blocks.passes(number or "-", NOW) is None:
        assert site.engine.assess(call, Load()).verdict.action is Action.DROP
