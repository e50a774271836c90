import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from screener.web.calls_pages import PAGES
from screener.web.page import Role

OF_REVIEWERS = ("/calls/review", "{deed:", "/reveal")


def test_deciding_and_revealing_are_the_reviewers_and_the_rest_is_everybody_s() -> None:
    for page in PAGES:
        decides = any(part in page.path for part in OF_REVIEWERS)
        assert page.role is (Role.REVIEWER if decides else Role.VIEWER), page.path
        assert (page.method == "POST") or not decides, page.path
        assert not page.open_to_forms


@pytest.mark.parametrize(
    ("method", "path", "page"),
    [
        ("GET", "/calls", "/calls"),
        ("GET", "/calls.csv", "/calls.csv"),
        ("GET", "/calls/stream", "/calls/stream"),
        ("POST", "/calls/number", "/calls/number"),
        ("POST", "/calls/review", "/calls/review"),
        ("POST", "/calls/filters/7/delete", r"/calls/filters/{number:\d{1,9}}/delete"),
        ("GET", "/calls/00000000000000a1", "/calls/{id:[0-9a-f]{16}}"),
        ("POST", "/calls/00000000000000a1/reveal", "/calls/{id:[0-9a-f]{16}}/reveal"),
    ],
)
async def test_each_address_leads_to_its_own_page(method: str, path: str, page: str) -> None:
    app = web.Application()
    for one in PAGES:
        app.router.add_route(one.method, one.path, one.handler)  # type: ignore[arg-type]  # only looked up
    found = await app.router.resolve(make_mocked_request(method, path))
    (wanted,) = [one.handler for one in PAGES if (one.method, one.path) == (method, page)]
    handler: object = found.handler
    assert handler == wanted


@pytest.mark.parametrize("call_id", ["", "a1", "00000000000000A1", "0" * 17, "+16515550142"])
async def test_what_is_no_call_s_id_leads_nowhere(call_id: str) -> None:
    app = web.Application()
    for one in PAGES:
        app.router.add_route(one.method, one.path, one.handler)  # type: ignore[arg-type]  # only looked up
    found = await app.router.resolve(make_mocked_request("GET", f"/calls/{call_id}"))
    assert found.http_exception is not None
