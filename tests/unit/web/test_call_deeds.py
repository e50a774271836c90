from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from screener.core.settings import Action
from screener.steady_clock import SteadyClock
from screener.storage.audit import Audit
from screener.storage.keys import load_keys
from screener.storage.log_file import connect
from screener.storage.review_file import REVIEW_FILE
from screener.web.calls_pages import PAGES
from screener.web.site import Site
from tests.unit.cli.reviewing_agent import ALICE, BOB, CALL, WITHHELD
from tests.unit.cli.reviewing_agent import Site as Reviewed
from tests.unit.storage.logs import a_log, decided
from tests.unit.web.signed_in import SignedIn, Time, signed_in

OTHER, UNKNOWN = "00000000000000c3", "00000000000000ff"


@pytest.fixture
def reviewed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Reviewed:
    with a_log(tmp_path) as log:
        log.decisions(decided(CALL, ALICE))
        log.decisions(decided(WITHHELD, ALICE, presentation="prohib"))
        log.decisions(decided(OTHER, BOB))
        log.upkeep.step()
    return Reviewed(tmp_path, capsys)


@asynccontextmanager
async def admin(reviewed: Reviewed) -> AsyncIterator[SignedIn]:
    """Serve the pages over the site, at the machine's own time as its agent is."""
    time = Time(SteadyClock()())
    site = Site(reviewed.config, time)
    async with signed_in(reviewed.folder, PAGES, site=site, time=time) as at:
        yield at


async def flashed(at: SignedIn) -> str:
    """Return the page of calls, on which is told what was done."""
    return (await at.reviewer.get("/calls")).text


async def test_an_allow_from_a_row_is_in_force_when_the_page_comes_back(
    reviewed: Reviewed,
) -> None:
    with reviewed.agent():
        async with admin(reviewed) as at:
            assert "allow" not in str(reviewed.decide(ALICE).list_hit)
            told = {"for": "1d", "reason": "ticket 7", "back": "/calls?trunk=trunk-a"}
            done = await at.reviewer.post(f"/calls/{CALL}/allow", told)
            assert (done.status, done.location) == (303, "/calls?trunk=trunk-a")
            page = await flashed(at)
            assert "review 1: allow" in page
            assert "in force in the running agent" in page
            assert "5550142" not in page
            decision = reviewed.decide(ALICE)
            assert decision.verdict.action is Action.ADMIT
            assert decision.list_hit is not None
            assert decision.list_hit.action.value == "allow"
            assert "reviewer (web)" in reviewed.run("lists", "show").out
            assert "ticket 7" in reviewed.run("lists", "show").out


async def test_deny_not_spam_and_undo_do_what_the_commands_do(reviewed: Reviewed) -> None:
    with reviewed.agent():
        async with admin(reviewed) as at:
            await at.reviewer.post(f"/calls/{CALL}/deny")
            assert "review 1: deny" in await flashed(at)
            await at.reviewer.post(f"/calls/{CALL}/not-spam", {"for": "forever"})
            assert "for ever" in await flashed(at)
            assert "not spam" in await flashed(at)
            await at.reviewer.post(f"/calls/{CALL}/undo")
            assert "undone: allow" in await flashed(at)
            await at.reviewer.post(f"/calls/{CALL}/undo")
            assert "undone: deny" in await flashed(at)
            await at.reviewer.post(f"/calls/{CALL}/undo")
            assert "Not done: no review of" in await flashed(at)


async def test_without_an_agent_it_is_kept_and_that_is_said(reviewed: Reviewed) -> None:
    async with admin(reviewed) as at:
        await at.reviewer.post(f"/calls/{CALL}/allow")
        assert "no agent runs: it takes effect at its next start" in await flashed(at)


@pytest.mark.parametrize("call_id", [WITHHELD, UNKNOWN])
async def test_who_cannot_be_decided_of_is_told_why(reviewed: Reviewed, call_id: str) -> None:
    async with admin(reviewed) as at:
        assert (await at.reviewer.post(f"/calls/{call_id}/allow")).location == "/calls"
        assert "Not done: " in await flashed(at)


