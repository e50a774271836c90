from hypothesis import given
from hypothesis import strategies as st

from screener.core.recent_scores import _MOST_WAITING, MOST, WITHIN_S, RecentScores
from tests.builders import NOW

scores = st.floats(-30.0, 40.0)


def test_the_best_of_all_has_nobody_before_it_and_the_worst_all_others() -> None:
    recent = RecentScores()
    for score in (1.0, 2.0, 3.0):
        recent.add(score, NOW)
    assert recent.share_better(0.0, NOW) == 0.0
    assert recent.share_better(9.0, NOW) == 3 / 4


def test_equal_scores_rank_alike() -> None:
    recent = RecentScores()
    for _ in range(10):
        recent.add(1.5, NOW)
    assert recent.share_better(1.5, NOW) == 0.0


def test_with_nobody_to_compare_with_any_score_is_the_best() -> None:
    assert RecentScores().share_better(40.0, NOW) == 0.0


def test_a_rush_that_is_over_is_forgotten() -> None:
    recent = RecentScores()
    recent.add(1.0, NOW)
    assert recent.share_better(2.0, NOW + WITHIN_S - 0.1) == 1 / 2
    assert recent.share_better(2.0, NOW + WITHIN_S) == 0.0
    assert len(recent) == 0


@given(st.lists(st.tuples(scores, st.integers(-9, 30)), max_size=3 * MOST), scores)
def test_it_ranks_among_the_last_candidates_of_the_time_and_never_holds_more(
    candidates: list[tuple[float, int]], score: float
) -> None:
    recent, now = RecentScores(), NOW
    kept: list[tuple[float, float]] = []
    for candidate, passed in candidates:
        now += passed
        recent.add(candidate, now)
        kept.append((now, candidate))
        assert len(recent) <= MOST
    found = recent.share_better(score, now)
    if all(passed >= 0 for _, passed in candidates):
        held = [one for at, one in kept[-MOST:] if at > now - WITHIN_S]
        assert found == sum(one < score for one in held) / (len(held) + 1)
    assert 0.0 <= found < 1.0


steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.floats(-5.0, 5.0), st.integers(1, 3 * MOST)),
        st.tuples(st.just("ask"), st.floats(-5.0, 5.0), st.integers(0, 40)),
    ),
    max_size=12,
)


@given(steps)
def test_whoever_is_ranked_finds_the_last_candidates_however_rarely_anyone_asks(
    told: list[tuple[str, float, int]],
) -> None:
    recent, now = RecentScores(), NOW
    held: list[tuple[float, float]] = []
    for what, score, many in told:
        now += 0.1
        if what == "add":
            for place in range(many):
                recent.add(score + place % 7, now)
                held = [*held, (now, score + place % 7)][-MOST:]
            continue
        now += many
        while held and held[0][0] <= now - WITHIN_S:
            del held[0]
        better = sum(one < score for _, one in held)
        assert recent.share_better(score, now) == better / (len(held) + 1)
        assert len(recent) == len(held)


def test_candidates_of_whom_nobody_asks_are_bounded() -> None:
    recent = RecentScores()
    for place in range(10 * _MOST_WAITING):
        recent.add(float(place), NOW)
        assert len(recent._came) < _MOST_WAITING
    assert len(recent) == MOST
