import csv
import io
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from screener.desk.auditing import all_of
from screener.web.list_files_page import PAGES as FILES
from screener.web.list_pages import PAGES
from tests.unit.web.api.sites import ALICE, BOB, calls_served
from tests.unit.web.list_uploads import bring_in, look, take

ALL = (*PAGES, *FILES)


def a_database(folder: Path) -> bytes:
    path = folder / "astdb.sqlite3"
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE astdb (key TEXT PRIMARY KEY, value TEXT)")
        made.execute("INSERT INTO astdb VALUES (?, 'rude')", (f"/blacklist/{ALICE}",))
        made.commit()
    return path.read_bytes()


async def test_a_file_is_looked_through_before_anything_is_imported(tmp_path: Path) -> None:
    text = f"number,description\n{ALICE},rude\n{BOB},\n+1900*,\n".encode()
    async with calls_served(tmp_path, ALL) as at:
        page = await look(at.admin, text)
        before = (await at.admin.get("/api/none", allow_redirects=False)).status
        nothing = (await at.viewer.get("/lists")).text
        done = await take(at.admin, page)
        after = (await at.admin.get("/lists")).text
        again = await take(at.admin, page)
        told = (await at.admin.get("/lists/files")).text
    assert "Import block.csv?" in page.text
    assert "<dt>Entries</dt><dd>3</dd>" in page.text
    assert "<dt>Numbers</dt><dd>2</dd>" in page.text
    assert ALICE[4:] not in page.text
    assert before == 404
    assert "imported" not in nothing
    assert done.location == "/lists"
    assert "review 1: deny 3 entries on the list imported for ever" in after
    assert again.location == "/lists/files"
    assert "choose it again" in told


async def test_bad_rows_are_told_by_line_and_left_out_only_when_said(tmp_path: Path) -> None:
    text = f"{ALICE}\nx{BOB}\n911\n".encode()
    async with calls_served(tmp_path, ALL) as at:
        page = await look(at.admin, text)
        refused = await take(at.admin, page)
        done = await take(at.admin, await look(at.admin, text), skip="yes")
        told = (await at.admin.get("/lists")).text
        none = await look(at.admin, b"x\n")
    assert "block.csv:2: is no number" in page.text
    assert BOB[4:] not in page.text
    assert "Leave out the 2 bad rows" in page.text
    assert (refused.location, done.location) == ("/lists/files", "/lists")
    assert "2 rows are bad and left out" in told
    assert none.status == 303 or "No row can be used" in none.text


async def test_asterisk_s_database_is_read_without_being_written(tmp_path: Path) -> None:
    async with calls_served(tmp_path, ALL) as at:
        page = await look(at.admin, a_database(tmp_path))
        broken = await look(at.admin, b"SQLite format 3\0" + b"x" * 500)
        told = (await at.admin.get("/lists/files")).text
    assert "<dt>Numbers</dt><dd>1</dd>" in page.text
    assert broken.status == 303
    assert "no database" in told
    assert ALICE not in "".join(
        one.read_text("latin-1") for one in (tmp_path / "state").rglob("*") if one.is_file()
    )


@pytest.mark.parametrize(
    ("content", "changed", "told"),
    [
        (b"", {}, "the file holds no numbers"),
        (b"a,b\nc,d\n", {}, "no column of numbers"),
        (b"+16515550142\n", {"action": "exempt"}, "choose whether to allow or to deny"),
        (b"+16515550142\n", {"name": "partners"}, "is a list of the configuration"),
        (b"+16515550142\n", {"for": "soon"}, "how long"),
        (b"\0\n", {}, "holds a zero byte"),
    ],
)
async def test_what_cannot_be_imported_is_told(
    tmp_path: Path, content: bytes, changed: dict[str, str], told: str
) -> None:
    async with calls_served(tmp_path, ALL) as at:
        refused = await look(at.admin, content, **changed)
        page = (await at.admin.get(refused.location)).text
    assert refused.location == "/lists/files"
    assert "Nothing was imported: " in page
    assert told in page


async def test_a_form_without_a_file_is_told(tmp_path: Path) -> None:
    async with calls_served(tmp_path, ALL) as at:
        await at.admin.post("/lists/import", {"file": "x"})
        assert "choose a file" in (await at.admin.get("/lists/files")).text


async def test_an_export_is_in_the_audit_before_it_is_given(tmp_path: Path) -> None:
    async with calls_served(tmp_path, ALL) as at:
        await bring_in(at.admin, f"{ALICE}\n+1900*\n".encode())
        given = await at.admin.post(
            "/lists/export", {"list": "imported", "form": "csv", "reason": "moving"}
        )
        plain = await at.admin.post("/lists/export", {"form": "astdb", "reason": "moving"})
        deeds, _ = all_of(at.site.config)
        unsaid = await at.admin.post("/lists/export", {"form": "csv", "reason": " "})
        unknown = await at.admin.post("/lists/export", {"form": "csv", "reason": "x", "list": "y"})
        told = (await at.admin.get("/lists/files")).text
        forbidden = await at.reviewer.post("/lists/export", {"form": "csv", "reason": "moving"})
    rows = list(csv.reader(io.StringIO(given.text)))
    assert {row[0] for row in rows[1:]} == {f"'{ALICE}", "'+1900*"}
    assert given.headers["Content-Disposition"] == 'attachment; filename="imported.csv"'
    assert given.headers["Cache-Control"] == "no-store"
    assert plain.text.startswith(f"/blacklist/{ALICE}")
    assert [(one.who, one.reason, one.target) for one in deeds if one.what == "export"] == [
        ("admin (web)", "moving", "imported"),
        ("admin (web)", "moving", "all"),
    ]
    assert (unsaid.status, unknown.status, forbidden.status) == (303, 303, 403)
    assert "say why" in told
    assert "there is no such list" in told
