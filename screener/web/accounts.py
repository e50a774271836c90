"""The people of a site at its door: knows them by cookie, token or proxy, and lets them sign in.

Built once by `web_daemon`. What is kept of them is in `storage.web_users` and its like, all of it
read and written in one thread of its own, so that no page's long work holds up the door.
"""

import asyncio
import logging
import math
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from aiohttp import hdrs, web

from screener.errors import ScreenerError
from screener.storage.web_file import WEB_FILE, open_web, whole
from screener.storage.web_sessions import Lasting, Session, Sessions, digest
from screener.storage.web_tokens import Tokens
from screener.storage.web_users import Users, user_name
from screener.web import cookies
from screener.web.flashes import Flashes
from screener.web.guard import Entry
from screener.web.page import Role, User, Via
from screener.web.passwords import Passwords
from screener.web.proxy import Named, address_of, is_secure, named_by
from screener.web.site import Site
from screener.web.throttle import Attempt, Throttle

log = logging.getLogger("screener.web")

SETUP = "(setup)"
"""What tries of the setup secret are counted under; no user is called so."""
TOKEN_MARK = "scr_"  # noqa: S105 - what tokens begin with, so that leaked ones are found
_KEY = web.RequestKey("person", str)
_SESSION = web.RequestKey("session", Session)

P = ParamSpec("P")
T = TypeVar("T")


class SlowDownError(ScreenerError):
    """Another try is taken after `wait_s` seconds only."""

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__(f"too many tries: try again in {math.ceil(wait_s)} s")


def slowed(response: web.Response, error: ScreenerError) -> web.Response:
    """Have a response say when to come again."""
    wait_s = error.wait_s if isinstance(error, SlowDownError) else 10.0
    response.headers[hdrs.RETRY_AFTER] = str(math.ceil(wait_s))
    return response


