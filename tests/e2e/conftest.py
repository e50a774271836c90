"""A booted Asterisk for every e2e test, from the lab: the samples as an admin copies them.

And, for tests of the web admin, a Chromium.
"""

import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from screener.errors import MissingPartError
from screener.lab.asterisk import Asterisk
from screener.lab.fetch import ensure_lab
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings
from screener.lab.sipp import Load, Sipp
from tests.browser.fetched import Chromium, ensure_browser
from tests.browser.tab import Window, open_window
from tests.e2e.fronted_site import FrontedSite
from tests.e2e.screened_site import UNHURRIED, ScreenedSite
from tests.servers.kamailio import Kamailio, kamailio_or_skip
from tests.servers.postgres_server import PostgresServer, running_postgres

LONGEST_FIRST = (
    "test_compiled",
    "test_captcha_lane",
    "test_web_story",
    "test_api_schema",
    "test_supervisor",
    "test_captcha_dialogues",
)
"""Files that keep a worker for a minute: begun last, they would keep the others waiting."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; with `--no-loadscope-reorder` the workers take them so."""
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda one: places.get(one.path.stem, len(places)))


def lab_is_required() -> bool:
    return os.environ.get("SCREENER_REQUIRE_LAB") == "1"


@pytest.fixture(scope="session")
def lab_root() -> LabRoot:
    try:
        return ensure_lab()
    except MissingPartError as error:
        if lab_is_required():
            raise
        pytest.skip(f"no lab: {error}")


@pytest.fixture(scope="session")
def lab_folder() -> Iterator[Path]:
    """A folder with a short name: Asterisk's socket path has a limit of 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="screener-e2e-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def asterisk(lab_root: LabRoot, lab_folder: Path) -> Iterator[Asterisk]:
    """Run one Asterisk for the session; the test dialplan stands behind the sample's.

    It waits long for an agent (`UNHURRIED`): who tests how long sets that back.
    """
    extra = (Path(__file__).parent / "site.conf").read_text()
    settings = LabSettings(dialplan=UNHURRIED, extra={"extensions.conf": extra}, operators=20)
    with Asterisk(lab_root, lab_folder / "asterisk", settings=settings) as running:
        yield running


@pytest.fixture(scope="session")
def operators(lab_root: LabRoot, lab_folder: Path, asterisk: Asterisk) -> Iterator[Sipp]:
    """Phones that answer at once, talk for 0.3 s and hang up."""
    load = Load(hold_ms=300)
    folder = lab_folder / "operators"
    with Sipp(lab_root, folder, "operator.xml", load, port=asterisk.ports.operators) as phones:
        yield phones


@pytest.fixture
def site(lab_root: LabRoot, lab_folder: Path, asterisk: Asterisk) -> Iterator[ScreenedSite]:
    """The session's Asterisk with a place for a real agent; what a test starts ends with it."""
    place = ScreenedSite(lab_root, asterisk, lab_folder)
    try:
        yield place
    finally:
        place.close()


@pytest.fixture
def fronted(lab_root: LabRoot, lab_folder: Path, asterisk: Asterisk) -> Iterator[FrontedSite]:
    """The session's Asterisk behind a Kamailio of the test's own; three carriers may call."""
    kamailio_or_skip()
    folder = lab_folder / f"front{time.monotonic_ns()}"
    folder.mkdir()
    words = {r'"^127\.0\.0\.1$"': r'"^127\.0\.0\.[123]$"'}
    with Kamailio(folder / "kamailio", asterisk.ports.sip, words=words) as kamailio:
        place = FrontedSite(lab_root, asterisk, folder, kamailio=kamailio)
        try:
            yield place
        finally:
            place.close()


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """A server for tests that kill and freeze it; it is up again after each."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    try:
        return ensure_browser()
    except MissingPartError as error:
        if lab_is_required():
            raise
        pytest.skip(f"no browser: {error}")


@pytest.fixture
async def window(chromium: Chromium) -> AsyncIterator[Window]:
    """A Chromium of the test's own; what goes wrong in a tab and is not taken fails the test."""
    async with open_window(chromium.program) as running:
        yield running
        assert await running.faults() == []
