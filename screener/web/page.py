"""What a page is: a path, the least role that may see it, and the handler that answers.

Modules of pages declare tables of these; `app` turns them into routes, and nothing is served
that stands in no table. A handler is given a `Visit`: who asks, of which site.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from screener.web.rendering import render

if TYPE_CHECKING:
    from screener.web.site import Site


class Role(StrEnum):
    """What a person may do, each role all that the one before it may."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    ADMIN = "admin"

    def includes(self, least: "Role") -> bool:
        """Say whether who has this role may do what `least` may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(least)


class Via(StrEnum):
    """How a person proved who it is."""

    SESSION = "session"
    TOKEN = "token"  # noqa: S105 - a kind of proof, no proof
    PROXY = "proxy"


@dataclass(frozen=True, slots=True)
class User:
    """A person, or a program with a token, as long as one request lasts."""

    name: str
    role: Role
    via: Via = Via.SESSION

    @property
    def who(self) -> str:
        """Return the name as the audit keeps it."""
        return f"{self.name} ({'token' if self.via is Via.TOKEN else 'web'})"


async def _always() -> bool:
    return True


@dataclass(slots=True)
class Visit:
    """One request: who asks (None: nobody signed in), of which site.

    `csrf` is what a form of this person must carry, empty where nobody is signed in. `flashes` are
    told on the next page that the person sees; `tell` returns those for this one, once. `still`
    says whether who asks may come in as before: for streams, which outlast a session's end.
    """

    request: web.Request
    site: "Site"
    user: User | None
    csrf: str = ""
    tell: Callable[[], tuple[str, ...]] = tuple
    flashes: list[str] = field(default_factory=list)
    still: Callable[[], Awaitable[bool]] = _always

    @property
    def who(self) -> str:
        """Return who asks as the audit keeps it; empty for nobody."""
        return self.user.who if self.user else ""

    def may(self, least: Role) -> bool:
        """Say whether who asks may do what `least` may."""
        return self.user is not None and self.user.role.includes(least)

    def page(self, template: str, status: int = HTTPStatus.OK, **values: object) -> web.Response:
        """Return a page of HTML made from the template."""
        return web.Response(
            text=render(template, self, values), status=status, content_type="text/html"
        )

    def flash(self, text: str) -> None:
        """Have a sentence told at the top of the next page that this person sees."""
        self.flashes.append(text)

    def to(self, path: str) -> web.Response:
        """Send the browser to a page of ours, as after a form that was taken."""
        return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": path})


Handler = Callable[[Visit], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Page:
    """One route: `role` is the least that may, None for anybody, signed in or not.

    `api` routes answer in JSON, errors too, and take a token; others are for browsers.
    `open_to_forms` says that no `csrf` field is asked of a POST: only for signing in and setup,
    which check the origin alone.
    """

    method: str
    path: str
    role: Role | None
    handler: Handler
    api: bool = False
    open_to_forms: bool = False
