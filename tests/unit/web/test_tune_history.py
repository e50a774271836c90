import re
import time
from pathlib import Path

from screener.config.history import History
from screener.config.load import load_config
from screener.web import tune_history
from screener.web.site import Site
from tests.builders import NOW
from tests.unit.agents import an_agent
from tests.unit.web.signed_in import Answer, SignedIn, signed_in
from tests.unit.web.test_tune_apply import MILD, a_review, apply
from tests.unit.web.test_tune_pages import ALL, file_of


def step_back(page: Answer) -> dict[str, str]:
    return dict(re.findall(r'name="(file|present)" value="([^"]+)"', page.text))


async def replaced(at: SignedIn, text: str) -> None:
    await apply(at, await a_review(at, text), sure=True)


async def test_each_change_is_told_with_who_made_it_and_its_lines(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ALL) as at:
        page = await at.admin.get("/tune/history")
        assert "There is no way back" in page.text
        before = file_of(at).read_text()
        await replaced(at, before + MILD)
        await replaced(at, "# <i>\n" + before + MILD)
        page = await at.admin.get("/tune/history")
        assert page.text.count("by admin (web)</h3>") == 2
        first, second = page.text.index("+ # &lt;i&gt;"), page.text.index("+ " + MILD.strip())
        assert first < second
        name = History(at.site.folder).kept()[0].file
        kept = await at.admin.get(f"/tune/history/{name}")
        assert (kept.status, MILD.strip() in kept.text) == (200, False)
        assert (await at.admin.get(f"/tune/history/{name}?download")).text == before
        assert (await at.admin.get("/tune/history/index.json")).status == 404


async def test_one_step_back_is_done_where_it_is_meant_and_of_what_was_shown(
    tmp_path: Path,
) -> None:
    async with signed_in(tmp_path, ALL) as at:
        before = file_of(at).read_text()
        await replaced(at, before + MILD)
        page = await at.admin.get("/tune/history")
        assert "captcha.places</span>: 9999 &rarr; 10000" in page.text
        form = step_back(page)
        await at.admin.post("/tune/rollback", form)
        assert "tick that" in (await at.admin.get("/tune/history")).text
        assert file_of(at).read_text() == before + MILD
        stale = form | {"present": "0" * 64, "sure": "yes"}
        await at.admin.post("/tune/rollback", stale)
        assert "somebody changed the file" in (await at.admin.get("/tune/history")).text
        assert file_of(at).read_text() == before + MILD
        await at.admin.post("/tune/rollback", form | {"sure": "yes"})
        assert file_of(at).read_text() == before
        page = await at.admin.get("/tune/history")
        assert "is exchanged" in page.text
        await at.admin.post("/tune/rollback", step_back(page) | {"sure": "yes"})
        assert file_of(at).read_text() == before + MILD


async def test_a_file_that_was_broken_by_hand_is_taken_back(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ALL) as at:
        before = file_of(at).read_text()
        await replaced(at, before + MILD)
        file_of(at).write_text("version: [")
        page = await at.admin.get("/tune/history")
        assert "what would change in effect cannot be told" in page.text
        await at.admin.post("/tune/rollback", step_back(page) | {"sure": "yes"})
        assert file_of(at).read_text() == before


async def test_many_changes_stand_on_several_pages_and_a_lost_file_is_told(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ALL) as at:
        history = History(at.site.folder)
        for number in range(tune_history.ON_A_PAGE + 2):
            content = f"# {number}\n".encode()
            kept = history.keep(content, who=f"ann {number}", at=NOW + number, source=file_of(at))
        history.keep(b"other", who="nobody", at=NOW, source=tmp_path / "other.yaml")
        (history.folder / kept.file).unlink()
        page = await at.admin.get("/tune/history")
        assert "is gone" in page.text
        assert (page.text.count("<article"), "page=1" in page.text) == (20, True)
        page = await at.admin.get("/tune/history?page=1")
        assert (page.text.count("<article"), "nobody" in page.text) == (2, False)
        assert "+ # 2" in page.text
        for odd in ("9", "x", "99999", "-1"):
            assert (await at.admin.get(f"/tune/history?page={odd}")).status == 200


async def test_an_agent_is_back_within_five_seconds(tmp_path: Path) -> None:
    with an_agent(tmp_path) as agent:
        site = Site(agent.config, lambda: NOW)
        async with signed_in(tmp_path, ALL, site=site) as at:
            before = load_config(agent.config).settings.config_hash
            await replaced(at, agent.config.read_text() + MILD)
            form = step_back(await at.admin.get("/tune/history")) | {"sure": "yes"}
            begun = time.monotonic()
            await at.admin.post("/tune/rollback", form)
            assert agent.ask({"op": "status"})["config"] == before
            assert time.monotonic() - begun < 5.0