class Accounts:
    """The guard of a site; `clock` is a clock that never goes back, seconds."""

    def __init__(
        self, site: Site, clock: Callable[[], float], passwords: Passwords | None = None
    ) -> None:
        """Open the file of users; raises ScreenerError."""
        self.site = site
        path = site.folder / WEB_FILE
        self._connection = open_web(path)
        self.users = Users(self._connection, path)
        self.sessions = Sessions(self._connection, path)
        self.tokens = Tokens(self._connection, path)
        self.passwords = passwords or Passwords()
        self._throttle = Throttle()
        self._clock = clock
        self._proxy = site.config.web.proxy
        self._flashes = Flashes()
        self._forms = secrets.token_urlsafe(32)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="accounts")
        self.setup_secret = "" if self.users.any() else secrets.token_urlsafe(16)

    def close(self) -> None:
        """End the threads and close the file."""
        self.passwords.close()
        self._thread.shutdown(wait=True)
        self._connection.close()

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Read or write what is kept, in the thread for that."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, partial(work, *args, **kwargs))

    async def run_with(
        self, note: Callable[[], None], work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same, with a note taken of it; where either raises, nothing is done."""

        def both() -> T:
            with whole(self._connection, self.users.path):
                done = work(*args, **kwargs)
                note()
                return done

        return await self.run(both)

    @property
    def needs_setup(self) -> bool:
        """Say whether there is no user yet."""
        return bool(self.setup_secret)

    @property
    def lasting(self) -> Lasting:
        """Return how long sessions hold now."""
        options = self.site.config.web
        return Lasting(options.idle, options.session)

    def keep_flashes(self, request: web.Request, texts: list[str]) -> None:
        """Keep sentences for the next page of whoever sent the request."""
        self._flashes.keep(request.get(_KEY, ""), texts)

    def tell(self, request: web.Request) -> tuple[str, ...]:
        """Return what was kept for whoever sent the request, once."""
        return self._flashes.tell(request.get(_KEY, ""))

    def session_of(self, request: web.Request) -> Session | None:
        """Return the session that the request came in by; None for a token or a proxy."""
        return request.get(_SESSION)

    async def enter(self, request: web.Request, *, api: bool) -> Entry:
        """Return who sends the request; nobody where it proves nothing. Raises ScreenerError."""
        if self.needs_setup and await self.run(self.users.any):  # by a command, meanwhile
            self.setup_secret = ""
        words = request.headers.get(hdrs.AUTHORIZATION, "").split()
        if api and words[:1] and words[0].lower() == "bearer":
            return await self._by_token(words[1] if len(words) == 2 else "")  # noqa: PLR2004 - scheme and token
        named = named_by(request, self._proxy)
        if named is not None:
            return await self._by_proxy(request, named)
        secret = cookies.read(request, secure=self.is_secure(request))
        if not secret:
            return Entry()
        session = await self.run(self.sessions.find, secret, self.site.wall(), self.lasting)
        if session is None:
            return Entry()
        request[_KEY], request[_SESSION] = session.id.hex(), session
        return Entry(User(session.name, Role(session.role)), cookies.csrf_of(secret))

    async def _by_token(self, secret: str) -> Entry:
        token = await self.run(self.tokens.find, secret, self.site.wall())
        if token is None:
            return Entry()
        role = Role(token.role)
        if token.owner_role is not None and not Role(token.owner_role).includes(role):
            role = Role(token.owner_role)
        return Entry(User(token.name, role, Via.TOKEN))

    async def _by_proxy(self, request: web.Request, named: Named) -> Entry:
        try:
            name = user_name(named.name)
        except ScreenerError:
            return Entry()
        person = await self.run(self.users.find, name)
        if person is not None and person.disabled is not None:
            return Entry()
        told = named.role or (person.role if person else "")
        if told not in set(Role):
            return Entry()
        request[_KEY] = f"proxy {name}"
        csrf = cookies.csrf_of(f"{self._forms} {name}")
        return Entry(User(name, Role(told), Via.PROXY), csrf)

    def address(self, request: web.Request) -> str:
        """Return from where a request comes."""
        return address_of(request, self._proxy)

    def is_secure(self, request: web.Request) -> bool:
        """Say whether the browser's own connection is over TLS."""
        return is_secure(request, self._proxy)

    async def prove(self, request: web.Request, name: str, password: str) -> bool:
        """Say whether the password is the user's. Raises SlowDownError before it is looked at.

        Who is disabled or has no password yet is wrong, as is who is no user.
        """
        address = self.address(request)
        person = await self.run(self.users.find, name)
        proven = person is not None and await self.run(self.users.is_proven, name, address)
        attempt = Attempt(name[:100], address, proven)
        self._begin(attempt)
        able = person is not None and person.disabled is None
        kept = person.password if person and able else None
        verified = await self.passwords.verify(kept, password)
        if not verified.right:
            # Not waited for: only for a user who is one does it take a write to the disk.
            self._thread.submit(self.users.failed, name)
            known = name if person else "?"  # what is no name may be a password typed in its place
            log.warning("WEB-LOGIN-FAILED user=%s from=%s", known, address)
            return False
        self._throttle.passed(attempt)
        person = await self.run(self.users.find, name)
        if person is None or person.disabled is not None or person.password != kept:
            return False  # changed, reset or disabled while it was looked at
        if verified.rehashed and kept:
            await self.run(self.users.rehash, name, kept, verified.rehashed)
        return True

    def prove_setup(self, request: web.Request, told: str) -> bool:
        """Say whether the setup secret is right; raises SlowDownError."""
        attempt = Attempt(SETUP, self.address(request))
        self._begin(attempt)
        held = self.setup_secret
        right = bool(held) and secrets.compare_digest(told.strip().encode(), held.encode())
        if right:
            self._throttle.passed(attempt)
        else:
            log.warning("WEB-LOGIN-FAILED user=%s from=%s", SETUP, attempt.address)
        return right

    def _begin(self, attempt: Attempt) -> None:
        wait = self._throttle.ask(attempt, self._clock())
        if wait > 0.0:
            raise SlowDownError(wait)

    async def sign_in(self, request: web.Request, response: web.Response, name: str) -> None:
        """Give the browser a new session of this user, whatever it had before."""
        secure = self.is_secure(request)
        before = cookies.read(request, secure=secure)
        secret, address, now = cookies.new_secret(), self.address(request), self.site.wall()
        if before:
            await self.run(self.sessions.end_secret, before)
        await self.run(self.users.signed_in, name, address, now)
        await self.run(self.sessions.start, secret, name, address, now, self.lasting)
        cookies.give(response, secret, self.lasting.whole, secure=secure)
        request[_KEY] = digest(secret).hex()
        log.info("WEB-LOGIN user=%s from=%s", name, address)

    async def sign_out(self, request: web.Request, response: web.Response) -> None:
        """End the session that the request came in by."""
        session = self.session_of(request)
        if session is not None:
            await self.run(self.sessions.end, session.id)
        cookies.take(response, secure=self.is_secure(request))


ACCOUNTS = web.AppKey("accounts", Accounts)
"""Where the pages of this package find them; `web_daemon` puts them there."""
