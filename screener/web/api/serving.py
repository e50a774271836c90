"""From a route of the API to a page: what came is checked, what is answered is of its shape.

Who may come in is settled before, by `web.app`. Every refusal has one shape, `shapes.Refused`,
and quotes nothing that was sent.
"""

import asyncio
import json
import re
import sqlite3
from http import HTTPStatus
from typing import Any

from aiohttp import hdrs, web
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from screener.core.call import inert
from screener.desk.finding import NoSuchCallError
from screener.errors import MissingPartError, ScreenerError, UsageError
from screener.web.api.route import ApiError, ApiRoute, Asked
from screener.web.api.shapes import CALL_ID, Given, Problem, Refused
from screener.web.page import Handler, Page, Visit

MOST_SLOW = 3
"""Slow requests at once, of the threads of `web.site.WORKERS`."""
MOST_PROBLEMS = 20
ARRIVES_S = 60.0
"""How long a request's body may take to arrive."""
JSON = "application/json"
PATH_PARTS = {"id": CALL_ID, "number": "^[1-9][0-9]{0,8}$"}
"""What each part of an address must look like; where it does not, there is nothing there."""

_LONGEST_NAME = 60
_RETRY_S = "1"


class Gate:
    """Counts the slow requests under way."""

    def __init__(self, most: int = MOST_SLOW) -> None:
        self._most = most
        self._inside = 0

    def __enter__(self) -> None:
        """Take a place; raises ApiError where there is none."""
        if self._inside >= self._most:
            raise ApiError(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"{self._most} requests that read much of the log are under way: try again soon",
            )
        self._inside += 1

    def __exit__(self, *_: object) -> None:
        """Give the place back."""
        self._inside -= 1


def page_of(route: ApiRoute, gate: Gate) -> Page:
    """Return the page that serves the route."""
    return Page(route.method, route.path, route.role, _handler(route, gate), api=True)


def _handler(route: ApiRoute, gate: Gate) -> Handler:
    async def answer(visit: Visit) -> web.StreamResponse:
        try:
            asked = await _read(route, visit)
            if route.is_slow:
                with gate:
                    told = await route.handler(asked)
            else:
                told = await route.handler(asked)
        except ApiError as error:
            return _refused(error.status, str(error), error.problems)
        except ScreenerError as error:
            return _refused(_status_of(error), _words_of(error))
        return _answered(HTTPStatus.OK, told.model_dump_json())

    return answer


def _words_of(error: ScreenerError) -> str:
    """Return what is wrong, without the names that only the commands' options have."""
    text = str(error).removeprefix("TARGET: ")
    return text.replace("--", "") if isinstance(error, UsageError) else text


def _status_of(error: ScreenerError) -> HTTPStatus:
    if isinstance(error, NoSuchCallError):
        return HTTPStatus.NOT_FOUND
    if isinstance(error, MissingPartError) or isinstance(error.__cause__, sqlite3.Error | OSError):
        return HTTPStatus.SERVICE_UNAVAILABLE
    return HTTPStatus.UNPROCESSABLE_ENTITY


def _refused(status: HTTPStatus, text: str, problems: tuple[Problem, ...] = ()) -> web.Response:
    told = Refused(error=text, problems=list(problems)).model_dump_json()
    response = _answered(status, told)
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        response.headers[hdrs.RETRY_AFTER] = _RETRY_S
    return response


def _answered(status: HTTPStatus, text: str) -> web.Response:
    headers = {hdrs.CACHE_CONTROL: "no-store"}
    return web.Response(text=text, status=status, content_type=JSON, headers=headers)


async def _read(route: ApiRoute, visit: Visit) -> Asked:
    path = dict(visit.request.match_info)
    for name, text in path.items():
        if not re.fullmatch(PATH_PARTS[name], text):
            raise ApiError(HTTPStatus.NOT_FOUND, "there is nothing of that name")
    query = _query(route.query or Given, visit.request)
    body = await _body(route, visit.request)
    return Asked(visit, path, query, body)


def _query(model: type[Given], request: web.Request) -> Given:
    given = request.query
    twice = [name for name in dict.fromkeys(given) if len(given.getall(name)) > 1]
    if twice:
        where = f"query.{inert(twice[0], _LONGEST_NAME)}"
        raise _unprocessable((Problem(where=where, text="is given more than once"),))
    try:
        return model.model_validate_strings(dict(given))
    except ValidationError as error:
        raise _unprocessable(_problems("query", error)) from None


async def _body(route: ApiRoute, request: web.Request) -> Given | None:
    if route.body is None:
        if request.can_read_body:
            raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "this takes no body")
        return None
    if request.content_type != JSON:
        raise ApiError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the body must be {JSON}")
    try:
        async with asyncio.timeout(ARRIVES_S):
            content = await _content(route, request)
    except TimeoutError:
        raise ApiError(HTTPStatus.REQUEST_TIMEOUT, "the body took too long to come") from None
    try:
        text = content.decode("utf-8")
        json.loads(text, object_pairs_hook=_no_key_twice, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ApiError(HTTPStatus.BAD_REQUEST, "the body is not strict JSON in UTF-8") from None
    try:
        return route.body.model_validate_json(text)
    except ValidationError as error:
        raise _unprocessable(_problems("body", error)) from None


async def _content(route: ApiRoute, request: web.Request) -> bytes:
    too_large = ApiError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body may have {route.most_bytes} bytes"
    )
    if (request.content_length or 0) > route.most_bytes:
        raise too_large
    found = bytearray()
    async for piece in request.content.iter_any():
        found += piece
        if len(found) > route.most_bytes:
            raise too_large
    return bytes(found)


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a key comes twice")
    return fields


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no number")


def _unprocessable(problems: tuple[Problem, ...]) -> ApiError:
    told = "; ".join(f"{one.where} {one.text}" for one in problems)
    return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, told, problems)


def _problems(part: str, error: ValidationError) -> tuple[Problem, ...]:
    found = error.errors(include_url=False, include_context=True, include_input=False)
    return tuple(_problem(part, one) for one in found[:MOST_PROBLEMS])


def _problem(part: str, one: ErrorDetails) -> Problem:
    where = ".".join(inert(str(step), _LONGEST_NAME) for step in (part, *one["loc"]))
    if one["type"] == "extra_forbidden":
        return Problem(where=where, text="is not known here")
    if one["type"] == "missing":
        return Problem(where=where, text="is missing")
    text = one["msg"].removeprefix("Value error, ")
    return Problem(where=where, text=text[:1].lower() + text[1:])
