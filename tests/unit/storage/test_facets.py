from hypothesis import given
from hypothesis import strategies as st

from screener.storage.facets import block_of, caller_facet, facets_of, hour_facet, names_in, seqs_of


@given(seq=st.integers(0, 2**62))
def test_a_call_is_in_its_block_and_in_no_other(seq: int) -> None:
    low, high = seqs_of(block_of(seq))
    assert low <= seq <= high
    assert block_of(high + 1) == block_of(seq) + 1


@given(one=st.floats(0, 4e11), other=st.floats(0, 4e11))
def test_hours_sort_as_text_as_they_do_in_time(one: float, other: float) -> None:
    if int(one) <= int(other):
        assert hour_facet(one) <= hour_facet(other)


def test_a_call_has_a_feature_for_all_that_can_be_asked() -> None:
    assert facets_of(7_200.0, "drop", "drop", "score,limit:a", did="+1", trunk="t") == {
        "hour:000000002",
        "verdict:drop",
        "would:drop",
        "did:+1",
        "trunk:t",
        "reason:score",
        "reason:limit:a",
    }


def test_no_reasons_are_no_names() -> None:
    assert list(names_in("")) == []


def test_a_masked_caller_is_a_feature_where_it_is_told() -> None:
    plain = facets_of(0.0, "admit", "admit", "score")
    told = facets_of(0.0, "admit", "admit", "score", caller="+1\u2022\u202242")
    assert told - plain == {caller_facet("+1\u2022\u202242")}
    assert plain < told
