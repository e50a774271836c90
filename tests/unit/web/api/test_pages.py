from pathlib import Path

import pytest

from screener.web.api.pages import PAGES, ROUTES
from screener.web.page import Role
from tests.unit.web.served import tokens_of
from tests.unit.web.signed_in import signed_in

RANKS = list(Role)


def test_every_route_is_a_page_and_every_page_a_route() -> None:
    assert [(one.method, one.path, one.role) for one in PAGES] == [
        (one.method, one.path, one.role) for one in ROUTES
    ]
    assert all(page.api and not page.open_to_forms for page in PAGES)
    assert len({(one.method, one.path) for one in ROUTES}) == len(ROUTES)
    assert len({one.name for one in ROUTES}) == len(ROUTES)


async def test_the_document_tells_of_exactly_the_routes_there_are(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        told = (await at.viewer.get("/api/v1/openapi.json")).json()
    assert {
        (method.upper(), path) for path, methods in told["paths"].items() for method in methods
    } == {(one.method, one.path) for one in ROUTES}


@pytest.mark.parametrize("role", ["nobody", *RANKS])
async def test_every_route_asks_for_its_role(tmp_path: Path, role: str) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        tokens = await tokens_of(at)
        headers = {"Authorization": f"Bearer {tokens[role]}"} if role in tokens else {}
        for route in ROUTES:
            path = route.path.replace("{id}", "0" * 16).replace("{number}", "1")
            done = await at.nobody.ask(route.method, path, headers=headers)
            if role == "nobody":
                assert (done.status, set(done.json())) == (401, {"error"}), route.name
            elif RANKS.index(Role(role)) < RANKS.index(route.role):
                assert done.status == 403, route.name
            else:
                assert done.status not in {401, 403}, route.name


async def test_a_session_changes_things_only_with_its_secret(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        body = {"duration": "15m"}
        assert (await at.reviewer.post("/api/v1/pause", json=body, csrf="")).status == 403
        assert (await at.reviewer.post("/api/v1/pause", json=body, csrf="x")).status == 403
        done = await at.reviewer.post("/api/v1/pause", json=body)
        assert (done.status, done.json()["in_force"]) == (200, False)
