"""Bodies that do not come: a form of somebody unknown, one of somebody known, a program's."""

import asyncio
from pathlib import Path

import pytest

from screener.web import app
from screener.web.api import serving
from screener.web.pages import all_pages
from tests.unit.web.signed_in import SignedIn, Visitor, signed_in

PAGES = all_pages()


async def begun(at: SignedIn, by: Visitor, path: str, kind: str, *more: str) -> bytes:
    """Send a request whose body never comes as a whole; return what is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", at.server.port)
    jar = by.client.session.cookie_jar.filter_cookies(by.client.make_url("/"))
    head = (
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{at.server.port}",
        f"Origin: {by.origin}",
        "Connection: close",
        f"Content-Type: {kind}",
        "Content-Length: 100",
        *(f"Cookie: {one.key}={one.value}" for one in jar.values()),
        *more,
    )
    writer.write("\r\n".join((*head, "", "{")).encode())
    try:
        async with asyncio.timeout(10.0):
            return (await reader.readuntil(b"\r\n")).strip()
    finally:
        writer.close()


async def test_a_form_that_does_not_come_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "ARRIVES_S", 0.05)
    monkeypatch.setattr(app, "ARRIVES_OF_NOBODY_S", 0.05)
    form, parts = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
    async with signed_in(tmp_path, PAGES) as at:
        late = b"HTTP/1.1 408 Request Timeout"
        assert await begun(at, at.nobody, "/login", form) == late
        assert await begun(at, at.nobody, "/login", parts) == late
        assert await begun(at, at.admin, "/users", form) == late
        csrf = f"X-CSRF: {at.admin.csrf}"
        assert await begun(at, at.admin, "/tune/check", "application/json", csrf) == late
        assert await begun(at, at.admin, "/api/v1/pause", form) == late


async def test_a_programs_body_that_does_not_come_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "ARRIVES_S", 0.05)
    async with signed_in(tmp_path, PAGES) as at:
        csrf = f"X-CSRF: {at.reviewer.csrf}"
        answer = await begun(at, at.reviewer, "/api/v1/pause", "application/json", csrf)
        assert answer == b"HTTP/1.1 408 Request Timeout"


async def test_json_nested_without_end_is_no_fault(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        headers = {"X-CSRF": at.admin.csrf, "Origin": at.admin.origin}
        headers["Content-Type"] = "application/json"
        answer = await at.admin.ask("POST", "/tune/check", data=b"[" * 200_000, headers=headers)
        assert answer.status == 400
