from pathlib import Path

import pytest

from screener.web.api.pages import PAGES
from tests.unit.web.signed_in import signed_in


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/", 404),
        ("PUT", "/api/v1/status", 405),
        ("GET", "/api/v1/config/check", 405),
    ],
)
async def test_what_no_route_takes_is_refused_in_json(
    tmp_path: Path, method: str, path: str, status: int
) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        told = await at.viewer.ask(method, path)
    assert told.status == status
    assert set(told.json()) == {"error", "problems"}
    assert ("Allow" in told.headers) is (status == 405)
    assert "Content-Security-Policy" in told.headers


async def test_other_paths_are_refused_as_pages(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        told = await at.viewer.get("/nothing")
    assert (told.status, told.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
