"""Who may come in: what `app` asks before any handler runs. The work is `accounts`' and others'."""

from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from screener.web.page import User


@dataclass(frozen=True, slots=True)
class Entry:
    """Who sent a request, and the `csrf` text that forms of this person must carry."""

    user: User | None = None
    csrf: str = ""


class Guard(Protocol):
    """Knows people by their cookie, their token or a trusted proxy's header."""

    async def enter(self, request: web.Request, *, api: bool) -> Entry:
        """Return who sends the request; nobody where it proves nothing.

        A token counts for routes of the `api` only. Raises ScreenerError.
        """
        ...

    def keep_flashes(self, request: web.Request, texts: list[str]) -> None:
        """Keep sentences for the next page of this person."""
        ...

    def tell(self, request: web.Request) -> tuple[str, ...]:
        """Return the sentences kept for this person, once: whoever asks shows them."""
        ...

    @property
    def needs_setup(self) -> bool:
        """Say whether there is no user yet, so that only the setup page makes sense."""
        ...
