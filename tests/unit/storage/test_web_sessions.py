from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from screener.storage.web_file import open_web
from screener.storage.web_sessions import MOST_SESSIONS, SEEN_EVERY_S, Lasting, Sessions
from screener.storage.web_users import Users
from tests.builders import NOW

LASTING = Lasting(idle=1_800.0, whole=43_200.0)


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[Sessions]:
    path = tmp_path / "web.db"
    with closing(open_web(path)) as connection:
        users = Users(connection, path)
        users.add("anna", "reviewer", NOW, "hash")
        users.add("bert", "viewer", NOW, "hash")
        yield Sessions(connection, path)


def test_a_cookie_finds_its_session_and_no_other(sessions: Sessions) -> None:
    sessions.start("secret", "anna", "192.0.2.1", NOW, LASTING)
    found = sessions.find("secret", NOW, LASTING)
    assert found is not None
    assert (found.name, found.role, found.address) == ("anna", "reviewer", "192.0.2.1")
    for other in ("", "Secret", "secret ", found.id.hex()):
        assert sessions.find(other, NOW, LASTING) is None


def test_the_cookie_stands_nowhere_in_the_file(sessions: Sessions) -> None:
    sessions.start("a cookie that is long enough", "anna", "192.0.2.1", NOW, LASTING)
    folder = sessions.path.parent
    assert any(b"192.0.2.1" in each.read_bytes() for each in folder.iterdir())
    assert not any(b"a cookie that" in each.read_bytes() for each in folder.iterdir())


def test_a_session_ends_by_idling_and_by_age(sessions: Sessions) -> None:
    sessions.start("idle", "anna", "192.0.2.1", NOW, LASTING)
    assert sessions.find("idle", NOW + LASTING.idle - 0.1, LASTING)
    assert sessions.find("idle", NOW + 2 * LASTING.idle - 0.2, LASTING)
    assert sessions.find("idle", NOW + 3 * LASTING.idle, LASTING) is None
    assert sessions.find("idle", NOW + 1.0, LASTING) is None, "it is gone for good"
    sessions.start("busy", "anna", "192.0.2.1", NOW, LASTING)
    at = NOW
    while at + 900.0 < NOW + LASTING.whole:
        at += 900.0
        assert sessions.find("busy", at, LASTING)
    assert sessions.find("busy", NOW + LASTING.whole, LASTING) is None


def test_when_it_was_used_is_written_once_a_minute(sessions: Sessions) -> None:
    sessions.start("secret", "anna", "192.0.2.1", NOW, LASTING)
    for at, seen in ((1.0, 0.0), (SEEN_EVERY_S - 1, 0.0), (SEEN_EVERY_S, SEEN_EVERY_S)):
        sessions.find("secret", NOW + at, LASTING)
        (one,) = sessions.of("anna", NOW + at, LASTING)
        assert one.seen == NOW + seen


def test_one_more_than_the_most_ends_the_oldest(sessions: Sessions) -> None:
    sessions.start("bert's", "bert", "192.0.2.2", NOW, LASTING)
    for number in range(MOST_SESSIONS + 1):
        sessions.start(f"secret {number}", "anna", "192.0.2.1", NOW + number, LASTING)
    now = NOW + MOST_SESSIONS
    assert len(sessions.of("anna", now, LASTING)) == MOST_SESSIONS
    assert sessions.find("secret 0", now, LASTING) is None
    assert sessions.find("bert's", now, LASTING)


def test_of_many_begun_at_one_moment_the_last_one_holds(sessions: Sessions) -> None:
    for number in range(3 * MOST_SESSIONS):
        sessions.start(f"secret {number}", "anna", "192.0.2.1", NOW, LASTING)
        assert sessions.find(f"secret {number}", NOW, LASTING)
    assert len(sessions.of("anna", NOW, LASTING)) == MOST_SESSIONS


def test_sessions_that_are_over_do_not_pile_up(sessions: Sessions) -> None:
    for number in range(5):
        sessions.start(f"secret {number}", "anna", "192.0.2.1", NOW, LASTING)
    later = NOW + LASTING.whole
    assert sessions.of("anna", later, LASTING) == []
    sessions.start("new", "bert", "192.0.2.1", later, LASTING)
    assert sessions._connection.execute("SELECT count(*) FROM sessions").fetchone() == (1,)


def test_a_session_is_ended_alone_or_with_all_of_its_user(sessions: Sessions) -> None:
    for name in ("one", "two", "three"):
        sessions.start(name, "anna", "192.0.2.1", NOW, LASTING)
    sessions.start("bert's", "bert", "192.0.2.1", NOW, LASTING)
    sessions.end_secret("one")
    assert len(sessions.of("anna", NOW, LASTING)) == 2
    assert sessions.end_all("anna") == 2
    assert sessions.find("two", NOW, LASTING) is None
    assert sessions.find("bert's", NOW, LASTING)


def test_another_role_counts_at_once(sessions: Sessions) -> None:
    sessions.start("secret", "anna", "192.0.2.1", NOW, LASTING)
    Users(sessions._connection, sessions.path).set_role("anna", "viewer")
    found = sessions.find("secret", NOW, LASTING)
    assert found is not None
    assert found.role == "viewer"
