"""The cap: what it lets through, who goes first, and the share that is shed in front."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.admission import AIM, Admission, goes_first, share_to_shed
from screener.core.lists import ListAction, ListHit
from screener.core.redial import Busied
from screener.core.reputation import Standing
from screener.core.settings import AdmissionSettings, ReputationSettings
from screener.storage.memory import SegmentedTable

NOW = 1_700_000_000.0
REPUTATION = ReputationSettings()


def busied() -> SegmentedTable[Busied]:
    return SegmentedTable(100, 10)


def offer(cap: int, gaps: list[float], known: list[bool]) -> tuple[int, int, float]:
    """Offer calls; return how many strangers and known callers were judged, and for how long."""
    admission, table = Admission(AdmissionSettings(cap)), busied()
    now, judged = NOW, [0, 0]
    for gap, first in zip(gaps, known, strict=False):
        now += gap
        if admission.is_full(now) and not first:
            admission.turn_away("", table, now)
        else:
            admission.take(now)
            judged[first] += 1
    assert admission.came == sum(judged) + admission.turned_away
    return judged[0], judged[1], now - NOW


def test_a_burst_of_one_second_is_judged_and_no_call_more() -> None:
    assert offer(50, [0.0] * 200, [False] * 200) == (50, 0, 0.0)


def test_room_comes_back_evenly() -> None:
    strangers, _, _ = offer(10, [0.01] * 1_000, [False] * 1_000)
    assert 10 + 10 * 10 - 1 <= strangers <= 10 + 10 * 10 + 1


def test_without_a_cap_every_call_is_judged() -> None:
    assert offer(0, [0.0] * 5_000, [False] * 5_000)[0] == 5_000


@given(
    st.integers(1, 500),
    st.lists(st.floats(0.0, 0.1), min_size=1, max_size=300),
    st.randoms(use_true_random=False),
)
def test_known_callers_are_always_judged_and_strangers_only_below_the_cap(
    cap: int, gaps: list[float], rng: Random
) -> None:
    known = [bool(rng.getrandbits(1)) for _ in gaps]
    strangers, first, took = offer(cap, gaps, known)
    assert first == sum(known)
    assert strangers <= cap * (1.0 + took) + 1


def test_known_callers_take_the_room_of_strangers() -> None:
    known = [place % 2 == 0 for place in range(2_000)]
    strangers, first, took = offer(100, [0.005] * 2_000, known)
    assert (first, round(took)) == (1_000, 10)
    assert strangers <= 100  # the burst at first; the known alone are at the cap


def test_known_callers_owe_no_more_than_a_second() -> None:
    admission = Admission(AdmissionSettings(10))
    for _ in range(10_000):
        admission.take(NOW)
    assert admission.is_full(NOW + 1.0)
    assert not admission.is_full(NOW + 1.2)


def test_another_cap_keeps_what_is_used_up() -> None:
    admission = Admission(AdmissionSettings(100))
    for _ in range(100):
        admission.take(NOW)
    admission.reconfigure(AdmissionSettings(1_000))
    assert admission.is_full(NOW)
    admission.reconfigure(AdmissionSettings(0))
    assert not admission.is_full(NOW)


def test_who_is_turned_away_was_told_to_call_again() -> None:
    admission, table = Admission(AdmissionSettings(1)), busied()
    admission.turn_away("+16515550100", table, NOW)
    admission.turn_away("", table, NOW)
    assert table.get("+16515550100") == (NOW,)
    assert (len(table), admission.turned_away) == (1, 2)


def hit(action: ListAction) -> ListHit:
    return ListHit("some", action, "+1*", overriding=False, reason="")


@pytest.mark.parametrize(
    ("action", "first"),
    [(ListAction.ALLOW, True), (ListAction.EXEMPT, True), (ListAction.DENY, False)],
)
def test_a_list_says_who_goes_first(action: ListAction, *, first: bool) -> None:
    known = Standing(NOW, good=5.0, first_good=NOW - 9e5, last_good=NOW)
    assert goes_first(hit(action), known, REPUTATION, NOW) is first


def test_without_a_list_the_known_good_and_who_passed_lately_go_first() -> None:
    known = Standing(NOW, good=5.0, first_good=NOW - 9e5, last_good=NOW)
    passed = Standing(NOW, passed_at=NOW - 60)
    assert goes_first(None, known, REPUTATION, NOW)
    assert goes_first(None, passed, REPUTATION, NOW)
    assert not goes_first(None, Standing(NOW, good=1.0), REPUTATION, NOW)
    assert not goes_first(None, None, REPUTATION, NOW)


def test_nothing_is_shed_below_the_cap() -> None:
    assert share_to_shed(300, 299, 0, 0.0) == 0.0
    assert share_to_shed(0, 9_999, 0, 0.0) == 0.0


@given(st.floats(0, 1_000), st.floats(0, 1e5), st.floats(0, 1e5), st.floats(0, 1))
def test_a_share_is_a_share(cap: float, came: float, shed: float, share: float) -> None:
    assert 0.0 <= share_to_shed(cap, came, shed, share) <= 1.0


@given(st.floats(0, 250), st.floats(0, 20_000))
def test_after_a_few_seconds_the_sum_is_at_the_aim(known: float, unknown: float) -> None:
    cap, share, came = 300.0, 0.0, 0.0
    for _ in range(12):
        shed = unknown * share
        came = known + unknown - shed
        share = share_to_shed(cap, came, shed, share)
    assert came <= cap * 1.02
    if known + unknown > cap:
        assert came >= AIM * cap * 0.98 or came >= known


def test_a_share_falls_by_steps() -> None:
    assert share_to_shed(300, 10, 90, 0.9) == pytest.approx(0.65)
    assert share_to_shed(300, 10, 0, 0.2) == 0.0
