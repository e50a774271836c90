import ssl

import pytest
from aiohttp.test_utils import make_mocked_request

from screener.web.origin import is_from_here, is_of_session

HOST = {"Host": "screener.example:4592"}


@pytest.mark.parametrize(
    ("headers", "here"),
    [
        ({"Origin": "http://screener.example:4592"}, True),
        ({"Origin": "https://screener.example:4592"}, True),
        ({"Origin": "http://SCREENER.example:4592"}, True),
        ({"Origin": "http://screener.example"}, False),
        ({"Origin": "http://screener.example:4593"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "http://screener.example:4592.evil.example"}, False),
        ({"Origin": "http://evil.example/screener.example:4592"}, False),
        ({"Origin": "http://[::1"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Referer": "http://screener.example:4592/"}, False),
        ({}, False),
    ],
)
def test_a_request_comes_from_here_where_the_browser_says_so(
    headers: dict[str, str], here: bool
) -> None:
    assert is_from_here(make_mocked_request("POST", "/", {**HOST, **headers})) is here


@pytest.mark.parametrize(
    ("told", "csrf", "right"),
    [("abc", "abc", True), ("abd", "abc", False), ("", "abc", False), ("", "", False)],
)
async def test_a_script_carries_the_text_in_a_header(told: str, csrf: str, right: bool) -> None:
    request = make_mocked_request("POST", "/", {**HOST, "X-CSRF": told})
    assert await is_of_session(request, csrf) is right


async def test_a_header_of_strange_letters_is_wrong_and_no_fault() -> None:
    request = make_mocked_request("POST", "/", {**HOST, "X-CSRF": "\u00e9"})
    assert not await is_of_session(request, "abc")


async def test_over_tls_a_page_in_the_clear_is_not_ours() -> None:
    tls = ssl.create_default_context()
    for scheme, here in (("https", True), ("http", False)):
        told = {**HOST, "Origin": f"{scheme}://screener.example:4592"}
        assert is_from_here(make_mocked_request("POST", "/", told, sslcontext=tls)) is here
