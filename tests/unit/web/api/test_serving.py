import asyncio
import sqlite3
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel, Field

from screener.desk.finding import NoSuchCallError
from screener.errors import MissingPartError, ScreenerError, UsageError
from screener.web.api.route import ApiError, ApiRoute, Asked
from screener.web.api.serving import MOST_SLOW, Gate, page_of
from screener.web.api.shapes import Given, Limit, Told
from screener.web.page import Page, Role
from tests.unit.web.signed_in import signed_in


class Body(Given):
    word: Annotated[str, Field(max_length=20)]
    count: int = 0


class Query(Given):
    limit: Limit = 5
    word: str | None = None


class Echo(Told):
    told: str


async def echo(asked: Asked) -> Echo:
    return Echo(told=f"{asked.path} {asked.query!r} {asked.body!r}")


def raising(make: Callable[[], Exception]) -> Page:
    async def fail(_: Asked) -> BaseModel:
        raise make()

    return page_of(ApiRoute("GET", "/api/fail", Role.VIEWER, "", fail, Echo), Gate())


PAGES = (
    page_of(ApiRoute("GET", "/api/x/{id}", Role.VIEWER, "", echo, Echo, query=Query), Gate()),
    page_of(
        ApiRoute("POST", "/api/x", Role.VIEWER, "", echo, Echo, body=Body, most_bytes=100), Gate()
    ),
)


async def test_what_comes_is_given_to_the_handler_checked(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        told = await at.viewer.get(f"/api/x/{'a' * 16}?limit=7")
        assert told.json()["told"] == f"{{'id': '{'a' * 16}'}} Query(limit=7, word=None) None"
        assert told.headers["Content-Type"] == "application/json; charset=utf-8"
        assert told.headers["Cache-Control"] == "no-store"
        told = await at.viewer.post("/api/x", json={"word": "b", "count": 2})
        assert told.json()["told"] == "{} Given() Body(word='b', count=2)"


@pytest.mark.parametrize(
    ("path", "status", "where"),
    [
        (f"/api/x/{'a' * 16}?limit=0", 422, ["query.limit"]),
        (f"/api/x/{'a' * 16}?limit=1&limit=2", 422, ["query.limit"]),
        (f"/api/x/{'a' * 16}?other=1&limit=x", 422, ["query.limit", "query.other"]),
        (f"/api/x/{'a' * 16}?%1b%5b2J=1", 422, ["query.?[2J"]),
        ("/api/x/zz", 404, []),
        (f"/api/x/{'a' * 16}%0a", 404, []),
    ],
)
async def test_a_wrong_address_is_refused_with_its_parts(
    tmp_path: Path, path: str, status: int, where: list[str]
) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        told = await at.viewer.get(path)
    assert told.status == status
    assert [one["where"] for one in told.json()["problems"]] == where


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        ('{"word": "b"}', "text/plain", 415),
        ("", "application/json", 400),
        ('{"word": "b"', "application/json", 400),
        ('{"word": "b", "word": "c"}', "application/json", 400),
        ('{"word": "b", "count": NaN}', "application/json", 400),
        (b'{"word": "\xff"}', "application/json", 400),
        ('{"word": "\\ud800"}', "application/json", 422),
        ('{"count": 1}', "application/json", 422),
        ('{"word": 1}', "application/json", 422),
        ('{"word": "b", "count": "1"}', "application/json", 422),
        ('{"word": "b", "count": true}', "application/json", 422),
        ('{"word": "b", "more": 1}', "application/json", 422),
        ('["b"]', "application/json", 422),
        ('{"word": "' + "b" * 100 + '"}', "application/json", 413),
        ("[" * 99, "application/json", 400),
    ],
)
async def test_a_wrong_body_is_refused_and_not_quoted(
    tmp_path: Path, content: str | bytes, kind: str, status: int
) -> None:
    headers = {"Content-Type": kind, "Origin": "", "X-CSRF": ""}
    async with signed_in(tmp_path, PAGES) as at:
        headers |= {"Origin": at.viewer.origin, "X-CSRF": at.viewer.csrf}
        told = await at.viewer.ask("POST", "/api/x", data=content, headers=headers)
    assert told.status == status
    assert set(told.json()) == {"error", "problems"}
    assert "bbb" not in told.text


async def test_a_body_that_does_not_tell_its_length_is_cut_off(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:

        async def pieces() -> object:
            for _ in range(100):
                yield b" " * 10

        headers = {
            "Content-Type": "application/json",
            "Origin": at.viewer.origin,
            "X-CSRF": at.viewer.csrf,
        }
        told = await at.viewer.ask("POST", "/api/x", data=pieces(), headers=headers)
    assert told.status == 413


def with_cause(cause: Exception) -> ScreenerError:
    error = ScreenerError("TARGET: it went wrong")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("make", "status", "text"),
    [
        (lambda: NoSuchCallError("no call"), 404, "no call"),
        (lambda: MissingPartError("no agent"), 503, "no agent"),
        (lambda: with_cause(sqlite3.OperationalError("x")), 503, "it went wrong"),
        (lambda: with_cause(ValueError("x")), 422, "it went wrong"),
        (lambda: UsageError("--since is not before --until"), 422, "since is not before until"),
        (lambda: ApiError(HTTPStatus.CONFLICT, "done already"), 409, "done already"),
    ],
)
async def test_an_error_of_ours_has_its_status(
    tmp_path: Path, make: Callable[[], Exception], status: int, text: str
) -> None:
    async with signed_in(tmp_path, [raising(make)]) as at:
        told = await at.viewer.get("/api/fail")
    assert (told.status, told.json()) == (status, {"error": text, "problems": []})
    assert ("Retry-After" in told.headers) is (status == 503)


async def test_few_slow_requests_run_at_once_and_the_rest_are_told_so(tmp_path: Path) -> None:
    go, full = asyncio.Event(), asyncio.Event()
    inside = 0

    async def wait(_: Asked) -> Echo:
        nonlocal inside
        inside += 1
        if inside == MOST_SLOW:
            full.set()
        await go.wait()
        return Echo(told="done")

    slow = ApiRoute("GET", "/api/slow", Role.VIEWER, "", wait, Echo, is_slow=True)
    async with signed_in(tmp_path, [page_of(slow, Gate())]) as at:
        running = [asyncio.ensure_future(at.viewer.get("/api/slow")) for _ in range(MOST_SLOW)]
        await full.wait()
        refused = await at.viewer.get("/api/slow")
        go.set()
        assert [one.status for one in await asyncio.gather(*running)] == [200] * MOST_SLOW
        assert (await at.viewer.get("/api/slow")).status == 200
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
