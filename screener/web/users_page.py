"""The page of users, for admins: new ones, their roles, links to choose a password, disabling.

No admin ever knows another's password: a link is shown once, holds for a day, and is good once.
"""

import secrets
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from aiohttp import web

from screener.errors import ScreenerError
from screener.storage.web_sessions import digest
from screener.storage.web_users import Users, user_name
from screener.web.accounts import ACCOUNTS
from screener.web.deeds import noting
from screener.web.forms import text
from screener.web.page import Page, Role, Visit

PATH = "/users"
LINK_S = 86_400.0
"""How long a link to choose a password holds."""

P = ParamSpec("P")


async def users(visit: Visit) -> web.StreamResponse:
    """Show who may sign in."""
    accounts = visit.request.app[ACCOUNTS]
    people = await accounts.run(accounts.users.all)
    return visit.page("users.html", people=people, roles=list(Role), now=visit.site.wall())


async def add(visit: Visit) -> web.StreamResponse:
    """Make a user, and show the link by which that person chooses a password."""
    name, role = user_name(await text(visit, "name")), await _role(visit)
    code, now = secrets.token_urlsafe(24), visit.site.wall()

    def make(users: Users) -> None:
        users.add(name, role, now)
        users.give_code(name, digest(code), now + LINK_S)

    await _do(visit, "user-add", f"{name} {role}", make)
    return _link(visit, name, code, now)


async def reset(visit: Visit) -> web.StreamResponse:
    """Void a user's password and sessions, and show a link to choose another one."""
    name, code, now = await _name(visit), secrets.token_urlsafe(24), visit.site.wall()
    await _do(visit, "user-reset", name, Users.give_code, name, digest(code), now + LINK_S)
    return _link(visit, name, code, now)


async def set_role(visit: Visit) -> web.StreamResponse:
    """Give a user another role, from the next click on."""
    name, role = await _name(visit), await _role(visit)
    await _do(visit, "user-role", f"{name} {role}", Users.set_role, name, role)
    visit.flash(f"{name} is {role} now.")
    return visit.to(PATH)


async def disable(visit: Visit) -> web.StreamResponse:
    """Keep a user from signing in; sessions and tokens of that user end."""
    name = await _name(visit)
    await _do(visit, "user-disable", name, Users.disable, name, visit.site.wall())
    visit.flash(f"{name} is disabled and signed out; tokens made by {name} are worth nothing.")
    return visit.to(PATH)


async def enable(visit: Visit) -> web.StreamResponse:
    """Let a disabled user sign in again."""
    name = await _name(visit)
    await _do(visit, "user-enable", name, Users.enable, name)
    visit.flash(f"{name} may sign in again.")
    return visit.to(PATH)


async def _do(
    visit: Visit,
    what: str,
    target: str,
    work: Callable[Concatenate[Users, P], None],
    *args: P.args,
    **kwargs: P.kwargs,
) -> None:
    accounts = visit.request.app[ACCOUNTS]
    noted = noting(visit, what, target)
    await accounts.run_with(noted, work, accounts.users, *args, **kwargs)


async def _name(visit: Visit) -> str:
    accounts, name = visit.request.app[ACCOUNTS], await text(visit, "name")
    person = await accounts.run(accounts.users.find, name)
    if person is None:
        raise ScreenerError("there is no such user")
    return person.name


async def _role(visit: Visit) -> Role:
    told = await text(visit, "role")
    if told not in set(Role):
        raise ScreenerError(f"a role is one of {', '.join(Role)}")
    return Role(told)


def _link(visit: Visit, name: str, code: str, now: float) -> web.Response:
    accounts = visit.request.app[ACCOUNTS]
    scheme = "https" if accounts.is_secure(visit.request) else "http"
    return visit.page(
        "shown_once.html",
        title=f"A link for {name}",
        text="Hand it over yourself: whoever has it chooses the password. It is good once, until",
        until=now + LINK_S,
        secret=f"{scheme}://{visit.request.host}/welcome?code={code}",
        back=PATH,
    )


PAGES = (
    Page("GET", PATH, Role.ADMIN, users),
    Page("POST", PATH, Role.ADMIN, add),
    Page("POST", f"{PATH}/reset", Role.ADMIN, reset),
    Page("POST", f"{PATH}/role", Role.ADMIN, set_role),
    Page("POST", f"{PATH}/disable", Role.ADMIN, disable),
    Page("POST", f"{PATH}/enable", Role.ADMIN, enable),
)
