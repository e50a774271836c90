import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from screener.cli.main import build
from screener.errors import MissingPartError, ScreenerError


def shipped(path: Path) -> BaseException | None:
    done = CliRunner().invoke(build(["ship", "log"]), ["ship", "-c", str(path)])
    return done.exception


def test_without_a_central_log_it_says_where_to_name_one(tmp_path: Path) -> None:
    path = tmp_path / "screener.yaml"
    path.write_text("version: 1\n")
    told = shipped(path)
    assert isinstance(told, ScreenerError)
    assert str(told) == "ship.dsn is empty: name the PostgreSQL of the central log there"


def test_without_psycopg_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    for name in [name for name in sys.modules if name.startswith("screener.storage.central.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "screener.ship_daemon", raising=False)
    path = tmp_path / "screener.yaml"
    path.write_text("version: 1\nship: {dsn: service=x}\n")
    told = shipped(path)
    assert isinstance(told, MissingPartError)
    assert "pip install 'screener[postgresql]'" in str(told)
