import ast
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from screener.config.history import FOLDER as HISTORY
from screener.config.storage_folders import KEY_FILE
from screener.storage.folder_lock import LOCK_FILE
from screener.storage.incident_book import INCIDENT_FILE
from screener.storage.review_file import REVIEW_FILE
from screener.storage.site_files import LOG_FILE, STATE_FILE
from screener.storage.web_drafts import FOLDER as DRAFTS
from screener.storage.web_file import WEB_FILE
from tests.unit.agents import an_agent, port_of
from tests.unit.fastagi_client import screened

ROOT = Path(__file__).parents[3]
NAMES = (LOG_FILE, STATE_FILE, REVIEW_FILE, WEB_FILE, INCIDENT_FILE, LOCK_FILE, HISTORY, DRAFTS)


def texts_of(module: Path) -> Iterator[str]:
    """Return every text that a module uses, without its docstrings."""
    tree = ast.parse(module.read_text())
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def test_an_agent_writes_its_log_and_its_memory_under_these_names(tmp_path: Path) -> None:
    with an_agent(tmp_path) as agent:
        call_id = screened(port_of(agent), "+16515550142")["SCREENER_ID"]
    folder = tmp_path / "state"
    with closing(sqlite3.connect(folder / LOG_FILE)) as log:
        assert log.execute("SELECT id FROM calls").fetchall() == [(call_id,)]
    assert (folder / STATE_FILE).stat().st_size > 0
    known = (*NAMES, KEY_FILE)  # the keys stand there in tests alone
    assert [one.name for one in folder.iterdir() if not one.name.startswith(known)] == []


def test_no_two_parts_of_a_site_share_a_name_or_the_beginning_of_one() -> None:
    """SQLite and the log name what belongs to a file by its name and an ending."""
    for one in NAMES:
        assert one == Path(one).name
        assert [other for other in NAMES if other.startswith(one)] == [one]


@pytest.mark.parametrize("name", [LOG_FILE, STATE_FILE])
def test_no_other_module_spells_a_name_that_stands_here(name: str) -> None:
    spelled = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "screener").rglob("*.py"))
        if any(name in text for text in texts_of(path))
    ]
    assert spelled == ["screener/storage/site_files.py"]


@pytest.mark.parametrize("name", [LOG_FILE, STATE_FILE])
def test_who_makes_backups_finds_the_name_in_the_manual(name: str) -> None:
    assert any(f"`{name}`" in page.read_text() for page in (ROOT / "docs").glob("*.md"))