async def test_many_are_decided_of_at_once_each_caller_once(reviewed: Reviewed) -> None:
    with reviewed.agent():
        async with admin(reviewed) as at:
            told = [("id", one) for one in (CALL, OTHER, CALL, WITHHELD, "x")]
            form = [*told, ("deed", "deny"), ("for", "1h"), ("csrf", at.reviewer.csrf)]
            done = await at.reviewer.ask(
                "POST", "/calls/review", data=form, headers={"Origin": at.reviewer.origin}
            )
            assert done.status == 303
            page = await flashed(at)
            assert "deny: 2 callers" in page
            assert "not done of 1, such as: call 00000000000000b2 names no caller" in page


@pytest.mark.parametrize(
    "told",
    [
        {"deed": "deny"},
        {"deed": "erase", "id": CALL},
        {"deed": "deny", "id": "+16515550142"},
        {"deed": "deny", "id": CALL, "for": "1000y"},
    ],
)
async def test_a_form_that_makes_no_sense_does_nothing(
    reviewed: Reviewed, told: dict[str, str]
) -> None:
    async with admin(reviewed) as at:
        assert (await at.reviewer.post("/calls/review", told)).status == 303
        assert "Nothing was done" in await flashed(at)
        assert not (reviewed.folder / "state" / REVIEW_FILE).exists()


@pytest.mark.parametrize(
    "back",
    ["https://evil.example/", "//evil.example", "/logout", "/calls\r\nX: y", "", "x" * 3_000],
)
async def test_after_a_deed_a_browser_stays_with_the_calls(reviewed: Reviewed, back: str) -> None:
    async with admin(reviewed) as at:
        done = await at.reviewer.post(f"/calls/{CALL}/deny", {"back": back})
        assert done.location == "/calls"


async def test_a_number_is_shown_once_for_a_reason_that_the_audit_has(reviewed: Reviewed) -> None:
    async with admin(reviewed) as at:
        page = await at.reviewer.post(f"/calls/{CALL}/reveal", {"reason": "call back <b>"})
        assert page.status == 200
        assert ALICE in page.text
        assert page.headers["Cache-Control"] == "no-store"
        assert "call back &lt;b&gt;" in page.text
        log = connect(reviewed.log, wait_s=1.0)
        try:
            assert Audit(log, load_keys(reviewed.folder / "keys.json")).verify() == 1
            (deed,) = log.execute("SELECT who, what, reason, target FROM audit").fetchall()
        finally:
            log.close()
        assert deed == ("reviewer (web)", "reveal", "call back <b>", CALL)


async def test_without_a_reason_or_a_number_nothing_is_shown(reviewed: Reviewed) -> None:
    async with admin(reviewed) as at:
        asked = await at.reviewer.post(f"/calls/{CALL}/reveal", {"reason": " "})
        assert asked.location == f"/calls/{CALL}#reveal"
        assert "say why it is needed" in await flashed(at)
        page = await at.reviewer.post(f"/calls/{WITHHELD}/reveal", {"reason": "r"})
        assert (page.status, "no number was kept" in page.text) == (422, True)


@pytest.mark.parametrize("path", ["review", f"{CALL}/allow", f"{CALL}/undo", f"{CALL}/reveal"])
async def test_a_viewer_may_do_nothing_and_nobody_without_the_csrf(
    reviewed: Reviewed, path: str
) -> None:
    async with admin(reviewed) as at:
        told = {"id": CALL, "deed": "deny", "reason": "r"}
        assert (await at.viewer.post(f"/calls/{path}", told)).status == 403
        assert (await at.reviewer.post(f"/calls/{path}", told, csrf="")).status == 403
        assert not (reviewed.folder / "state" / REVIEW_FILE).exists()
