from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request

from screener.web.page import Role, User, Via, Visit
from tests.unit.web.signed_in import a_site


@pytest.mark.parametrize(
    ("role", "may"),
    [(Role.VIEWER, [1, 0, 0]), (Role.REVIEWER, [1, 1, 0]), (Role.ADMIN, [1, 1, 1])],
)
def test_each_role_may_what_the_one_before_it_may(role: Role, may: list[int]) -> None:
    assert [role.includes(least) for least in Role] == list(map(bool, may))


def test_the_audit_sees_whether_it_was_a_person_or_a_program() -> None:
    told = [User("anna", Role.ADMIN, via).who for via in Via]
    assert told == ["anna (web)", "anna (token)", "anna (web)"]


def test_nobody_may_nothing_and_has_no_name(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    visit = Visit(make_mocked_request("GET", "/"), site, None)
    assert (visit.who, visit.may(Role.VIEWER), visit.tell()) == ("", False, ())
    site.close()


def test_after_a_form_the_browser_is_led_to_a_page(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    visit = Visit(make_mocked_request("POST", "/"), site, None)
    visit.flash("Done.")
    response = visit.to("/calls")
    assert (response.status, response.headers["Location"]) == (303, "/calls")
    assert visit.flashes == ["Done."]
    site.close()
