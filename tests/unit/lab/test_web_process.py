from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from screener.errors import MissingPartError
from screener.lab.web_process import WebProcess
from tests.unit.agents import until


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "screener.yaml"
    path.write_text(
        f"version: 1\ncontrol: {{socket: {tmp_path}/none.sock}}\nweb: {{port: 0}}\n"
        f"storage: {{folder: {tmp_path}/state, keys: {tmp_path}/keys.json}}\n"
    )
    return path


@pytest.fixture
def web(config: Path) -> Iterator[WebProcess]:
    with WebProcess(config, config.with_name("web.log")) as running:
        yield running


def test_it_tells_where_it_is_and_the_secret_of_its_first_start(web: WebProcess) -> None:
    assert web.address.startswith("http://127.0.0.1:")
    assert len(web.secret) > 20
    with urlopen(f"{web.address}/setup") as page:  # noqa: S310 - our own server
        assert page.status == 200
        assert web.secret not in page.read().decode()


def test_each_start_has_a_secret_of_its_own(web: WebProcess) -> None:
    before = web.secret
    web.stop()
    web.start()
    assert web.running
    assert web.secret != before


def test_one_that_cannot_start_tells_why(config: Path) -> None:
    config.write_text(config.read_text().replace("port: 0", "port: nowhere"))
    with pytest.raises(MissingPartError, match=r"web admin did not start: .*port"):
        WebProcess(config, config.with_name("web.log")).start()


def test_it_ends_in_order(web: WebProcess) -> None:
    web.stop()
    until(lambda: "WEB-STOPPED" in web.log.read_text(), "its last word")
