from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.core.call import Facts, read_call
from screener.core.lists import ListAction
from screener.steady_clock import SteadyClock
from tests.unit.cli.reviewing_agent import ALICE, BOB, CALL, MASKED, Site, a_site


@pytest.fixture
def site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Site]:
    with a_site(tmp_path, capsys) as made:
        yield made


def test_a_refused_caller_is_let_back_in_by_the_id_of_the_call(site: Site) -> None:
    with site.agent():
        site.lines("deny", ALICE)
        assert site.speaks(ALICE) is ListAction.DENY
        said = site.lines("allow", CALL, "--reason", "her daughter rang")
        assert site.decide(ALICE).verdict.reasons[0] == "always-allowed"
    assert said[0].startswith(f"review 2: allow {MASKED} until 20")
    assert said[1].startswith("it takes the place of review 1 (deny until")
    assert said[2].startswith("in force in the running agent (")
    assert said[3] == "now: allowed by a review on the list reviewed"


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


def test_spans_are_checked_before_anything_is_kept(site: Site) -> None:
    for span in ("0s", "soon", "-1d", "3651d", "nan"):
        assert "--for" in site.refused("allow", ALICE, "--for", span, status=2)
    assert "has done nothing" in site.refused("undo")


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
        assert site.speaks(ALICE) is ListAction.DENY
        site.lines("undo")
        assert site.speaks(ALICE) is None
        assert "has done nothing" in site.refused("undo")


def test_a_name_of_a_list_is_checked(site: Site) -> None:
    assert "is a list of the configuration" in site.refused("allow", ALICE, "--list", "partners")
    assert "a-z" in site.refused("allow", ALICE, "--list", "Bad Name")
    site.lines("allow", ALICE, "--list", "vip")
    assert "list vip" in site.lines("lists", "show")[0]


def denied_by(site: Site, trunk: str) -> bool:
    now = SteadyClock()()
    call, load = read_call(Facts(number=BOB, trunk=trunk), site.engine.plan, call_id="x", now=now)
    return "denied-trunk" in site.engine.assess(call, load).verdict.reasons


def test_a_trunk_is_denied_for_a_while_and_that_is_taken_back(site: Site) -> None:
    with site.agent():
        said = site.lines("deny", "--trunk", "trunk-a", "--for", "30m", "--yes")
        assert denied_by(site, "trunk-a")
        assert not denied_by(site, "trunk-b")
        undone = site.lines("undo", "--trunk", "trunk-a")
        assert not denied_by(site, "trunk-a")
        site.lines("deny", "trunk:trunk-a", "--yes")
        assert denied_by(site, "trunk-a")
        assert site.lines("allow", "--trunk", "trunk-a")[0].startswith("undone: deny of trunk")
        assert not denied_by(site, "trunk-a")
    assert said[0] == (
        "of the 2 calls of the last hour 2 (100%) came by it, 0 of them of known callers or of "
        "who passed a captcha"
    )
    assert said[2].startswith("review 1: deny trunk trunk-a until 20")
    assert said[-1].endswith("or lately passed a captcha, comes through")
    assert undone[0].startswith("undone: deny of trunk trunk-a by")
    assert undone[-1] == "now: no review speaks of it"


def test_a_trunk_is_denied_only_by_who_says_yes_and_for_a_day_at_most(site: Site) -> None:
    for words in ("--trunk=a", "trunk:a"):
        asked = site.run("deny", words)
        assert asked.status == 1
        assert "a trunk of that name; the log has: trunk-a" in asked.out
    for span in ("forever", "25h"):
        assert "1d at most" in site.run("deny", "--trunk", "a", "--for", span, "--yes").err
    for both in (("deny",), ("deny", ALICE, "--trunk", "a"), ("undo", "7", "--trunk", "a")):
        assert "one of the two" in site.refused(*both, status=2)
    assert "has done nothing" in site.refused("undo")
