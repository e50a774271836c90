import pytest

from screener.storage.central.query import conditions, like_of
from screener.storage.log_query import Filter


def test_nothing_asked_for_is_no_condition() -> None:
    assert conditions(Filter()) == ([], [])


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(since=1.0, until=2.0, verdict="drop", would="admit", reason="score"),
        Filter(number=b"n", prefix=b"p", did="d", trunk="t", outcome="answered"),
        Filter(caller="*42", edge="edge-a"),
    ],
)
def test_no_word_that_is_asked_for_stands_in_the_statement(wanted: Filter) -> None:
    clauses, values = conditions(wanted)
    assert len(clauses) == len(values) == sum(clause.count("%s") for clause in clauses)
    for value in values:
        assert not any(repr(value) in clause for clause in clauses)


@pytest.mark.parametrize(
    ("pattern", "like"),
    [("*42", "%42"), ("+1*", "+1%"), ("a_b%c", "a\\_b\\%c"), ("\\*", "\\\\%"), ("", "")],
)
def test_only_the_star_is_a_wildcard(pattern: str, like: str) -> None:
    assert like_of(pattern) == like
