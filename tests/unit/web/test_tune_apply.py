import re
from contextlib import closing
from pathlib import Path

import pytest

from screener.config.history import History
from screener.config.load import load_config
from screener.core.settings import Mode
from screener.storage.deeds import REVIEW_BOOK, entries
from screener.storage.log_query import open_to_read
from screener.storage.web_drafts import WebDrafts
from screener.web import tune_apply
from screener.web.site import Site
from tests.builders import NOW
from tests.unit.agents import an_agent
from tests.unit.web.signed_in import Answer, SignedIn, signed_in
from tests.unit.web.test_tune_pages import ALL, file_of, text_of, typed

MILD = "captcha: {places: 9999}\n"


async def a_review(at: SignedIn, text: str) -> Answer:
    done = await typed(at, text, "/tune/review")
    assert (done.status, done.location) == (303, "/tune/apply")
    return await at.admin.get("/tune/apply")


def prints(page: Answer) -> dict[str, str]:
    return dict(re.findall(r'name="(draft|base|disk)" value="([0-9a-f]{64})"', page.text))


async def apply(at: SignedIn, page: Answer, *, sure: bool = False) -> Answer:
    """Apply what a review shows, and return the page that tells what came of it."""
    done = await at.admin.post("/tune/apply", prints(page) | ({"sure": "yes"} if sure else {}))
    assert done.status == 303
    return await at.admin.get(done.location, allow_redirects=True)


async def test_a_review_tells_what_changes_and_what_speaks_against_it(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ALL) as at:
        text = file_of(at).read_text() + MILD + "mode: enforce\nlog: {format: json}\n"
        page = await a_review(at, text)
        for told in (
            "captcha.places",
            "<ins>+ mode: enforce</ins>",
            "was not replayed over past calls",
            "from observe to enforce",
            'next start: <span class="mono">log.format</span>',
        ):
            assert told in page.text
        assert file_of(at).read_text() != text


async def test_nothing_is_in_force_before_what_speaks_against_it_is_ticked(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ALL) as at:
        before = file_of(at).read_text()
        page = await a_review(at, before + "mode: enforce\n")
        assert "Nothing was changed: tick" in (await apply(at, page)).text
        assert file_of(at).read_text() == before
        done = await apply(at, page, sure=True)
        assert "is exchanged; no agent runs" in done.text
        assert file_of(at).read_text() == before + "mode: enforce\n"
        assert at.site.config.settings.mode is Mode.ENFORCE
        assert WebDrafts(at.site.folder).of("admin") is None
        kept = History(at.site.folder).latest(file_of(at))
        assert kept is not None
        assert (kept.who, kept.at) == ("admin (web)", NOW)
        with closing(open_to_read(at.site.folder / "review.db")) as reviews:
            assert [(one.who, one.what) for one in entries(reviews, REVIEW_BOOK)] == [
                ("admin (web)", "apply")
            ]


async def test_a_change_of_words_alone_needs_no_confirmation(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ALL) as at:
        text = "# by ann\n" + file_of(at).read_text()
        page = await a_review(at, text)
        assert "only comments" in page.text
        await apply(at, page)
        assert file_of(at).read_text() == text


async def test_a_draft_with_problems_is_not_put_in_force(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ALL) as at:
        before = file_of(at).read_text()
        page = await a_review(at, before + MILD)
        await typed(at, before + "mode: perhaps\n")
        assert "no longer the one you reviewed" in (await apply(at, page, sure=True)).text
        assert (await at.admin.get("/tune/apply")).location == "/tune"
        assert (await typed(at, before + "mode: 1\n", "/tune/review")).location == "/tune"
        assert file_of(at).read_text() == before


async def test_a_file_that_somebody_changed_is_never_written_over_by_itself(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ALL) as at:
        before = file_of(at).read_text()
        page = await a_review(at, before + MILD)
        theirs = "# theirs\n" + before
        file_of(at).write_text(theirs)
        told = await apply(at, page, sure=True)
        assert "no longer the one that you reviewed" in told.text
        assert "<ins>+ # theirs</ins>" in told.text
        assert f"<ins>+ {MILD.strip()}</ins>" in told.text
        assert file_of(at).read_text() == theirs
        assert (await at.admin.get("/tune/apply")).location == "/tune/conflict"
        assert "changed by somebody else" in (await at.admin.get("/tune")).text


