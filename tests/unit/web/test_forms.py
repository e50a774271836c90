from pathlib import Path

import pytest
from aiohttp import FormData, web

from screener.web.forms import differs, own_path, text
from screener.web.page import Page, Role, Visit
from tests.unit.web.signed_in import signed_in


async def echo(visit: Visit) -> web.StreamResponse:
    told = await text(visit, "one", 5)
    return web.Response(text=f"[{told}] {await differs(visit, told)}")


PAGES = (Page("POST", "/echo", Role.VIEWER, echo),)
DIFFERS = "the two passwords are not the same"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"one": "abc", "again": "abc"}, "[abc] "),
        ({"one": "abc", "again": "abd"}, f"[abc] {DIFFERS}"),
        ({"one": "\u00e9\u4e2d", "again": "\u00e9\u4e2d"}, "[\u00e9\u4e2d] "),
        ({"one": "abcdef", "again": "abcdef"}, f"[] {DIFFERS}"),
        ({"two": "abc"}, "[] "),
    ],
)
async def test_a_field_is_text_or_empty(tmp_path: Path, data: dict[str, str], told: str) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        assert (await at.viewer.post("/echo", data)).text == told


async def test_a_file_is_no_text(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        form = FormData({"csrf": at.viewer.csrf})
        form.add_field("one", b"abc", filename="abc")
        headers = {"Origin": at.viewer.origin}
        answer = await at.viewer.ask("POST", "/echo", data=form, headers=headers)
        assert answer.text == "[] "


@pytest.mark.parametrize("data", [b"one=%ff%fe", b"one=\xff\xfe", b"one=%ed%a0%80"])
async def test_bytes_that_are_no_text_are_no_fault(tmp_path: Path, data: bytes) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        headers = {
            "Origin": at.viewer.origin,
            "X-CSRF": at.viewer.csrf,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        answer = await at.viewer.ask("POST", "/echo", data=data, headers=headers)
        assert answer.status == 200
        del headers["X-CSRF"]
        answer = await at.viewer.ask("POST", "/echo", data=data, headers=headers)
        assert answer.status == 403


@pytest.mark.parametrize(
    "path", ["/", "/calls", "/calls?did=%2B1651&x=/", "/calls/abc-1.2#more", "/a//b"]
)
def test_a_path_of_ours_is_kept(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        *("", "calls", " /calls", "//evil.example", "///evil.example", "/\\evil.example"),
        *("\\\\evil.example", "https://evil.example", "javascript:alert(1)"),
        *("/\t/evil.example", "/\r\nX: y"),
    ],
)
def test_any_other_place_is_the_first_page(path: str) -> None:
    assert own_path(path) == "/"
