from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from screener.errors import ScreenerError
from screener.storage.web_file import open_web
from screener.storage.web_sessions import Lasting, Sessions
from screener.storage.web_users import MOST_PROVEN, NAMES, Users, user_name
from tests.builders import NOW

LASTING = Lasting(1_800.0, 43_200.0)
CODE = b"c" * 32


@pytest.fixture
def users(tmp_path: Path) -> Iterator[Users]:
    path = tmp_path / "web.db"
    with closing(open_web(path)) as connection:
        yield Users(connection, path)


@pytest.fixture
def sessions(users: Users) -> Sessions:
    return Sessions(users._connection, users.path)


def test_the_first_user_is_an_admin_and_there_is_one_first_only(users: Users) -> None:
    assert not users.any()
    users.add_first("anna", "hash", NOW)
    (anna,) = users.all()
    assert (anna.name, anna.role, anna.password, anna.created) == ("anna", "admin", "hash", NOW)
    assert users.any()
    with pytest.raises(ScreenerError, match="setup is over"):
        users.add_first("bert", "hash", NOW)


@pytest.mark.parametrize("name", ["Anna", " anna.smith ", "a1", "x@example.org", "o-b_c"])
def test_names_are_kept_in_small_letters(name: str) -> None:
    assert user_name(name) == name.strip().lower()


@pytest.mark.parametrize(
    "name", ["", "a", "1a", "+16515550100", "an na", "<b>", "\u0430nna", "a" * 65, "a/b"]
)
def test_what_is_no_name_is_refused_without_repeating_it(users: Users, name: str) -> None:
    with pytest.raises(ScreenerError) as refused:
        users.add(name, "viewer", NOW)
    assert str(refused.value) == f"a user's name is of {NAMES}"
    assert users.all() == []


def test_a_name_is_given_once(users: Users) -> None:
    users.add("anna", "viewer", NOW)
    with pytest.raises(ScreenerError, match="already"):
        users.add("anna", "admin", NOW)
    assert users.find("anna") is not None
    assert users.find("bert") is None


def test_the_last_admin_who_can_sign_in_stays_one(users: Users) -> None:
    users.add("anna", "admin", NOW, "hash")
    users.add("bert", "admin", NOW)  # no password yet
    users.add("carl", "admin", NOW, "hash")
    users.disable("carl", NOW)
    deeds: tuple[Callable[[], object], ...] = (
        lambda: users.disable("anna", NOW),
        lambda: users.set_role("anna", "reviewer"),
        lambda: users.give_code("anna", CODE, NOW + 9.0),
    )
    for deed in deeds:
        with pytest.raises(ScreenerError, match="last admin"):
            deed()
    anna = users.find("anna")
    assert anna is not None
    assert (anna.role, anna.password, anna.disabled) == ("admin", "hash", None)
    users.enable("carl")
    users.set_role("anna", "viewer")
    with pytest.raises(ScreenerError, match="last admin"):
        users.disable("carl", NOW)


def test_who_is_disabled_or_given_a_password_is_signed_in_nowhere(
    users: Users, sessions: Sessions
) -> None:
    users.add("root", "admin", NOW, "hash")
    users.add("anna", "viewer", NOW, "hash")
    ends: tuple[Callable[[], object], ...] = (
        lambda: users.set_password("anna", "new"),
        lambda: users.give_code("anna", CODE, NOW + 9.0),
        lambda: users.spend_code(CODE, "newer", NOW),
        lambda: users.disable("anna", NOW),
    )
    for end in ends:
        sessions.start("cookie", "anna", "192.0.2.1", NOW, LASTING)
        sessions.start("root's", "root", "192.0.2.1", NOW, LASTING)
        assert sessions.find("cookie", NOW, LASTING)
        end()
        assert sessions.find("cookie", NOW, LASTING) is None
        assert sessions.find("root's", NOW, LASTING)
        sessions.end_all("root")


def test_a_code_chooses_a_password_once_and_in_its_time(users: Users) -> None:
    users.add("anna", "viewer", NOW, "old")
    users.give_code("anna", CODE, NOW + 60.0)
    anna = users.find("anna")
    assert anna is not None
    assert anna.password is None
    assert users.of_code(b"d" * 32, NOW) is None
    assert users.of_code(CODE, NOW + 60.0) is None
    with pytest.raises(ScreenerError, match="was used"):
        users.spend_code(CODE, "new", NOW + 60.0)
    assert users.spend_code(CODE, "new", NOW + 59.0) == "anna"
    anna = users.find("anna")
    assert anna is not None
    assert (anna.password, anna.code_until) == ("new", None)
    with pytest.raises(ScreenerError, match="was used"):
        users.spend_code(CODE, "another", NOW + 59.0)


def test_a_code_is_worth_nothing_once_the_user_is_disabled(users: Users) -> None:
    users.add("anna", "viewer", NOW)
    users.give_code("anna", CODE, NOW + 60.0)
    users.disable("anna", NOW)
    users.enable("anna")
    assert users.of_code(CODE, NOW) is None


def test_a_hash_of_the_same_password_does_not_undo_another_password(users: Users) -> None:
    users.add("anna", "viewer", NOW, "old")
    users.rehash("anna", "old", "old, rehashed")
    users.set_password("anna", "new")
    users.rehash("anna", "old, rehashed", "old, again")
    anna = users.find("anna")
    assert anna is not None
    assert anna.password == "new"


def test_failed_tries_are_counted_until_a_sign_in(users: Users) -> None:
    users.add("anna", "viewer", NOW, "hash")
    for _ in range(3):
        users.failed("anna")
    users.failed("nobody")
    anna = users.find("anna")
    assert anna is not None
    assert (anna.failed, anna.signed_in) == (3, None)
    users.signed_in("anna", "192.0.2.1", NOW)
    anna = users.find("anna")
    assert anna is not None
    assert (anna.failed, anna.signed_in) == (0, NOW)


def test_addresses_that_signed_in_are_remembered_the_newest_of_them(users: Users) -> None:
    users.add("anna", "viewer", NOW, "hash")
    users.add("bert", "viewer", NOW, "hash")
    for number in range(MOST_PROVEN + 4):
        users.signed_in("anna", f"192.0.2.{number}", NOW + number)
    users.signed_in("anna", "192.0.2.4", NOW + 100.0)
    users.signed_in("anna", "192.0.2.200", NOW + 101.0)
    assert users.is_proven("anna", "192.0.2.4")
    assert users.is_proven("anna", "192.0.2.200")
    assert not users.is_proven("anna", "192.0.2.5")
    assert not users.is_proven("bert", "192.0.2.200")


def test_there_are_only_so_many_users(users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screener.storage.web_users.MOST_USERS", 2)
    users.add("anna", "viewer", NOW)
    users.add("bert", "viewer", NOW)
    with pytest.raises(ScreenerError, match="which is the most"):
        users.add("carl", "viewer", NOW)


def test_nothing_is_done_to_a_user_who_is_none(users: Users) -> None:
    deeds: tuple[Callable[[], object], ...] = (
        lambda: users.set_role("anna", "admin"),
        lambda: users.disable("anna", NOW),
        lambda: users.enable("anna"),
        lambda: users.set_password("anna", "hash"),
        lambda: users.give_code("anna", CODE, NOW),
    )
    for deed in deeds:
        with pytest.raises(ScreenerError, match="no such user"):
            deed()
