from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from screener.errors import ScreenerError
from screener.storage.web_file import open_web
from screener.storage.web_tokens import Token, Tokens
from screener.storage.web_users import Users
from tests.builders import NOW

TOKEN = Token(0, "exporter", "reviewer", "anna", NOW, NOW + 86_400.0, None)


@pytest.fixture
def tokens(tmp_path: Path) -> Iterator[Tokens]:
    path = tmp_path / "web.db"
    with closing(open_web(path)) as connection:
        users = Users(connection, path)
        users.add("anna", "admin", NOW, "hash")
        users.add("root", "admin", NOW, "hash")
        yield Tokens(connection, path)


@pytest.fixture
def users(tokens: Tokens) -> Users:
    return Users(tokens._connection, tokens.path)


def test_a_token_is_found_by_its_secret_until_it_is_over(tokens: Tokens) -> None:
    number = tokens.add("secret", TOKEN)
    found = tokens.find("secret", NOW + 1.0)
    assert found == replace(TOKEN, number=number, owner_role="admin")
    assert tokens.find("Secret", NOW) is None
    assert tokens.find("", NOW) is None
    assert tokens.find("secret", TOKEN.expires - 0.1)
    assert tokens.find("secret", TOKEN.expires) is None


def test_the_secret_stands_nowhere_in_the_file(tokens: Tokens) -> None:
    tokens.add("a secret that is long enough", TOKEN)
    held = [each.read_bytes() for each in tokens.path.parent.iterdir()]
    assert any(b"exporter" in each for each in held)
    assert not any(b"a secret that" in each for each in held)


def test_when_it_was_used_is_kept_to_the_minute(tokens: Tokens) -> None:
    tokens.add("secret", TOKEN)
    for at, used in ((5.0, 5.0), (50.0, 5.0), (65.0, 65.0)):
        tokens.find("secret", NOW + at)
        (one,) = tokens.all(NOW + at)
        assert one.used == NOW + used


def test_a_token_falls_with_who_made_it(tokens: Tokens, users: Users) -> None:
    tokens.add("secret", TOKEN)
    users.set_role("anna", "viewer")
    found = tokens.find("secret", NOW)
    assert found is not None
    assert (found.role, found.owner_role) == ("reviewer", "viewer")
    users.disable("anna", NOW)
    assert tokens.find("secret", NOW) is None


def test_one_made_by_a_user_of_a_proxy_stands(tokens: Tokens) -> None:
    tokens.add("secret", replace(TOKEN, owner="somebody@example.org"))
    found = tokens.find("secret", NOW)
    assert found is not None
    assert found.owner_role is None


def test_a_revoked_token_is_worth_nothing_and_its_number_is_not_given_again(
    tokens: Tokens,
) -> None:
    number = tokens.add("secret", TOKEN)
    assert tokens.revoke(number).name == "exporter"
    assert tokens.find("secret", NOW) is None
    with pytest.raises(ScreenerError, match="no such token"):
        tokens.revoke(number)
    assert tokens.add("other", TOKEN) > number


def test_there_are_only_so_many_those_that_are_over_not_counted(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screener.storage.web_tokens.MOST_TOKENS", 2)
    for number in range(2):
        tokens.add(f"secret {number}", TOKEN)
    with pytest.raises(ScreenerError, match="which is the most"):
        tokens.add("one more", TOKEN)
    later = replace(TOKEN, created=TOKEN.expires, expires=TOKEN.expires + 1.0)
    tokens.add("one more", later)
    assert [token.expires for token in tokens.all(TOKEN.expires)] == [later.expires]