@pytest.mark.parametrize(
    ("how", "where", "draft", "aside"),
    [
        ("both", "/tune", "# theirs\n{}" + MILD, False),
        ("theirs", "/tune", "# theirs\n{}", True),
        ("mine", "/tune/apply", "{}" + MILD, False),
    ],
)
async def test_a_conflict_is_settled_as_the_person_says(
    tmp_path: Path, how: str, where: str, draft: str, *, aside: bool
) -> None:
    async with signed_in(tmp_path, ALL) as at:
        before = file_of(at).read_text()
        await a_review(at, before + MILD)
        file_of(at).write_text("# theirs\n" + before)
        page = await at.admin.get("/tune/conflict")
        assert (await at.admin.post("/tune/conflict", prints(page) | {"how": "?"})).location == (
            "/tune/conflict"
        )
        done = await at.admin.post("/tune/conflict", prints(page) | {"how": how})
        assert done.location == where
        shown = await at.admin.get("/tune")
        assert text_of(shown) == draft.replace("{}", before)
        assert ("Your edits from before" in shown.text) is aside
        if how == "mine":
            review = await at.admin.get("/tune/apply")
            assert "<del>- # theirs</del>" in review.text
            await apply(at, review, sure=True)
            assert file_of(at).read_text() == before + MILD


async def test_edits_that_meet_are_not_put_together(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ALL) as at:
        before = file_of(at).read_text()
        await a_review(at, before + MILD)
        file_of(at).write_text(before + "mode: enforce\n")
        page = await at.admin.get("/tune/conflict")
        assert 'value="both"' not in page.text
        done = await at.admin.post("/tune/conflict", prints(page) | {"how": "both"})
        assert done.location == "/tune/conflict"
        assert text_of(await at.admin.get("/tune")) == before + MILD


async def test_a_conflict_that_changed_again_is_shown_again(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ALL) as at:
        before = file_of(at).read_text()
        await a_review(at, before + MILD)
        file_of(at).write_text("# one\n" + before)
        page = await at.admin.get("/tune/conflict")
        file_of(at).write_text("# two\n" + before)
        done = await at.admin.post("/tune/conflict", prints(page) | {"how": "mine"})
        assert done.location == "/tune/conflict"
        assert "# two" in (await at.admin.get("/tune/conflict")).text


async def test_a_draft_begun_from_a_file_nobody_knows_conflicts(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ALL) as at:
        text = file_of(at).read_text() + MILD
        done = await at.admin.post("/tune/review", {"text": text, "base": "0" * 64})
        assert done.location == "/tune/apply"
        page = await at.admin.get("/tune/apply", allow_redirects=True)
        assert "not known any more" in page.text


async def test_a_file_broken_by_hand_is_corrected_here(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ALL) as at:
        good = file_of(at).read_text()
        file_of(at).write_text(good + "mode: perhaps\n")
        page = await a_review(at, good)
        assert "the file in force is refused" in page.text
        await apply(at, page, sure=True)
        assert file_of(at).read_text() == good


async def test_who_may_not_write_the_file_is_told_and_offered_the_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with signed_in(tmp_path, ALL) as at:
        # Tests may run as root, who may write everywhere.
        monkeypatch.setattr(tune_apply, "why_not_written", lambda _: "not yours")
        before = file_of(at).read_text()
        page = await a_review(at, before + MILD)
        assert "cannot be put in force from here: not yours" in page.text
        assert 'href="/tune/draft.yaml"' in page.text
        page = await at.admin.get("/tune/apply")
        assert prints(page) == {}
        assert file_of(at).read_text() == before


def test_another_users_file_and_folder_are_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "screener.yaml"
    path.write_text("version: 1\n")
    assert tune_apply.why_not_written(path) == ""
    monkeypatch.setattr("os.geteuid", lambda: path.stat().st_uid + 1)
    assert "belongs to user" in tune_apply.why_not_written(path)
    monkeypatch.setattr("os.access", lambda *_: False)
    assert "the folder" in tune_apply.why_not_written(path)


async def test_a_running_agent_takes_it_and_says_what_waits_for_its_next_start(
    tmp_path: Path,
) -> None:
    with an_agent(tmp_path) as agent:
        site = Site(agent.config, lambda: NOW)
        async with signed_in(tmp_path, ALL, site=site) as at:
            text = agent.config.read_text()
            page = await a_review(at, text + "site: {operators: 3}\nmetrics: {port: 9999}\n")
            done = await apply(at, page, sure=True)
            new = load_config(agent.config).settings.config_hash
            assert f"config {new} is in force" in done.text
            assert "metrics.port takes effect at the next start" in done.text
            assert agent.ask({"op": "status"})["config"] == new
            agent.config.write_text(
                agent.config.read_text().replace("operators: 3", "operators: 4")
            )
            page = await a_review(at, agent.config.read_text() + "captcha: {places: 9}\n")
            assert "was changed since the agent read it" in page.text
