import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partialmethod
from pathlib import Path

import pytest

from screener.core.lists import ListAction
from screener.storage.review_store import ReviewStore
from tests.unit.cli.reviewing_agent import ALICE, BOB, CALL, PARTNER, WITHHELD, Site, a_site

MASKED = "+1\u2022\u2022\u2022\u2022\u2022\u2022\u2022\u202242"


@pytest.fixture
def site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Site]:
    with a_site(tmp_path, capsys) as made:
        yield made


def speaks(site: Site, number: str) -> ListAction | None:
    hit = site.decide(number).list_hit
    return hit.action if hit is not None else None


def outcomes(site: Site) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(site.log)) as log:
        return log.execute("SELECT event FROM outcomes").fetchall()


def test_a_refused_caller_is_let_back_in_by_the_id_of_the_call(site: Site) -> None:
    with site.agent():
        site.lines("deny", ALICE)
        assert speaks(site, ALICE) is ListAction.DENY
        said = site.lines("allow", CALL, "--reason", "her daughter rang")
        assert site.decide(ALICE).verdict.reasons[0] == "always-allowed"
    assert said[0].startswith(f"review 2: allow {MASKED} until 20")
    assert said[1].startswith("it takes the place of review 1 (deny until")
    assert said[2].startswith("in force in the running agent (")
    assert said[3] == "now: allowed by a review on the list reviewed"


def test_without_an_agent_it_waits_for_the_next_start(site: Site) -> None:
    assert site.lines("deny", ALICE)[1] == "no agent runs: it takes effect at its next start"
    assert speaks(site, ALICE) is None
    with site.agent():
        assert speaks(site, ALICE) is ListAction.DENY


@pytest.mark.parametrize(
    "words",
    [
        *(("allow", ALICE), ("deny", ALICE), ("allow", CALL), ("not-spam", CALL)),
        ("deny", f"{ALICE}-{ALICE}"),
    ],
)
def test_no_command_says_a_number(site: Site, words: tuple[str, ...]) -> None:
    with site.agent():
        first, second = site.run(*words), site.run("undo")
    for done in (first, second, site.run("undo", ALICE), site.run("allow", "6515550142x")):
        assert "555014" not in done.out + done.err
    assert MASKED in first.out


def test_a_deny_against_a_permanent_allow_says_that_it_does_nothing(site: Site) -> None:
    with site.agent():
        said = site.lines("deny", PARTNER)
    assert said[2] == (
        "now: allowed for ever by the configuration's list partners, which beats the deny by review"
    )


@pytest.mark.parametrize("target", ["911", "112", "_."])
def test_emergency_numbers_and_everybody_cannot_be_denied(site: Site, target: str) -> None:
    assert "TARGET" in site.refused("deny", target)
    assert "screener pause" in site.refused("allow", "_.")
    assert site.refused("undo") != ""


def test_a_broad_deny_says_whom_it_would_have_hit(site: Site) -> None:
    with site.agent():
        said = site.lines("deny", "+1651*", "--for", "forever")
        assert speaks(site, BOB) is ListAction.DENY
        assert speaks(site, PARTNER) is ListAction.DENY
        site.lines("allow", ALICE)
        assert speaks(site, ALICE) is ListAction.ALLOW
    assert said[0] == "review 1: deny +1651* for ever"
    assert said[3] == (
        "of the last 1 calls with a number in 7 days it holds 1, 0 of them with a good outcome"
    )


def test_spans_are_checked_before_anything_is_kept(site: Site) -> None:
    for span in ("0s", "soon", "-1d", "3651d", "nan"):
        assert "--for" in site.refused("allow", ALICE, "--for", span, status=2)
    assert "has done nothing" in site.refused("undo")


def test_not_spam_allows_marks_and_clears(site: Site) -> None:
    with site.agent():
        site.lines("not-spam", CALL)
        assert site.memory.callers.get(ALICE) is not None
        assert outcomes(site) == [("not_spam",)]
        said = site.lines("undo")
        assert speaks(site, ALICE) is None
    assert said[0].startswith(f"undone: review 1, not-spam of {MASKED} by ")
    assert said[2] == f"call {CALL} is no longer marked as a person's"
    assert said[3] == "now: no list speaks of the caller: it is judged like any other"
    assert outcomes(site) == []


def test_what_cannot_be_kept_marks_no_call(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.lines("deny", BOB)
    monkeypatch.setattr(ReviewStore, "__init__", partialmethod(ReviewStore.__init__, wait_s=0.0))
    with closing(sqlite3.connect(site.folder / "state" / "review.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "locked by another program: nothing was done" in site.refused("not-spam", CALL)
    assert outcomes(site) == []


def test_a_call_that_names_nobody_is_refused(site: Site) -> None:
    assert "names no caller" in site.refused("not-spam", WITHHELD)
    assert "names no caller" in site.refused("allow", WITHHELD)
    assert "holds no call" in site.refused("not-spam", "00000000000000ff")
    assert "16 digits" in site.refused("not-spam", ALICE)


def test_undo_takes_back_your_own_latest_then_the_one_before(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_USER", "anna")
    with site.agent():
        site.lines("deny", ALICE)
        site.lines("deny", "+44*")
        monkeypatch.setenv("SUDO_USER", "bob")
        assert "sudo by bob) has done nothing" in site.refused("undo")
        monkeypatch.setenv("SUDO_USER", "anna")
        assert "+44*" in site.lines("undo")[0]
        assert speaks(site, ALICE) is ListAction.DENY
        site.lines("undo")
        assert speaks(site, ALICE) is None
        assert "has done nothing" in site.refused("undo")


def test_undo_by_number_or_by_caller_says_what_is_in_force_then(site: Site) -> None:
    with site.agent():
        site.lines("deny", ALICE)
        site.lines("allow", ALICE)
        assert site.lines("undo", "2")[2] == "now: denied by a review on the list reviewed"
        assert "undone already" in site.refused("undo", "2")
        assert "no review 99" in site.refused("undo", "99")
        assert site.lines("undo", CALL)[0].startswith(f"undone: deny of {MASKED}")
        assert "no review of" in site.refused("undo", ALICE)


def test_a_name_of_a_list_is_checked(site: Site) -> None:
    assert "is a list of the configuration" in site.refused("allow", ALICE, "--list", "partners")
    assert "a-z" in site.refused("allow", ALICE, "--list", "Bad Name")
    site.lines("allow", ALICE, "--list", "vip")
    assert "list vip" in site.lines("lists", "show")[0]
