"""Deciding of callers without a terminal: each sentence is told through `say`."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partialmethod
from pathlib import Path

import pytest

from screener.core.lists import ListAction
from screener.desk import reviewer
from screener.desk.reviewer import Desk, NotTakenInError, desk
from screener.desk.reviews import call_not_spam, decide, effect_of, permitted, take_back
from screener.errors import MissingPartError, ScreenerError
from screener.service.reviewing import ALLOW, DENY, NOT_SPAM
from screener.storage.review_store import ReviewStore
from tests.unit.cli.reviewing_agent import ALICE, BOB, CALL, MASKED, PARTNER, WITHHELD, Site, a_site

WHO = "anna (web)"
DAY_S = 86_400.0
IN_FORCE = "in force in the running agent ("
NOBODY_THERE = "no agent runs: it takes effect at its next start"
NO_LIST = "now: no list speaks of the caller: it is judged like any other"


@pytest.fixture
def site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Site]:
    with a_site(tmp_path, capsys) as made:
        yield made
        assert capsys.readouterr() == ("", ""), "only `say` is told"


class At:
    """A desk of the web, and what was told there since it was last asked."""

    def __init__(self, opened: Desk, said: list[str]) -> None:
        self.desk = opened
        self._said = said

    @property
    def said(self) -> list[str]:
        """Return what was told since."""
        told = self._said[:]
        self._said.clear()
        return told

    def deny(self, target: str, for_s: float | None = DAY_S) -> list[str]:
        decide(target, ListAction.DENY, self.desk.act(DENY, until=self._until(for_s)), self.desk)
        return self.said

    def allow(self, target: str) -> list[str]:
        decide(target, ListAction.ALLOW, self.desk.act(ALLOW, until=self._until()), self.desk)
        return self.said

    def not_spam(self, call_id: str) -> list[str]:
        call_not_spam(call_id, self.desk.act(NOT_SPAM, until=self._until()), self.desk)
        return self.said

    def undo(self, target: str = "") -> list[str]:
        take_back(target, self.desk.act("undo"), self.desk)
        return self.said

    def _until(self, for_s: float | None = DAY_S) -> float | None:
        return None if for_s is None else self.desk.now + for_s


@contextmanager
def at_desk(site: Site, who: str = WHO) -> Iterator[At]:
    said: list[str] = []
    with desk(site.config, who, said.append) as opened:
        yield At(opened, said)
    assert "555014" not in " ".join(said)


@contextmanager
def hanging(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have an agent there that takes whoever asks and never answers."""
    monkeypatch.setattr(reviewer, "REFRESH_S", 0.2)
    path = site.folder / "control.sock"
    with socket.socket(socket.AF_UNIX) as hung:
        hung.bind(str(path))
        hung.listen()
        yield
    path.unlink()


def marks(site: Site) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(site.log)) as log:
        return log.execute("SELECT event FROM outcomes").fetchall()


def test_what_is_decided_is_told_as_it_is_done_and_its_number_is_known(site: Site) -> None:
    with site.agent(), at_desk(site) as at:
        kept, taken, now = at.deny(ALICE)
        assert site.speaks(ALICE) is ListAction.DENY
        assert kept.startswith(f"review 1: deny {MASKED} until 20")
        assert taken.startswith(IN_FORCE)
        assert now == "now: denied by a review on the list reviewed"
        allowed = at.allow(CALL)
        assert allowed[1].startswith("it takes the place of review 1 (deny until 20")
        assert allowed[1].endswith(f", by {WHO})")
        assert site.speaks(ALICE) is ListAction.ALLOW
        assert at.desk.made == [1, 2]


def test_without_an_agent_it_waits_for_the_next_start(site: Site) -> None:
    with at_desk(site) as at:
        assert at.deny(ALICE)[1] == NOBODY_THERE
    assert site.speaks(ALICE) is None
    with site.agent():
        assert site.speaks(ALICE) is ListAction.DENY


