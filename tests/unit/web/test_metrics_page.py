from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from screener.web.metrics_page import PAGES
from screener.web.site import Site
from tests.unit.agents import an_agent
from tests.unit.web.served import tokens_of
from tests.unit.web.signed_in import SignedIn, Time, signed_in

WITHOUT = {"screener_web_requests", "screener_web_request_seconds", "screener_web_viewers"}


async def families(at: SignedIn) -> dict[str, float]:
    tokens = await tokens_of(at)
    headers = {"Authorization": f"Bearer {tokens['viewer']}"}
    told = await at.nobody.get("/metrics", headers=headers)
    assert told.status == 200
    assert told.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found = {family.name: family for family in text_string_to_metric_families(told.text)}
    assert len(found) == told.text.count("# TYPE ")
    return {name: one.samples[0].value if one.samples else 0.0 for name, one in found.items()}


async def test_without_an_agent_there_are_our_own_figures(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        found = await families(at)
        assert found["screener_agent_up"] == 0.0
        assert set(found) >= WITHOUT
        assert "screener_calls" not in found
        assert (await at.nobody.get("/metrics")).status == 401
        assert (await at.viewer.get("/metrics")).status == 200


async def test_the_figures_of_a_running_agent_are_passed_on(tmp_path: Path) -> None:
    with an_agent(tmp_path) as agent:
        for _ in range(3):
            agent.ask({"op": "screen", "facts": "num=%2B16515550142"})
        async with signed_in(tmp_path, PAGES, site=Site(agent.config, Time())) as at:
            found = await families(at)
    assert found["screener_agent_up"] == 1.0
    assert found["screener_calls"] >= 0.0
    assert set(found) >= {*WITHOUT, "screener_verdict_seconds", "screener_pressure"}
