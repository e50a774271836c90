from hypothesis import given
from hypothesis import strategies as st

from screener.core.call import Load
from screener.core.center_counts import CenterDelta, CenterLedger, QuarterCounts
from screener.core.crowd_deltas import ALL, Counts, CrowdDelta
from screener.core.delta_bounds import MOST_PER_S, TAUGHT_AT_ONCE, EdgeBounds
from screener.core.engine import Engine
from screener.core.settings import Action, Settings
from tests.builders import NOW, a_call, a_memory

SETTINGS = Settings()


def a_delta(few: dict[str, Counts], at: float = NOW, span: float = 1.0) -> CenterDelta:
    return CenterDelta(span, CrowdDelta(at, few, {"p+1651555": Counts(1.0, 1.0)}))


def test_what_an_edge_may_have_counted_is_believed() -> None:
    honest = a_delta({"wnew": Counts(10.0, 10.0, 10.0, 2.0, 1.0), ALL: Counts(usual=10.0)})
    assert EdgeBounds().believed(honest, SETTINGS) == honest


def test_more_than_any_edge_can_count_is_cut_down() -> None:
    absurd = a_delta({"wnew": Counts(1e9, 1e9, 1e9, 1e9, 2e9), ALL: Counts(usual=1e9)})
    bounds = EdgeBounds()
    bounds.believed(a_delta({}, NOW - 1.0), SETTINGS)
    believed = bounds.believed(absurd, SETTINGS).crowds.few["wnew"]
    assert believed.fast == MOST_PER_S
    assert believed.passed <= believed.asked
    assert believed.usual <= TAUGHT_AT_ONCE + 1.0


def test_an_edge_cannot_teach_a_flood_as_usual_by_telling_it_often() -> None:
    bounds, taught = EdgeBounds(), 0.0
    for second in range(600):
        claimed = a_delta({"wnew": Counts(99.0, 99.0, 99.0)}, NOW + second)
        taught += bounds.believed(claimed, SETTINGS).crowds.few["wnew"].usual
    site = SETTINGS.site
    assert taught <= TAUGHT_AT_ONCE + 600 * 6.5 * site.operators / site.mean_service


def test_an_hour_alone_is_believed_but_not_claimed_twice() -> None:
    bounds = EdgeBounds()
    bounds.believed(a_delta({}, NOW), SETTINGS)
    hour = a_delta({"wnew": Counts(900.0, 9_000.0, 500.0)}, NOW + 3_600.0, 3_600.0)
    assert bounds.believed(hour, SETTINGS).crowds.few["wnew"].usual == 500.0
    again = bounds.believed(hour, SETTINGS)
    assert again.crowds.few["wnew"].usual < 60.0
    assert again.span <= 10.0


def test_names_that_are_no_crowds_are_left_out() -> None:
    told = a_delta({"x": Counts(1.0), "w" * 999: Counts(1.0), "wnew": Counts(1.0)})
    assert list(EdgeBounds().believed(told, SETTINGS).crowds.few) == ["wnew"]


anything = st.floats(allow_nan=True, allow_infinity=True)
counts = st.builds(Counts, *[anything] * 7)


@given(st.dictionaries(st.text(max_size=3), counts, max_size=5), anything, anything)
def test_whatever_is_claimed_the_counts_stay_sane(
    few: dict[str, Counts], span: float, arrivals: float
) -> None:
    quarter = QuarterCounts(NOW, 10**9, -5, 3)
    claimed = CenterDelta(span, CrowdDelta(NOW, few, few), arrivals, quarter)
    believed = EdgeBounds().believed(claimed, SETTINGS)
    for one in (*believed.crowds.few.values(), *believed.crowds.prefixes.values()):
        assert all(0.0 <= value <= MOST_PER_S * 7_200.0 for value in one)
    assert 0.0 <= believed.arrivals <= MOST_PER_S * 7_200.0
    assert all(0 <= value <= MOST_PER_S * 7_200.0 for value in believed.quarter[1:])


def test_one_poisoned_edge_moves_a_score_by_no_more_than_the_cap_and_drops_nobody() -> None:
    memory = a_memory()
    engine = Engine(SETTINGS, memory)
    ledger, now = CenterLedger(engine, memory, NOW), NOW
    for place in range(200):
        now = NOW + place * 30.0
        engine.decide(a_call(f"+1651555{place:04}", arrived_at=now), Load())
    caller = a_call("+16515559999", arrived_at=now + 5.0)
    before = engine.assess(caller, Load()).verdict
    bounds = EdgeBounds()
    for second in range(5):
        at = now + second
        few = dict.fromkeys(("wnew", "jnew\x1f\x1ftrunk-a", "ttrunk-a"), Counts(1e6, 1e6, 1e6))
        claimed = a_delta(few, at)
        ledger.fold(engine, bounds.believed(claimed, SETTINGS), at)
    after = engine.assess(caller, Load()).verdict
    assert after.score.would - before.score.would <= SETTINGS.crowds.most
    assert after.would is not Action.DROP
