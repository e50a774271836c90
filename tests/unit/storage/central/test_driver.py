import importlib
import sys

import psycopg
import pytest

from screener.errors import MissingPartError
from screener.storage.central import driver
from screener.storage.central.driver import connect, told_errors, words_for
from screener.storage.central.error import CentralError


def test_what_is_no_connection_string_is_said_without_quoting_it() -> None:
    with pytest.raises(CentralError, match=r"no connection string of libpq") as caught:
        connect("planted-word = = x", "test")
    assert "planted-word" not in str(caught.value)


def test_a_server_that_is_not_there_is_said_in_a_line(tmp_path: object) -> None:
    with pytest.raises(CentralError, match="cannot be used") as caught:
        connect(f"host={tmp_path} dbname=x user=x", "test")
    assert "\n" not in str(caught.value)
    assert "No such file or directory" in str(caught.value)  # the reason, not libpq's advice


def test_what_the_server_says_of_a_row_is_not_repeated() -> None:
    with pytest.raises(CentralError) as caught, told_errors():
        raise psycopg.errors.UniqueViolation("Key (id)=(planted-word) already exists")
    assert str(caught.value) == "the central log cannot be used: UniqueViolation (23505)"
    assert "narrow it" in words_for(psycopg.errors.QueryCanceled("canceling statement"))
    assert words_for(psycopg.OperationalError("")) == "OperationalError"


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("", True),
        ("/run/postgresql", True),
        ("@abstract", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("192.0.2.7", False),
        ("2001:db8::1", False),
        ("nonsense", False),
    ],
)
def test_only_this_machine_needs_no_encryption(address: str, here: bool) -> None:
    assert driver._is_here(address) is here


def test_without_psycopg_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "screener.storage.central.driver")
    with pytest.raises(MissingPartError, match=r"pip install 'screener\[postgresql\]'"):
        importlib.import_module("screener.storage.central.driver")
