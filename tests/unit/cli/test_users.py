import io
import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from screener.storage.web_file import WEB_FILE, open_web
from screener.storage.web_sessions import Lasting, Sessions
from screener.storage.web_users import Person, Users
from tests.unit.cli.command import ROOT, Done, run_here

NEW = "seven lamps in a cellar"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "screener.yaml"
    path.write_text(
        f"version: 1\nstorage: {{folder: {tmp_path}/state, keys: {tmp_path}/keys.json}}\n"
    )
    return path


@pytest.fixture
def users(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, config: Path
) -> Callable[..., Done]:
    """Run `screener users WORDS` with a password on standard input, if one is told."""

    def run(*words: str, password: str = "") -> Done:
        monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
        told = ("--password-stdin",) if password else ()
        return run_here(capsys, "users", *words, *told, "--config", str(config))

    return run


@pytest.fixture
def audit(capsys: pytest.CaptureFixture[str], config: Path) -> Callable[[], list[dict[str, str]]]:
    def read() -> list[dict[str, str]]:
        done = run_here(capsys, "audit", "-o", "json", "--config", str(config))
        return list(json.loads(done.out))

    return read


def kept(config: Path, name: str) -> Person:
    path = config.parent / "state" / WEB_FILE
    with closing(open_web(path)) as connection:
        person = Users(connection, path).find(name)
    assert person is not None
    return person


def test_a_user_is_added_listed_and_in_the_audit(
    users: Callable[..., Done], audit: Callable[[], list[dict[str, str]]], config: Path
) -> None:
    done = users("add", "Anna", "--role", "admin", password=NEW)
    assert (done.status, done.out) == (0, "anna may sign in as admin\n")
    assert PasswordHasher().verify(kept(config, "anna").password or "", NEW)
    listed = users("list", "-o", "json")
    (anna,) = json.loads(listed.out)
    assert (anna["name"], anna["role"], anna["state"]) == ("anna", "admin", "may sign in")
    table = users("list")
    assert table.out.split()[:3] == ["name", "role", "state"]
    assert "argon2" not in listed.out + table.out
    (deed,) = audit()
    assert (deed["what"], deed["target"]) == ("user-add", "anna admin")


def test_a_reset_lets_in_with_the_new_password_only_and_ends_what_is_signed_in(
    users: Callable[..., Done], config: Path
) -> None:
    users("add", "root", "--role", "admin", password=NEW)
    users("add", "anna", password=NEW)
    path = config.parent / "state" / WEB_FILE
    with closing(open_web(path)) as connection:
        held, lasting = Users(connection, path), Lasting(9.0, 9.0)
        held.disable("anna", 1.0)
        Sessions(connection, path).start("cookie", "root", "192.0.2.1", 1.0, lasting)
        done = users("reset", "anna", "--role", "reviewer", password=NEW + "s")
        assert done.out == "anna may sign in as reviewer, with the new password only\n"
        done = users("reset", "root", password=NEW + "s")
        assert done.out == "root may sign in as admin, with the new password only\n"
        assert Sessions(connection, path).find("cookie", 1.0, lasting) is None
    anna = kept(config, "anna")
    assert (anna.role, anna.disabled) == ("reviewer", None)
    assert PasswordHasher().verify(anna.password or "", NEW + "s")


@pytest.mark.parametrize(
    "case",
    [
        (("add", "anna"), NEW, 1, "there is a user anna already: `screener users reset anna`"),
        (("add", "+16515550142"), NEW, 1, "a user's name is of"),
        (("add", "bert"), "short", 2, "at least 12"),
        (("add", "bert", "--role", "root"), NEW, 2, "'root' is not one of"),
        (("reset", "bert"), NEW, 1, "there is no user bert: `screener users add bert`"),
        (("reset", "anna", "--role", "viewer"), NEW, 1, "last admin"),
        (("add", "bert"), "", 4, "no terminal to ask for a password"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_changed(
    users: Callable[..., Done],
    config: Path,
    case: tuple[tuple[str, ...], str, int, str],
) -> None:
    words, password, status, said = case
    users("add", "anna", "--role", "admin", password=NEW)
    before = kept(config, "anna")
    done = users(*words, password=password)
    assert (done.status, done.out) == (status, "")
    assert said in done.err
    assert kept(config, "anna") == before


def test_on_a_terminal_the_password_is_asked_for_twice_and_not_shown(config: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "screener", "users", "add", "anna", "-c", str(config)]
    child = subprocess.Popen(
        command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    said = b""
    try:
        for prompt in (b"Password: ", b"Repeat for confirmation: "):
            said = _until(ours, prompt, said)
            os.write(ours, NEW.encode() + b"\n")
        said = _until(ours, b"may sign in", said)
        assert child.wait(30.0) == 0
    finally:
        child.kill()
        child.wait()
        os.close(ours)
    assert NEW.encode() not in said


def _until(terminal: int, text: bytes, said: bytes) -> bytes:
    end = time.monotonic() + 30.0
    while text not in said:
        assert time.monotonic() < end
        said += os.read(terminal, 1_024)
    return said