def test_a_deny_against_a_permanent_allow_says_that_it_does_nothing(site: Site) -> None:
    with site.agent(), at_desk(site) as at:
        assert at.deny(PARTNER)[2] == (
            "now: allowed for ever by the configuration's list partners, "
            "which beats the deny by review"
        )


@pytest.mark.parametrize(
    ("target", "action"),
    [
        *((target, ListAction.DENY) for target in ("911", "112", "_.", "", "\x1b[2J", "+0")),
        ("_.", ListAction.ALLOW),
        ("x6515550142", ListAction.ALLOW),
    ],
)
def test_what_would_do_harm_or_names_nobody_is_refused_and_nothing_is_kept(
    site: Site, target: str, action: ListAction
) -> None:
    with at_desk(site) as at:
        with pytest.raises(ScreenerError, match="TARGET") as told:
            decide(target, action, at.desk.act(action.value), at.desk)
        with pytest.raises(ScreenerError, match="TARGET"):
            permitted(target, action, at.desk)
        assert "\x1b" not in str(told.value)
        assert "555014" not in str(told.value)
        assert (at.said, at.desk.made) == ([], [])
        with pytest.raises(ScreenerError, match="has done nothing"):
            at.undo()


def test_emergency_numbers_may_be_allowed_and_everybody_only_by_a_pause(site: Site) -> None:
    with at_desk(site) as at:
        assert permitted("911", ListAction.ALLOW, at.desk).shown == "911"
        with pytest.raises(ScreenerError, match="screener pause"):
            permitted("_.", ListAction.ALLOW, at.desk)


def test_a_broad_deny_says_whom_it_would_have_hit(site: Site) -> None:
    with site.agent(), at_desk(site) as at:
        said = at.deny("+1651*", None)
        assert said[0] == "review 1: deny +1651* for ever"
        assert said[3] == (
            "of the last 1 calls with a number in 7 days it holds 1, 0 of them with a good outcome"
        )
        assert site.speaks(BOB) is site.speaks(PARTNER) is ListAction.DENY
        assert len(at.allow(ALICE)) == 3
        assert site.speaks(ALICE) is ListAction.ALLOW
        at.not_spam(CALL)
        effect = effect_of(permitted("+1651*", ListAction.DENY, at.desk), at.desk)
        assert effect is not None
        assert (effect.looked_at, effect.held, effect.good) == (1, 1, 1)


def test_without_a_log_a_broad_deny_is_kept_and_whom_it_hits_is_not_told(site: Site) -> None:
    site.log.unlink()
    with at_desk(site) as at:
        assert effect_of(permitted("+1651*", ListAction.DENY, at.desk), at.desk) is None
        assert at.deny("+1651*")[1:] == [NOBODY_THERE, at_now(at)]
        with pytest.raises(MissingPartError, match="there is no decision log"):
            at.not_spam(CALL)
        assert at.desk.made == [1]


def at_now(at: At) -> str:
    (standing,) = at.desk.reader.of_entry(
        permitted("+1651*", ListAction.DENY, at.desk).entry, at.desk.now
    )
    until = reviewer.moment(standing.action.until)
    return (
        f"now: denied by review 1 {until}; an allow of a number in it, here or for ever in the "
        "configuration, beats it"
    )


def test_not_spam_allows_marks_and_clears_and_can_be_taken_back(site: Site) -> None:
    with site.agent(), at_desk(site) as at:
        at.not_spam(CALL)
        assert site.memory.callers.get(ALICE) is not None
        assert site.speaks(ALICE) is ListAction.ALLOW
        assert marks(site) == [("not_spam",)]
        said = at.undo()
        assert site.speaks(ALICE) is None
    assert said[0].startswith(f"undone: review 1, not-spam of {MASKED} by {WHO}, until 20")
    assert said[2:] == [f"call {CALL} is no longer marked as a person's", NO_LIST]
    assert marks(site) == []


