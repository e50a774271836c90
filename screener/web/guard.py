"""Who may come in: what `app` asks before any handler runs. The work is `accounts`' and others'."""

from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from screener.web.page import User


@dataclass(frozen=True, slots=True)
class Entry:
    """Who sent a request, the `csrf` text of its session, and what is to be told on this page."""

    user: User | None = None
    csrf: str = ""
    told: tuple[str, ...] = ()


class Guard(Protocol):
    """Knows people by their cookie, their token or a trusted proxy's header."""

    async def enter(self, request: web.Request) -> Entry:
        """Return who sends the request; nobody where it proves nothing."""
        ...

    def keep_flashes(self, request: web.Request, texts: list[str]) -> None:
        """Keep sentences for the next page of this person's session."""
        ...

    @property
    def needs_setup(self) -> bool:
        """Say whether there is no user yet, so that only the setup page makes sense."""
        ...
