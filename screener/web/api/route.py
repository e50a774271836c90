"""One route of the API as it is declared, and what its handler is given."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from screener.errors import ScreenerError
from screener.web.api.shapes import Given, Problem
from screener.web.page import Role, Visit

SMALL_BODY = 16 * 1024
"""Bytes of a request's body, unless its route says otherwise."""


class ApiError(ScreenerError):
    """A request is refused with this status; `problems` name its parts."""

    def __init__(self, status: HTTPStatus, text: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(text)
        self.status = status
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as its handler sees it: checked parts of the address, query and body.

    `query` and `body` are of the models that the route declares.
    """

    visit: Visit
    path: Mapping[str, str] = field(default_factory=dict)
    query: Any = None
    body: Any = None


ApiHandler = Callable[[Asked], Awaitable[BaseModel]]


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One route: `role` is the least that may, `answer` the model of what a success returns.

    `refusals` are the statuses that only this route's handler gives. `is_slow` routes read much
    of the log: few of them run at once, so that pages have room.
    """

    method: str
    path: str
    role: Role
    summary: str
    handler: ApiHandler
    answer: type[BaseModel]
    query: type[Given] | None = None
    body: type[Given] | None = None
    refusals: tuple[HTTPStatus, ...] = ()
    most_bytes: int = SMALL_BODY
    is_slow: bool = False

    @property
    def name(self) -> str:
        """Return the operation's name in the document."""
        return self.handler.__name__

    def statuses(self) -> tuple[HTTPStatus, ...]:
        """Return every status that is no success and that a client must expect."""
        found = {
            HTTPStatus.UNAUTHORIZED,
            HTTPStatus.FORBIDDEN,
            HTTPStatus.INTERNAL_SERVER_ERROR,
            HTTPStatus.SERVICE_UNAVAILABLE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            *self.refusals,
        }
        if "{" in self.path:
            found.add(HTTPStatus.NOT_FOUND)
        if self.body is not None:
            found |= {
                HTTPStatus.BAD_REQUEST,
                HTTPStatus.REQUEST_TIMEOUT,
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            }
        if self.is_slow:
            found.add(HTTPStatus.TOO_MANY_REQUESTS)
        return tuple(sorted(found))
