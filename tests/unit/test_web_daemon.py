"""The web admin as a whole process: first start, a taken port, a folder of somebody else's."""

import http.client
import json
import os
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from screener.errors import ScreenerError
from screener.lab.web_process import WebProcess
from screener.web_daemon import serve_web

PASSWORD = "green boats on the river"


def a_config(folder: Path, port: int = 0) -> Path:
    path = folder / "screener.yaml"
    path.write_text(
        f"version: 1\ncontrol: {{socket: {folder}/none.sock}}\nweb: {{port: {port}}}\n"
        f"storage: {{folder: {folder}/state, keys: {folder}/keys.json}}\n"
    )
    return path


def posted(address: str, path: str, form: dict[str, str]) -> tuple[int, str]:
    """Send a form; return the status and where a redirect leads."""
    headers = {"Origin": address, "Content-Type": "application/x-www-form-urlencoded"}
    host = urlsplit(address).netloc
    with closing(http.client.HTTPConnection(host, timeout=20.0)) as connection:
        connection.request("POST", path, urlencode(form), headers)
        with connection.getresponse() as answer:
            return answer.status, answer.headers.get("Location", "")


def test_its_first_admin_is_made_with_the_secret_once(tmp_path: Path) -> None:
    config = a_config(tmp_path)
    with WebProcess(config, tmp_path / "web.log") as web:
        form = {"name": "anna", "password": PASSWORD, "again": PASSWORD}
        assert posted(web.address, "/setup", {**form, "secret": "guessed"}) == (403, "")
        assert posted(web.address, "/setup", {**form, "secret": web.secret}) == (303, "/")
        second = {**form, "name": "eve", "secret": web.secret}
        assert posted(web.address, "/setup", second) == (303, "/login")
        web.stop()
        web.start()
        assert web.secret == ""
        known = {"name": "anna", "password": PASSWORD}
        assert posted(web.address, "/login", known) == (303, "/")
    with closing(sqlite3.connect(tmp_path / "state" / "web.db")) as users:
        found = json.dumps(users.execute("SELECT * FROM users").fetchall(), default=repr)
    assert PASSWORD not in found


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = a_config(tmp_path, taken.getsockname()[1])
        with pytest.raises(ScreenerError, match=r"cannot listen on 127.0.0.1:\d+: .*web.port"):
            serve_web(config, lambda _: None)


def test_a_folder_of_another_user_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 54_321)
    with pytest.raises(ScreenerError, match="the user of the agent"):
        serve_web(a_config(tmp_path), lambda _: None)
    assert not list((tmp_path / "state").iterdir())
