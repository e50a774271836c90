import html
import re
from pathlib import Path

import pytest

from screener.desk.drafts import fingerprint
from screener.storage.web_drafts import WebDrafts
from screener.web.page import Role
from screener.web.site import Site
from screener.web.tune_apply import PAGES as APPLY
from screener.web.tune_history import PAGES as HISTORY
from screener.web.tune_pages import PAGES
from screener.web.tune_replay import PAGES as REPLAY
from tests.builders import NOW
from tests.unit.web.signed_in import Answer, SignedIn, signed_in

ALL = (*PAGES, *REPLAY, *APPLY, *HISTORY)
CALM = "policy.thresholds.calm.challenge"


def text_of(page: Answer) -> str:
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page.text, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def base_of(page: Answer) -> str:
    found = re.search(r'name="base" value="([0-9a-f]{64})"', page.text)
    assert found is not None
    return found[1]


def file_of(at: SignedIn) -> Path:
    assert at.site.path is not None
    return at.site.path


async def typed(at: SignedIn, text: str, where: str = "/tune/check", **more: str) -> Answer:
    base = base_of(await at.admin.get("/tune"))
    return await at.admin.post(where, {"text": text, "base": base, **more})


def test_only_admins_tune() -> None:
    assert {page.role for page in ALL} == {Role.ADMIN}
    assert all(page.method in {"GET", "POST"} and not page.api for page in ALL)


async def test_the_file_in_force_stands_in_the_editor_and_is_not_touched(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ALL, extra="# a <b> & “c”\nmode: observe\n") as at:
        before = file_of(at).read_bytes()
        page = await at.admin.get("/tune")
        assert page.status == 200
        assert text_of(page).encode() == before
        assert base_of(page) == fingerprint(before)
        assert "No problem." in page.text
        assert "<b>" not in text_of(page) or "&lt;b&gt;" in page.text
        assert file_of(at).read_bytes() == before
        assert (await at.viewer.get("/tune")).status == 403


async def test_what_is_typed_is_kept_as_a_draft_and_its_problems_are_told_at_their_lines(
    tmp_path: Path,
) -> None:
    async with signed_in(tmp_path, ALL) as at:
        before = file_of(at).read_text()
        done = await typed(at, before.replace("\n", "\r\n") + "mode: perhaps\r\n")
        assert (done.status, done.location) == (303, "/tune")
        page = await at.admin.get("/tune")
        assert text_of(page) == before + "mode: perhaps\n"
        assert 'data-line="4" data-column="7"' in page.text
        assert "<code>mode: perhaps</code>" in page.text
        draft = WebDrafts(at.site.folder).of("admin")
        assert draft is not None
        assert (draft.content, draft.base, draft.at) == (
            (before + "mode: perhaps\n").encode(),
            before.encode(),
            NOW,
        )
        assert file_of(at).read_text() == before


async def test_the_script_is_told_problems_values_and_where_the_text_stands(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ALL) as at:
        text = file_of(at).read_text()
        base = fingerprint(text.encode())
        same = (await at.admin.post("/tune/check", json={"text": text, "base": base})).json()
        assert (same["problems"], same["same"], same["good"], "text" in same) == (
            [],
            True,
            True,
            False,
        )
        assert same["values"][CALM] == 5
        wrong = {"text": text + "mode: perhaps\n", "base": base}
        told = (await at.admin.post("/tune/check", json=wrong)).json()
        ((line, column),) = [(one["line"], one["column"]) for one in told["problems"]]
        assert (line, column, told["good"]) == (4, 7, False)
        assert told["status"].startswith("draft kept ")
        no_yaml = (await at.admin.post("/tune/check", json={"text": "a: [", "base": base})).json()
        assert no_yaml["values"] is None
        assert no_yaml["problems"][0]["text"].startswith("not valid YAML")
        assert (await at.admin.post("/tune/check", json=["x"])).status == 400
        assert (await at.admin.post("/tune/check", csrf="", json=wrong)).status == 403