def test_not_spam_taken_back_by_its_caller_takes_the_mark_off_too(site: Site) -> None:
    with at_desk(site) as at:
        at.not_spam(CALL)
        said = at.undo(ALICE)
    assert said[0] == f"undone: allow of {MASKED} by {WHO} (review 1)"
    assert said[-1] == f"call {CALL} is no longer marked as a person's"
    assert marks(site) == []


def test_an_agent_that_hangs_leaves_the_review_and_the_mark(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hanging(site, monkeypatch), at_desk(site) as at:
        with pytest.raises(NotTakenInError, match=r"(?s)it is kept.*did not answer in time"):
            at.not_spam(CALL)
        said = at.said
    assert said[0].startswith(f"review 1: allow {MASKED} until 20")
    assert said[1:] == ["now: allowed by a review on the list reviewed"]
    assert marks(site) == [("not_spam",)]
    with site.agent():
        assert site.speaks(ALICE) is ListAction.ALLOW


@pytest.mark.parametrize("target", ["1", CALL])
def test_an_agent_that_hangs_leaves_what_was_taken_back_undone_and_unmarked(
    site: Site, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    with at_desk(site) as at:
        at.not_spam(CALL)
    with hanging(site, monkeypatch), at_desk(site) as at:
        with pytest.raises(NotTakenInError):
            at.undo(target)
        said = at.said
    assert said[0].startswith("undone: ")
    assert {f"call {CALL} is no longer marked as a person's", NO_LIST} == {*said[1:]}
    assert marks(site) == []
    with site.agent():
        assert site.speaks(ALICE) is None


def test_what_cannot_be_kept_marks_no_call(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with at_desk(site) as at:
        at.deny(BOB)
    monkeypatch.setattr(ReviewStore, "__init__", partialmethod(ReviewStore.__init__, wait_s=0.0))
    with closing(sqlite3.connect(site.folder / "state" / "review.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        locked = pytest.raises(ScreenerError, match="locked by another program: nothing was done")
        with locked, at_desk(site) as at:
            at.not_spam(CALL)
    assert marks(site) == []


@pytest.mark.parametrize(
    ("call_id", "why"),
    [
        *((WITHHELD, "names no caller"), ("00000000000000ff", "holds no call")),
        *((ALICE, "16 digits"), ("", "16 digits"), (CALL.upper(), "16 digits")),
        (f"{CALL}\n", "16 digits"),
    ],
)
def test_a_call_that_names_nobody_is_nobody_s(site: Site, call_id: str, why: str) -> None:
    with at_desk(site) as at:
        with pytest.raises(ScreenerError, match=why):
            at.not_spam(call_id)
        assert (at.said, at.desk.made) == ([], [])
    assert marks(site) == []


def test_your_own_latest_is_taken_back_and_nobody_else_s(site: Site) -> None:
    with at_desk(site) as at:
        at.deny(ALICE)
    with at_desk(site, "ben (web)") as at, pytest.raises(ScreenerError, match=r"ben .* nothing"):
        at.undo()
    with site.agent(), at_desk(site) as at:
        at.undo()
        assert site.speaks(ALICE) is None


def test_what_is_taken_back_by_number_or_by_caller_says_what_is_in_force_then(site: Site) -> None:
    with site.agent(), at_desk(site) as at:
        at.deny(ALICE)
        at.allow(ALICE)
        assert at.undo("2")[2] == "now: denied by a review on the list reviewed"
        for target, why in (("2", "undone already"), ("99", "no review 99"), ("0", "no review 0")):
            with pytest.raises(ScreenerError, match=why):
                at.undo(target)
        undone, taken, now = at.undo(CALL)
        assert undone == f"undone: deny of {MASKED} by {WHO} (review 1)"
        assert taken.startswith(IN_FORCE)
        assert now == NO_LIST
        with pytest.raises(ScreenerError, match=r"no review of .* is in force; now: no list"):
            at.undo(ALICE)
        assert at.said == []
