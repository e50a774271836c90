import csv
import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from screener.storage.keys import load_keys, load_or_make_keys
from screener.storage.review_store import Act, ReviewStore
from screener.storage.subjects import Asker, Subjects
from tests.unit.cli.command import Done, run_here
from tests.unit.cli.logged import Logged, logged
from tests.unit.storage.logs import decided


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Logged]:
    with logged(tmp_path) as found:
        found.log.decisions(decided("a"))
        subjects = Subjects(found.log.path, load_keys(found.log.keys))
        subjects.reveal("a", Asker("anna", "ticket 7", 1_795_334_400.0))
        subjects.reveal("a", Asker("\x1bben", "=1+1", 1_795_334_401.0))
        subjects.close()
        yield found


def review(site: Logged, at: float) -> None:
    keys = load_keys(site.log.keys)
    with closing(ReviewStore(site.log.path.with_name("review.db"), keys)) as store:
        store.pause(Act("carla", "pause", at, at + 60.0))


def audit(capsys: pytest.CaptureFixture[str], site: Logged, form: str = "table") -> Done:
    return run_here(capsys, "audit", "-o", form, "--config", str(site.path))


def test_the_deeds_are_listed_and_found_whole(
    capsys: pytest.CaptureFixture[str], site: Logged
) -> None:
    done = audit(capsys, site)
    assert (done.status, done.err) == (0, "2 entries (log 2), all of them whole\n")
    assert "2026-11-22T08:00:00Z  log   1      anna" in done.out
    assert "ticket 7" in done.out
    told = json.loads(audit(capsys, site, "json").out)
    assert [one["what"] for one in told] == ["reveal", "reveal"]
    assert told[1]["who"] == "?ben"
    rows = list(csv.reader(io.StringIO(audit(capsys, site, "csv").out)))
    assert rows[2][1:6] == ["log", "2", "?ben", "reveal", "'=1+1"]


def test_both_books_are_one_list_in_the_order_of_time(
    capsys: pytest.CaptureFixture[str], site: Logged
) -> None:
    review(site, 1_795_334_400.5)
    done = audit(capsys, site, "csv")
    assert done.err == "3 entries (log 2, review 1), all of them whole\n"
    rows = list(csv.reader(io.StringIO(done.out)))[1:]
    assert [row[1:5] for row in rows] == [
        ["log", "1", "anna", "reveal"],
        ["review", "1", "carla", "pause"],
        ["log", "2", "?ben", "reveal"],
    ]


def test_either_book_is_enough_and_without_any_it_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "screener.yaml"
    path.write_text(
        f"version: 1\ncontrol: {{socket: {tmp_path}/none.sock}}\n"
        f"storage: {{folder: {tmp_path}/state, keys: {tmp_path}/keys.json}}\n"
    )
    words = ("audit", "--config", str(path))
    none = run_here(capsys, *words)
    assert (none.status, "neither decisions.db nor review.db" in none.err) == (4, True)
    assert run_here(capsys, "pause", "15m", "--config", str(path)).status == 0
    assert run_here(capsys, *words).err == "1 entries (review 1), all of them whole\n"
    (tmp_path / "keys.json").unlink()
    gone = run_here(capsys, *words)
    assert (gone.status, "there is no key file" in gone.err) == (4, True)


def test_one_book_that_is_not_whole_does_not_hide_the_other(
    capsys: pytest.CaptureFixture[str], site: Logged
) -> None:
    review(site, 1_795_334_400.5)
    with closing(sqlite3.connect(site.log.path.with_name("review.db"))) as reviews:
        reviews.execute("DROP TRIGGER audit_is_not_changed")
        reviews.execute("UPDATE audit SET who = 'eve'")
        reviews.commit()
    done = audit(capsys, site)
    assert done.status == 1
    assert done.err == "screener: review: the audit was tampered with at entry 1\n"
    assert "anna" in done.out
    site.log.path.with_name("review.db").write_bytes(b"no database" * 1_000)
    done = audit(capsys, site)
    assert (done.status, "review.db cannot be read" in done.err) == (1, True)
    assert "anna" in done.out


def test_reviews_under_other_keys_are_not_taken_for_tampering(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "screener.yaml"
    path.write_text(
        f"version: 1\ncontrol: {{socket: {tmp_path}/none.sock}}\n"
        f"storage: {{folder: {tmp_path}/state, keys: {tmp_path}/keys.json}}\n"
    )
    assert run_here(capsys, "deny", "+16515550142", "--config", str(path)).status == 0
    (tmp_path / "keys.json").unlink()
    load_or_make_keys(tmp_path / "keys.json")
    done = run_here(capsys, "audit", "--config", str(path))
    assert done.status == 1
    assert "or it was written under other keys, for some reviews" in done.err


def test_a_changed_entry_is_status_1_with_its_place(
    capsys: pytest.CaptureFixture[str], site: Logged
) -> None:
    site.log.ask_to("DROP TRIGGER audit_is_not_changed")
    site.log.ask_to("UPDATE audit SET who = 'carl' WHERE place = 2")
    done = audit(capsys, site)
    assert done.status == 1
    assert done.err == "screener: log: the audit was tampered with at entry 2\n"
    assert "carl" in done.out


def test_other_keys_are_not_taken_for_tampering(
    capsys: pytest.CaptureFixture[str], site: Logged
) -> None:
    site.log.keys.unlink()
    load_or_make_keys(site.log.keys)
    done = audit(capsys, site)
    assert done.status == 1
    assert "the log's numbers are sealed with the keys" in done.err
    site.log.ask_to("UPDATE calls SET seq = seq - 100")
    key_id = load_keys(site.log.keys).key_id
    site.log.decisions(decided("b"))
    site.log.ask_to("UPDATE calls SET key_id = ? WHERE id = 'b'", key_id)
    done = audit(capsys, site)
    assert done.status == 1
    assert "at entry 1; or it was written under other keys, for some calls" in done.err
