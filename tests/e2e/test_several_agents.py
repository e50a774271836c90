"""Several agents behind one Asterisk: who is asked, in what order, and how long that may take.

The peers are scripted, since they must fail in every way there is. What real agents make of it
under load is in `test_agents_under_load.py`.
"""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from screener.lab.asterisk import Asterisk
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings
from tests.e2e.agents_asked import SITE, Switch, address, mark
from tests.e2e.scripted_agent import (
    Act,
    ScriptedAgent,
    closes,
    dies,
    fails,
    is_silent,
    says,
    says_then_hangs,
)

pytestmark = [pytest.mark.e2e, pytest.mark.alone]  # who is asked when is what they are about

CHALLENGE = {"verdict": "challenge", "id": "c1", "captcha": "47", "lane": "agi", "limit": "1"}
ASKS = says(**CHALLENGE)
SITES_LIMIT = 30
AT_ONCE_MS = 900
"""Sooner than anybody's part of the time is over: a few milliseconds where nothing else runs."""
A_PART_MS = range(950, 1_900)
"""Of two agents the first has one of the two seconds."""
THE_WHOLE_MS = range(1_900, 10_000)


@pytest.fixture(scope="module")
def several_asterisk(lab_root: LabRoot, lab_folder: Path) -> Iterator[Asterisk]:
    settings = LabSettings(
        extra={"extensions.conf": SITE},
        dialplan={"SITE_LIMIT": str(SITES_LIMIT)},
    )
    with Asterisk(lab_root, lab_folder / "several", settings=settings) as running:
        yield running


@pytest.fixture
def switch(several_asterisk: Asterisk) -> Iterator[Switch]:
    with ExitStack() as started:
        yield Switch(several_asterisk, started)


@pytest.mark.parametrize("act", [closes, dies, fails, says(verdict="maybe")])
def test_where_the_first_agent_says_no_verdict_the_next_is_asked_at_once(
    switch: Switch, act: Act
) -> None:
    bad, good = switch.agent(act), switch.agent()
    told = switch.call(bad, good)

    assert (told.verdict, told.by) == ("admit", address(good))
    assert told.ms < AT_ONCE_MS


def test_where_the_first_agents_port_is_closed_the_next_is_asked_at_once(switch: Switch) -> None:
    good = switch.agent()
    told = [switch.call(switch.nobody(), good) for _ in range(5)]

    assert {(one.verdict, one.by) for one in told} == {("admit", address(good))}
    assert min(one.ms for one in told) < AT_ONCE_MS


def test_a_hung_agent_is_left_for_the_next_after_its_part_of_the_time(switch: Switch) -> None:
    hung, good = switch.agent(is_silent), switch.agent()
    first = switch.call(hung, good)
    calls = [switch.dial(hung, good) for _ in range(5)]
    later = [switch.result(name) for name in calls]

    assert (first.verdict, first.by) == ("admit", address(good))
    assert first.ms in A_PART_MS
    assert {(one.verdict, one.by) for one in later} == {("admit", address(good))}
    assert max(one.ms for one in later) < AT_ONCE_MS
    assert len(hung.sessions) == 1  # the later calls did not wait for it
    assert SITES_LIMIT / 2 < first.left < SITES_LIMIT


def test_after_some_seconds_one_call_asks_a_failed_agent_again(switch: Switch) -> None:
    hung, good = switch.agent(is_silent), switch.agent()
    switch.call(hung, good)
    assert 0 < switch.away_until(hung) - time.time() <= 5  # noqa: TID251 - Asterisk's clock
    switch.set(mark(hung), int(time.time()) - 1)  # noqa: TID251 - Asterisk's clock
    calls = [switch.dial(hung, good) for _ in range(4)]

    assert {switch.result(name).by for name in calls} == {address(good)}
    assert len(hung.sessions) == 2


def test_an_agent_that_answers_again_is_asked_first_again(switch: Switch) -> None:
    first, second = switch.agent(), switch.agent()
    switch.set(mark(first), int(time.time()) - 1)  # noqa: TID251 - Asterisk's clock

    assert switch.call(first, second).by == address(first)
    assert switch.away_until(first) == 0
    assert switch.call(first, second).by == address(first)


