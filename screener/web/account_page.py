"""The page about oneself: another password, where one is signed in, signing out everywhere."""

from http import HTTPStatus

from aiohttp import web

from screener.web.accounts import ACCOUNTS, SlowDownError, slowed
from screener.web.deeds import noting
from screener.web.forms import LONGEST_PASSWORD, differs, text
from screener.web.page import Page, Role, Via, Visit
from screener.web.password_rules import LEAST, fault_of
from screener.web.passwords import TooManyHashesError

PATH = "/account"


async def account(visit: Visit) -> web.StreamResponse:
    """Show who is signed in, and from where."""
    return await _shown(visit)


async def change_password(visit: Visit) -> web.StreamResponse:
    """Take another password; all sessions end, and this browser is given a new one."""
    accounts, user = visit.request.app[ACCOUNTS], visit.user
    if user is None or user.via is not Via.SESSION:
        return await _shown(visit, "your password is not kept here")
    password = await text(visit, "password", LONGEST_PASSWORD)
    try:
        current = await text(visit, "current", LONGEST_PASSWORD)
        if not await accounts.prove(visit.request, user.name, current):
            return await _shown(visit, "this is not your password")
        fault = fault_of(password, user.name) or await differs(visit, password)
        if fault:
            return await _shown(visit, fault)
        hashed = await accounts.passwords.hash(password)
    except (SlowDownError, TooManyHashesError) as error:
        return slowed(await _shown(visit, str(error), HTTPStatus.TOO_MANY_REQUESTS), error)
    noted = noting(visit, "password", user.name)
    await accounts.run_with(noted, accounts.users.set_password, user.name, hashed)
    response = visit.to(PATH)
    await accounts.sign_in(visit.request, response, user.name)
    visit.flash("The password is changed. Other browsers that you were signed in with are not.")
    return response


async def sign_out_everywhere(visit: Visit) -> web.StreamResponse:
    """End every session of whoever asks, this one too."""
    accounts = visit.request.app[ACCOUNTS]
    name = visit.user.name if visit.user else ""
    noted = noting(visit, "sign-out-everywhere", name)
    await accounts.run_with(noted, accounts.sessions.end_all, name)
    response = visit.to("/login?out=1")
    await accounts.sign_out(visit.request, response)
    return response


async def _shown(
    visit: Visit, problem: str = "", status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY
) -> web.Response:
    accounts, user = visit.request.app[ACCOUNTS], visit.user
    name = user.name if user else ""
    sessions = await accounts.run(accounts.sessions.of, name, visit.site.wall(), accounts.lasting)
    mine = accounts.session_of(visit.request)
    return visit.page(
        "account.html",
        status if problem else HTTPStatus.OK,
        problem=problem,
        least=LEAST,
        sessions=sessions,
        here=mine.id if mine else b"",
        own_password=user is not None and user.via is Via.SESSION,
    )


PAGES = (
    Page("GET", PATH, Role.VIEWER, account),
    Page("POST", f"{PATH}/password", Role.VIEWER, change_password),
    Page("POST", f"{PATH}/sign-out-everywhere", Role.VIEWER, sign_out_everywhere),
)
