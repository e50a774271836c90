from hypothesis import given
from hypothesis import strategies as st

from screener.core import gcra
from screener.core.settings import Window
from screener.core.shared import Counter, Question, Told, refund_of

NOW = 1_700_000_000.0
WINDOWS = st.lists(st.tuples(st.integers(1, 100), st.floats(0.01, 9e4)), min_size=1, max_size=4)


@given(windows=WINDOWS, used=st.lists(st.floats(-1.0, 1.0), min_size=4, max_size=4))
def test_a_refund_undoes_what_the_question_spent_and_no_more(
    windows: list[tuple[int, float]], used: list[float]
) -> None:
    counter = Counter("key", tuple(windows))
    before = tuple(NOW + part * per for part, (_, per) in zip(used, windows, strict=False))
    spent = tuple(
        gcra.spend(Window(*window), tat, NOW) for window, tat in zip(windows, before, strict=True)
    )
    question = Question("call", "", "", (counter,))
    refund = refund_of(question, Told(NOW, (before,), (spent,), None, 0))
    assert refund.call_id == "call"
    assert refund.counters == (counter,)
    for tat, now_spent, seconds in zip(before, spent, refund.seconds[0], strict=True):
        assert abs(now_spent - seconds - max(tat, NOW)) < 1e-3


def test_a_question_without_counters_has_nothing_to_give_back() -> None:
    question = Question("call", "caller", "line", ())
    assert refund_of(question, Told(NOW, (), (), None, 0)).seconds == ()