def test_a_clock_that_was_set_back_keeps_no_agent_away(switch: Switch) -> None:
    first, second = switch.agent(), switch.agent()
    switch.set(mark(first), int(time.time()) + 3600)  # noqa: TID251 - Asterisk's clock

    assert switch.call(first, second).by == address(first)


def test_before_a_call_is_given_up_the_agents_that_failed_lately_are_asked(switch: Switch) -> None:
    back, bad = switch.agent(), switch.agent(closes)
    switch.set(mark(back), int(time.time()) + 4)  # noqa: TID251 - Asterisk's clock

    assert switch.call(back, bad).by == address(back)
    assert switch.away_until(back) == 0


def test_with_every_agent_hung_the_call_goes_on_within_the_time_of_one(switch: Switch) -> None:
    two = switch.agent(is_silent), switch.agent(is_silent)
    three = [switch.agent(is_silent) for _ in range(3)]
    calls = [switch.dial(*two), switch.dial(*three)]
    told = [switch.result(name) for name in calls]
    again = switch.call(*two)

    for one in (*told, again):
        assert (one.verdict, one.by) == ("error", "")
        assert one.ms in THE_WHOLE_MS
        assert SITES_LIMIT / 2 < one.left < SITES_LIMIT - 1


def test_with_every_agent_away_the_call_goes_on_at_once(switch: Switch) -> None:
    told = switch.call(switch.nobody(), switch.nobody(), switch.nobody())

    assert (told.verdict, told.by) == ("error", "")
    assert told.ms < AT_ONCE_MS


def test_a_verdict_said_before_an_agent_hangs_counts_and_it_is_left_alone(switch: Switch) -> None:
    half = switch.agent(says_then_hangs(verdict="drop", id="d1", treatment="busy"))
    half.acts[""] = is_silent
    good = switch.agent()
    told = switch.call(half, good)

    assert (told.verdict, told.by) == ("drop", address(half))
    assert good.sessions == []
    assert switch.call(half, good).by == address(good)


def test_a_machine_that_does_not_even_refuse_costs_two_seconds_once(switch: Switch) -> None:
    """AGI() waits 2 s for a connection, whatever `TIMEOUT(absolute)` says."""
    mute, good = switch.mute(), switch.agent()
    first, second = switch.call(mute, good), switch.call(mute, good)

    assert (first.by, second.by) == (address(good), address(good))
    assert first.ms in THE_WHOLE_MS
    assert second.ms < AT_ONCE_MS


def test_with_only_mute_machines_the_call_goes_on(switch: Switch) -> None:
    fresh, known = ((switch.mute(), switch.mute()) for _ in range(2))
    for one in known:
        switch.set(mark(one), int(time.time()) + 4)  # noqa: TID251 - Asterisk's clock
    calls = [switch.dial(*fresh), switch.dial(*known)]
    first, second = (switch.result(name) for name in calls)

    assert (first.verdict, second.verdict) == ("error", "error")
    assert first.ms < THE_WHOLE_MS.stop
    assert second.ms < THE_WHOLE_MS.stop


def test_calls_spread_by_chance_meet_every_agent_also_those_of_one_number(switch: Switch) -> None:
    agents = [switch.agent() for _ in range(3)]
    calls = [switch.dial(*agents, spread="call") for _ in range(24)]

    assert {switch.result(name).by for name in calls} == set(map(address, agents))


def test_calls_spread_by_number_meet_the_same_agent_however_it_is_written(switch: Switch) -> None:
    agents = [switch.agent(), switch.agent()]
    met: dict[str, set[str]] = {}
    for tail in range(6):
        for form in (f"+1555123010{tail}", f"1555123010{tail}", f"555-123-010{tail}"):
            told = switch.call(*agents, spread="number", caller=form)
            met.setdefault(str(tail), set()).add(told.by)

    assert {len(by) for by in met.values()} == {1}
    assert set.union(*met.values()) == set(map(address, agents))


@pytest.mark.parametrize(
    "caller", ["", "anonymous", "5)x:0:9,Hangup(17)", "1$[1/0]&^|=", "08", "9" * 70]
)
def test_whatever_stands_in_a_number_some_agent_is_asked(switch: Switch, caller: str) -> None:
    agents = [switch.agent(), switch.agent()]
    told = switch.call(*agents, spread="number", caller=caller)

    assert told.verdict == "admit"
    assert told.by in set(map(address, agents))