async def test_a_slider_writes_into_the_text_with_script_and_without(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ALL, extra="policy: {refuse_from: 11}  # mine\n") as at:
        text = file_of(at).read_text()
        base = fingerprint(text.encode())
        moved = {"text": text, "base": base, "moved": {CALM: "4.5"}}
        told = (await at.admin.post("/tune/check", json=moved)).json()
        wanted = text.replace("11}", "11, thresholds: {calm: {challenge: 4.5}}}")
        assert told["text"] == wanted
        assert told["values"][CALM] == 4.5
        form = {
            f"set:{CALM}": "4",
            f"was:{CALM}": "4.5",
            "set:mode": "observe",
            "was:mode": "observe",
        }
        await typed(at, wanted, **form)
        assert text_of(await at.admin.get("/tune")) == wanted.replace("4.5", "4")
        await typed(at, wanted, **{f"set:{CALM}": "1000", f"was:{CALM}": "4.5"})
        page = await at.admin.get("/tune")
        assert "is not set: allowed: a number, -100 to 100" in page.text
        assert text_of(page) == wanted


async def test_line_ends_and_a_byte_order_mark_come_back_as_they_were(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ALL) as at:
        windows = b"\xef\xbb\xbf" + file_of(at).read_bytes().replace(b"\n", b"\r\n")
        file_of(at).write_bytes(windows)
        page = await at.admin.get("/tune")
        await typed(at, text_of(page).replace("\n", "\r\n"))
        assert WebDrafts(at.site.folder).of("admin") is None
        await typed(at, text_of(page) + "mode: enforce\n")
        draft = WebDrafts(at.site.folder).of("admin")
        assert draft is not None
        assert draft.content == windows + b"mode: enforce\r\n"


async def test_a_draft_is_downloaded_and_thrown_away_only_when_that_is_meant(
    tmp_path: Path,
) -> None:
    async with signed_in(tmp_path, ALL) as at:
        text = file_of(at).read_text() + "mode: enforce\n"
        await typed(at, text)
        file = await at.admin.get("/tune/draft.yaml")
        assert file.text == text
        assert file.headers["Content-Disposition"] == 'attachment; filename="draft-screener.yaml"'
        await at.admin.post("/tune/discard")
        assert text_of(await at.admin.get("/tune")) == text
        await at.admin.post("/tune/discard", {"sure": "yes"})
        assert text_of(await at.admin.get("/tune")) == file_of(at).read_text()


async def test_what_cannot_be_kept_stays_on_the_page(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ALL) as at:
        drafts = at.site.folder / "web-drafts"
        drafts.write_text("in the way")
        text = file_of(at).read_text() + "mode: enforce\n"
        page = await typed(at, text)
        assert (page.status, text_of(page)) == (200, text)
        assert "cannot be kept" in page.text
        json = {"text": text, "base": fingerprint(b"")}
        told = (await at.admin.post("/tune/check", json=json)).json()
        assert "cannot be kept" in told["status"]


async def test_a_file_that_is_broken_by_hand_is_shown_with_its_problem(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ALL) as at:
        file_of(at).write_text("version: 1\nmode: [\n")
        page = await at.admin.get("/tune")
        assert text_of(page) == "version: 1\nmode: [\n"
        assert "not valid YAML" in page.text
        assert "no value can be set" in page.text
        file_of(at).write_bytes(b"version: 1\n# \xff\n")
        page = await at.admin.get("/tune")
        assert (page.status, "no text in UTF-8" in page.text) == (422, True)
        file_of(at).unlink()
        page = await at.admin.get("/tune")
        assert (page.status, "cannot be read" in page.text) == (422, True)


@pytest.mark.parametrize("path", ["/tune", "/tune/history"])
async def test_without_a_file_it_is_told_how_to_begin(
    tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    async with signed_in(tmp_path, ALL, site=Site(None, lambda: NOW)) as at:
        page = await at.admin.get(path)
        assert (page.status, "How to begin" in page.text, "<textarea" in page.text) == (
            200,
            True,
            False,
        )
        shipped = Path(__file__).parents[3] / "config" / "screener.yaml"
        assert (await at.admin.get("/tune/defaults.yaml")).text == shipped.read_text()
        for post in (
            "/tune/check",
            "/tune/review",
            "/tune/replay",
            "/tune/apply",
            "/tune/rollback",
        ):
            form = {"text": "", "base": "", "sure": "yes"}
            refused = await at.admin.post(post, form)
            assert refused.status in {303, 503}
            page = await at.admin.get(refused.location) if refused.location else refused
            assert "no configuration file" in page.text
