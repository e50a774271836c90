from pathlib import Path

from tests.unit.web.calls_site import CallsSite, calls_site


async def kept(at: CallsSite, who: str) -> str:
    page = await getattr(at, who).get("/calls")
    return str(page.text)


async def test_a_filter_is_kept_under_its_name_for_who_kept_it(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        done = await at.viewer.post(
            "/calls/filters", {"name": "Drops <b>", "query": "verdict=drop", "shared": "yes"}
        )
        assert done.location == "/calls?verdict=drop"
        assert 'href="/calls?verdict=drop">Drops &lt;b&gt;' in await kept(at, "viewer")
        assert "Drops" not in await kept(at, "reviewer"), "a viewer shares nothing"


async def test_a_reviewer_shares_one_and_only_its_owner_deletes_it(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        told = {"name": "Night", "query": "since=24h&trunk=a%26b", "shared": "yes"}
        await at.reviewer.post("/calls/filters", told)
        page = await kept(at, "viewer")
        assert 'href="/calls?since=24h&amp;trunk=a%26b">Night' in page
        assert "shared by reviewer" in page
        assert "/calls/filters/1/delete" not in page
        assert (await at.viewer.post("/calls/filters/1/delete")).location == "/calls"
        assert "not yours" in await kept(at, "viewer")
        await at.reviewer.post("/calls/filters/1/delete")
        assert "Night" not in await kept(at, "viewer")


async def test_what_is_no_filter_is_not_kept(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        for told in (
            {"name": "a", "query": ""},
            {"name": "a", "query": "verdict=maybe"},
            {"name": "", "query": "verdict=drop"},
            {"name": "a", "query": "x" * 1_001},
        ):
            assert (await at.viewer.post("/calls/filters", told)).status == 303
            page = await kept(at, "viewer")
            assert "not kept" in page or "Nothing was kept" in page
            assert "Kept filters" not in page
