import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from screener.storage.review_file import open_reviews
from screener.storage.web_users import Person
from screener.web.pages import all_pages
from tests.unit.web.signed_in import PASSWORD, SignedIn, signed_in
from tests.unit.web.test_signing_in import audited

PAGES = all_pages()


def person(at: SignedIn, name: str) -> Person:
    found = at.accounts.users.find(name)
    assert found is not None
    return found


async def test_an_admin_sees_everybody_and_what_they_may(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        await at.admin.post("/users", {"name": "carla", "role": "viewer"})
        await at.admin.post("/users/disable", {"name": "reviewer"})
        page = await at.admin.get("/users")
        assert "4 users" in page.text
        for told in ("disabled", "has a link to choose a password", "may sign in"):
            assert told in page.text
        at.time.now += 86_400.0
        later = await at.sign_in("admin")
        assert "no password" in (await later.get("/users")).text


async def test_another_role_counts_at_the_next_click(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        assert (await at.viewer.get("/users")).status == 403
        done = await at.admin.post("/users/role", {"name": "viewer", "role": "admin"})
        assert (done.status, done.location) == (303, "/users")
        assert (await at.viewer.get("/users")).status == 200
        assert "viewer is admin now." in (await at.admin.get("/users")).text
        assert [(one.what, one.target) for one in audited(at)] == [("user-role", "viewer admin")]


async def test_who_is_disabled_is_out_and_stays_out_until_enabled(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        await at.admin.post("/users/disable", {"name": "viewer"})
        assert (await at.viewer.get("/account")).status == 303
        right = {"name": "viewer", "password": PASSWORD}
        assert (await at.nobody.post("/login", right)).status == 403
        await at.admin.post("/users/enable", {"name": "viewer"})
        assert (await at.viewer.get("/account")).status == 303, "the session is gone"
        assert (await at.nobody.post("/login", right)).status == 303
        assert [one.what for one in audited(at)] == ["user-disable", "user-enable", "sign-in"]


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/users/disable", {}),
        ("/users/reset", {}),
        ("/users/role", {"role": "viewer"}),
    ],
)
async def test_the_last_admin_stays_and_the_refused_deed_is_in_no_audit(
    tmp_path: Path, path: str, data: dict[str, str]
) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        told = await at.admin.post(path, {"name": "admin", **data})
        assert told.status == 422
        assert "last admin" in told.text
        assert person(at, "admin").password
        assert audited(at) == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"name": "viewer", "role": "viewer"}, "there is a user viewer already"),
        ({"name": "+1 651 555 0142", "role": "viewer"}, "name is of"),
        ({"name": "<script>", "role": "viewer"}, "name is of"),
        ({"name": "carla", "role": "root"}, "a role is one of viewer, reviewer, admin"),
        ({"name": "carla"}, "a role is one of"),
        ({"role": "viewer"}, "name is of"),
    ],
)
async def test_what_is_no_new_user_is_refused(
    tmp_path: Path, data: dict[str, str], said: str
) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        told = await at.admin.post("/users", data)
        assert told.status == 422
        assert said in told.text
        assert len(at.accounts.users.all()) == 3


@pytest.mark.parametrize("path", ["reset", "role", "disable", "enable"])
async def test_nothing_is_done_to_a_user_who_is_none(tmp_path: Path, path: str) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        told = await at.admin.post(f"/users/{path}", {"name": "<b>nobody", "role": "viewer"})
        assert told.status == 422
        assert "there is no such user" in told.text
        assert "<b>" not in told.text


async def test_what_cannot_be_written_down_is_not_done(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        await at.admin.post("/users/enable", {"name": "viewer"})  # makes the audit
        path = at.site.folder / "review.db"
        with closing(open_reviews(path, wait_s=1.0)) as reviews:
            reviews.execute("DROP TABLE audit")
        told = await at.admin.post("/users/disable", {"name": "viewer"})
        assert told.status == 422
        assert person(at, "viewer").disabled is None
        assert (await at.viewer.get("/account")).status == 200


async def test_two_admins_cannot_disable_each_other_at_once(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        await at.admin.post("/users/role", {"name": "viewer", "role": "admin"})
        await asyncio.gather(
            at.admin.post("/users/disable", {"name": "viewer"}),
            at.viewer.post("/users/disable", {"name": "admin"}),
        )
        able = [one for one in at.accounts.users.all() if one.role == "admin" and not one.disabled]
        assert len(able) == 1