def test_empty_places_in_the_list_of_agents_are_passed_over(switch: Switch) -> None:
    good = switch.agent()

    assert switch.call("", good, "", "").by == address(good)


def test_the_agent_that_decided_hears_how_the_call_ended(switch: Switch) -> None:
    bad, good, idle = switch.agent(closes), switch.agent(), switch.agent()
    name = switch.dial(bad, good, idle)
    switch.outcome_ms(name)

    good.told_of(f"id-{name}", "abandoned")
    assert (len(bad.sessions), len(good.sessions), len(idle.sessions)) == (1, 2, 0)


def test_of_an_agent_that_died_since_another_hears_it_at_once(switch: Switch) -> None:
    gone, other = switch.agent(), switch.agent()
    gone.usual = last_deed(gone, verdict="admit", id="of-the-dead")
    name = switch.dial(gone, other)

    assert switch.outcome_ms(name) < AT_ONCE_MS
    assert switch.result(name).by == address(gone)
    other.told_of("of-the-dead", "abandoned")


def test_of_an_agent_that_hangs_since_another_hears_it_in_time(switch: Switch) -> None:
    hung, other = switch.agent(says(verdict="admit", id="of-the-hung")), switch.agent()
    hung.acts[""] = is_silent
    first, second = switch.dial(hung, other), switch.dial(hung, other)

    other.told_of("of-the-hung", "abandoned")
    assert switch.outcome_ms(first) < A_PART_MS.stop
    assert switch.outcome_ms(second) < A_PART_MS.stop
    third = switch.dial(other, hung)
    assert switch.outcome_ms(third) < AT_ONCE_MS


def test_with_nobody_to_tell_an_outcome_holds_no_call(switch: Switch) -> None:
    hung = [switch.agent(says(verdict="admit", id="h")) for _ in range(2)]
    for agent in hung:
        agent.acts[""] = is_silent
    gone = switch.agent()
    gone.usual = last_deed(gone, verdict="admit", id="g")
    waits, goes_on = switch.dial(*hung), switch.dial(gone, switch.nobody())

    assert switch.outcome_ms(goes_on) < AT_ONCE_MS
    assert switch.outcome_ms(waits) < THE_WHOLE_MS.stop


def test_a_captcha_is_asked_by_the_agent_that_decided(switch: Switch) -> None:
    idle, asking = switch.agent(closes), switch.agent(ASKS)
    asking.acts[""] = says(stage="passed")
    result, _ = switch.captcha(switch.dial(idle, asking))

    assert result == "passed"
    assert [one.request.rpartition("/")[2] for one in asking.sessions][1:] == ["c1"]
    assert len(idle.sessions) == 1


@pytest.mark.parametrize("dead", [True, False])
def test_a_captcha_of_an_agent_that_died_or_hangs_is_asked_by_another(
    switch: Switch, *, dead: bool
) -> None:
    decided, other = switch.agent(ASKS), switch.agent()
    if dead:
        decided.usual = last_deed(decided, **CHALLENGE)
    decided.acts[""] = is_silent
    other.acts[""] = says(stage="passed")
    result, ms = switch.captcha(switch.dial(decided, other))

    assert result == "passed"
    assert ms < (AT_ONCE_MS if dead else A_PART_MS.stop)


def test_a_captcha_that_no_agent_knows_is_asked_by_the_dialplan(switch: Switch) -> None:
    decided, other = switch.agent(), switch.agent()
    decided.usual = last_deed(decided, **CHALLENGE)
    result, ms = switch.captcha(switch.dial(decided, other))

    assert result == "silent"  # the dialplan asked, for its second, and nobody pressed a key
    assert ms > 900
    assert switch.away_until(other) == 0  # not to know a call is no fault
    assert len(other.sessions) == 2  # the captcha, and what became of it


def last_deed(agent: ScriptedAgent, **values: str) -> Act:
    """Say a verdict, and listen no more."""

    def act(peer: socket.socket) -> None:
        agent.stop()
        says(**values)(peer)

    return act
