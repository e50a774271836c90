"""The page of tokens, for admins: what programs use the interface with, each shown once."""

import re
import secrets

from aiohttp import web

from screener.errors import ScreenerError
from screener.storage.web_tokens import Token
from screener.web.accounts import ACCOUNTS, TOKEN_MARK, Accounts
from screener.web.deeds import noting
from screener.web.forms import text
from screener.web.page import Page, Role, Via, Visit

PATH = "/tokens"
LONGEST_DAYS = 365
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 ._-]{1,63}")


async def tokens(visit: Visit) -> web.StreamResponse:
    """Show the tokens that hold, without what they are."""
    accounts = visit.request.app[ACCOUNTS]
    held = await accounts.run(accounts.tokens.all, visit.site.wall())
    return visit.page("tokens.html", tokens=held, roles=list(Role), most=LONGEST_DAYS)


async def add(visit: Visit) -> web.StreamResponse:
    """Make a token and show it, once."""
    accounts, now = visit.request.app[ACCOUNTS], visit.site.wall()
    name, role = (await text(visit, "name")).strip(), await text(visit, "role")
    if not _NAME.fullmatch(name):
        raise ScreenerError(
            "a token's name is 2 to 64 of A-Z, a-z, 0-9, space . _ -, from a letter"
        )
    if role not in set(Role):
        raise ScreenerError(f"a role is one of {', '.join(Role)}")
    if visit.user and visit.user.via is Via.PROXY and not await _is_ours(accounts, visit.user.name):
        raise ScreenerError(
            "a token may do what its maker may, and the proxy alone knows what you may: "
            f"make a user {visit.user.name} here first"
        )
    days = await text(visit, "days")
    if not re.fullmatch("[0-9]{1,3}", days) or not 1 <= int(days) <= LONGEST_DAYS:
        raise ScreenerError(f"a token holds for 1 to {LONGEST_DAYS} days")
    secret = TOKEN_MARK + secrets.token_urlsafe(32)
    owner, expires = visit.user.name if visit.user else "", now + int(days) * 86_400.0
    token = Token(0, name, role, owner, now, expires, None)
    noted = noting(visit, "token-add", f"{name} {role}")
    await accounts.run_with(noted, accounts.tokens.add, secret, token)
    return visit.page(
        "shown_once.html",
        title=f"The token {name}",
        text="Put it where the program finds it; it is not shown again. It is good until",
        until=expires,
        secret=secret,
        back=PATH,
    )


async def _is_ours(accounts: Accounts, name: str) -> bool:
    return await accounts.run(accounts.users.find, name) is not None


async def revoke(visit: Visit) -> web.StreamResponse:
    """Make a token worth nothing."""
    accounts, told = visit.request.app[ACCOUNTS], await text(visit, "number")
    if not re.fullmatch("[0-9]{1,18}", told):
        raise ScreenerError("there is no such token")
    number = int(told)
    noted = noting(visit, "token-revoke", f"token {number}")
    token = await accounts.run_with(noted, accounts.tokens.revoke, number)
    visit.flash(f"The token {token.name} is worth nothing now.")
    return visit.to(PATH)


PAGES = (
    Page("GET", PATH, Role.ADMIN, tokens),
    Page("POST", PATH, Role.ADMIN, add),
    Page("POST", f"{PATH}/revoke", Role.ADMIN, revoke),
)
