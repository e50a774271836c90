"""The pages before all others: first start, signing in and out, choosing a password by a link."""

import logging
from http import HTTPStatus

from aiohttp import web

from screener.errors import ScreenerError
from screener.storage.web_sessions import digest
from screener.storage.web_users import Person, user_name
from screener.web import cookies
from screener.web.accounts import ACCOUNTS, Accounts, SlowDownError, slowed
from screener.web.deeds import note, noting
from screener.web.forms import LONGEST_PASSWORD, differs, own_path, text
from screener.web.page import Page, Role, Visit
from screener.web.password_rules import LEAST, fault_of
from screener.web.passwords import TooManyHashesError
from screener.web.rendering import utc

log = logging.getLogger("screener.web")

_WRONG = "name and password do not belong together"


async def login(visit: Visit) -> web.StreamResponse:
    """Ask for name and password."""
    if visit.request.app[ACCOUNTS].needs_setup:
        return visit.to("/setup")
    if visit.user is not None:
        return visit.to(own_path(visit.request.query.get("next", "/")))
    return _login_form(visit, visit.request.query.get("next", ""))


async def sign_in(visit: Visit) -> web.StreamResponse:
    """Let in who proves to be a user."""
    accounts, request = visit.request.app[ACCOUNTS], visit.request
    onward = await text(visit, "next", 2_000)
    name = (await text(visit, "name")).strip().lower()
    try:
        right = await accounts.prove(request, name, await text(visit, "password", LONGEST_PASSWORD))
    except (SlowDownError, TooManyHashesError) as error:
        return slowed(_login_form(visit, onward, str(error), HTTPStatus.TOO_MANY_REQUESTS), error)
    if not right:
        return _login_form(visit, onward, _WRONG, HTTPStatus.FORBIDDEN)
    person = await accounts.run(accounts.users.find, name)
    return await _let_in(visit, accounts, name, own_path(onward), person)


async def logout(visit: Visit) -> web.StreamResponse:
    """End the session that the request came in by."""
    accounts = visit.request.app[ACCOUNTS]
    response = visit.to("/login?out=1")
    try:
        await accounts.sign_out(visit.request, response)
        await note(visit, "sign-out", visit.user.name if visit.user else "")
    except ScreenerError as error:  # a full disk keeps nobody signed in at this browser
        text = f"You are signed out in this browser; that is not written down: {error}"
        title = "Signed out here"
        response = visit.page(
            "refused.html", HTTPStatus.SERVICE_UNAVAILABLE, title=title, text=text
        )
        cookies.take(response, secure=accounts.is_secure(visit.request))
    return response


async def setup(visit: Visit) -> web.StreamResponse:
    """Ask for the setup secret and the first admin's name and password."""
    if not visit.request.app[ACCOUNTS].needs_setup:
        return visit.to("/login")
    return _setup_form(visit)


async def set_up(visit: Visit) -> web.StreamResponse:
    """Make the first admin, once."""
    accounts = visit.request.app[ACCOUNTS]
    if not accounts.needs_setup:
        return visit.to("/login")
    name, password = await text(visit, "name"), await text(visit, "password", LONGEST_PASSWORD)
    try:
        if not accounts.prove_setup(visit.request, await text(visit, "secret")):
            return _setup_form(visit, "this is not the secret", name, HTTPStatus.FORBIDDEN)
        name = user_name(name)
        fault = fault_of(password, name) or await differs(visit, password)
        if fault:
            return _setup_form(visit, fault, name)
        hashed = await accounts.passwords.hash(password)
        now, noted = visit.site.wall(), noting(visit, "user-first", name, who=f"{name} (web)")
        await accounts.run_with(noted, accounts.users.add_first, name, hashed, now)
    except (SlowDownError, TooManyHashesError) as error:
        form = _setup_form(visit, str(error), name, HTTPStatus.TOO_MANY_REQUESTS)
        return slowed(form, error)
    except ScreenerError as error:
        return _setup_form(visit, str(error), name)
    accounts.setup_secret = ""
    log.warning("WEB-SETUP user=%s from=%s", name, accounts.address(visit.request))
    return await _let_in(visit, accounts, name, "/")


async def welcome(visit: Visit) -> web.StreamResponse:
    """Ask who follows a link of an admin's to choose a password."""
    code = visit.request.query.get("code", "")
    accounts = visit.request.app[ACCOUNTS]
    person = await accounts.run(accounts.users.of_code, digest(code), visit.site.wall())
    return _welcome_form(visit, code, person)


async def choose(visit: Visit) -> web.StreamResponse:
    """Take the password that was chosen, and sign in; the link is worth nothing then."""
    accounts, code = visit.request.app[ACCOUNTS], await text(visit, "code")
    password, now = await text(visit, "password", LONGEST_PASSWORD), visit.site.wall()
    person = await accounts.run(accounts.users.of_code, digest(code), now)
    if person is None:
        return _welcome_form(visit, code, None)
    fault = fault_of(password, person.name) or await differs(visit, password)
    if fault:
        return _welcome_form(visit, code, person, fault)
    try:
        hashed = await accounts.passwords.hash(password)
        noted = noting(visit, "password", person.name, who=f"{person.name} (web)")
        name = await accounts.run_with(noted, accounts.users.spend_code, digest(code), hashed, now)
    except TooManyHashesError as error:
        return _welcome_form(visit, code, person, str(error), HTTPStatus.TOO_MANY_REQUESTS)
    return await _let_in(visit, accounts, name, "/")


async def _let_in(
    visit: Visit, accounts: Accounts, name: str, onward: str, person: Person | None = None
) -> web.Response:
    await note(visit, "sign-in", name, who=f"{name} (web)")
    response = visit.to(onward)
    await accounts.sign_in(visit.request, response, name)
    if person is not None and person.failed:
        since = f"since {utc(person.signed_in)} UTC" if person.signed_in else "before"
        times = "Once" if person.failed == 1 else f"{person.failed} times"
        visit.flash(f"{times} {since} somebody gave a wrong password for you.")
    return response


def _login_form(
    visit: Visit, onward: str, problem: str = "", status: HTTPStatus = HTTPStatus.OK
) -> web.Response:
    out = "out" in visit.request.query
    return visit.page("login.html", status, onward=onward, problem=problem, out=out)


def _setup_form(
    visit: Visit,
    problem: str = "",
    name: str = "",
    status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> web.Response:
    told = status if problem else HTTPStatus.OK
    return visit.page("setup.html", told, problem=problem, name=name, least=LEAST)


def _welcome_form(
    visit: Visit,
    code: str,
    person: Person | None,
    problem: str = "",
    status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> web.Response:
    if person is None:
        told = "This link was used, or its time is over. Ask an admin for a new one."
        return visit.page("refused.html", HTTPStatus.NOT_FOUND, title="No such link", text=told)
    return visit.page(
        "welcome.html",
        status if problem else HTTPStatus.OK,
        code=code,
        name=person.name,
        problem=problem,
        least=LEAST,
    )


PAGES = (
    Page("GET", "/login", None, login),
    Page("POST", "/login", None, sign_in, open_to_forms=True),
    Page("POST", "/logout", Role.VIEWER, logout),
    Page("GET", "/setup", None, setup),
    Page("POST", "/setup", None, set_up, open_to_forms=True),
    Page("GET", "/welcome", None, welcome),
    Page("POST", "/welcome", None, choose, open_to_forms=True),
)
