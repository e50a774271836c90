from screener.web.calls_rows import MAIN_REASONS, outcome_of, row_of, rows_html

CALL: dict[str, object] = {
    "seq": 7,
    "id": "a1",
    "at": 5.0,
    "verdict": "drop",
    "would": "drop",
    "treatment": "busy",
    "reasons": ["score", "a", "b", "c"],
    "did": None,
    "trunk": "t\x1b",
    "caller": "+1••42",
    "caller_class": "valid",
    "score": 7.25,
    "outcomes": [],
}


def test_a_row_tells_the_first_reasons_and_how_many_more_there_are() -> None:
    row = row_of(CALL)
    assert (row.reasons, row.more) == (("score", "a", "b"), 4 - MAIN_REASONS)


def test_what_enforcing_would_do_is_told_only_where_it_is_something_else() -> None:
    assert not row_of(CALL).would
    assert row_of({**CALL, "would": "challenge"}).would == "challenge"


def test_texts_are_inert_and_what_is_unknown_is_empty() -> None:
    row = row_of({**CALL, "score": None})
    assert (row.trunk, row.did, row.score) == ("t?", "", "")


def test_the_last_that_became_of_a_call_is_told_in_words() -> None:
    outcomes = [
        {"at": 1.0, "event": "queue_joined", "talk_s": 0.0},
        {"at": 2.0, "event": "answered", "talk_s": 61.4},
    ]
    assert outcome_of({**CALL, "outcomes": outcomes}) == "answered, 61\u00a0s"
    assert outcome_of({**CALL, "outcomes": outcomes[:1]}) == "in the queue"
    assert outcome_of({**CALL, "outcomes": [{"event": "new\n", "talk_s": None}]}) == "new?"
    assert not outcome_of(CALL)


def test_the_edge_is_told_where_the_log_is_of_all() -> None:
    assert row_of(CALL).edge == ""
    assert row_of({**CALL, "edge": "edge\x1b"}).edge == "edge?"
    assert 'data-name="Edge">edge-a<' in rows_html([{**CALL, "edge": "edge-a"}], may_act=False)
    assert "Edge" not in rows_html([CALL], may_act=False)
