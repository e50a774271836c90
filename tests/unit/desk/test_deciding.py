from pathlib import Path

import pytest

from screener.desk.deciding import DEEDS, MOST, USUAL_SPANS, Wanted, decide_all
from tests.unit.cli.reviewing_agent import ALICE, CALL, WITHHELD, Site, a_site


@pytest.fixture
def site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Site:
    with a_site(tmp_path, capsys) as made:
        return made


def test_what_is_decided_stands_for_its_usual_time(site: Site) -> None:
    for deed, span in USUAL_SPANS.items():
        done = decide_all(site.config, "anna (web)", Wanted(deed, [CALL]))
        assert (done.callers, done.refused) == (1, [])
        assert done.said[0].startswith("review ")
        assert span in {"1d", "30d"}
    assert set(DEEDS) == {*USUAL_SPANS, "undo"}
    undone = decide_all(site.config, "anna (web)", Wanted("undo", [CALL], reason="wrong"))
    assert undone.said[0].startswith("undone: allow")


def test_a_caller_is_decided_of_once_and_one_that_fails_keeps_no_other_from_it(site: Site) -> None:
    done = decide_all(site.config, "a", Wanted("deny", [WITHHELD, CALL, CALL], "forever"))
    assert done.callers == 1
    assert done.refused == [
        f"call {WITHHELD} names no caller: nobody can be allowed or denied by it"
    ]
    assert ALICE not in " ".join([*done.said, *done.refused])


def test_no_more_are_looked_at_than_is_bounded(site: Site) -> None:
    done = decide_all(site.config, "a", Wanted("deny", ["f" * 16] * (MOST + 5)))
    assert len(done.refused) == MOST


def test_a_span_that_is_none_is_refused_in_words(site: Site) -> None:
    done = decide_all(site.config, "a", Wanted("deny", [CALL], "soon"))
    assert done.callers == 0
    assert done.refused[0].startswith("how long: allowed is")
