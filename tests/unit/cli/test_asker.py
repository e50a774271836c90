import os
import pwd

import pytest

from screener.cli.asker import LONGEST, asker, who


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr(os, "getlogin", no_terminal)


def no_terminal() -> str:
    raise OSError


ME = pwd.getpwuid(os.geteuid()).pw_name


def test_who_asks_is_the_account_that_runs_the_command() -> None:
    assert who() == ME


def test_sudo_and_login_are_told_beside_it_and_never_instead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SUDO_USER", "anna\n")
    assert who() == f"{ME} (sudo by anna)"
    monkeypatch.setattr(os, "getlogin", lambda: "ben")
    assert who() == f"{ME} (sudo by anna, login ben)"
    monkeypatch.setattr(os, "getlogin", lambda: "anna")
    assert who() == f"{ME} (sudo by anna)"


def test_a_made_up_name_is_inert_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "\x1b[31m" + "x" * 5_000)
    assert who().isprintable()
    assert len(who()) == LONGEST


def test_an_account_without_a_name_is_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
    assert who() == "uid 4000000"


def test_a_reason_is_inert_and_has_no_ends_of_space() -> None:
    assert asker("  he\x07asked\n").reason == "he?asked"
    assert asker(" \n").reason == ""
