import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.storage.keys import load_keys, load_or_make_keys
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


def audit(capsys: pytest.CaptureFixture[str], site: Logged, form: str = "table") -> Done:
    return run_here(capsys, "audit", "-o", form, "--config", str(site.path))


def test_the_deeds_are_listed_and_found_whole(
    capsys: pytest.CaptureFixture[str], site: Logged
) -> None:
    done = audit(capsys, site)
    assert (done.status, done.err) == (0, "2 entries, all of them whole\n")
    assert "2026-11-22T08:00:00Z  anna" in done.out
    assert "ticket 7" in done.out
    told = json.loads(audit(capsys, site, "json").out)
    assert [one["what"] for one in told] == ["reveal", "reveal"]
    assert told[1]["who"] == "?ben"
    rows = list(csv.reader(io.StringIO(audit(capsys, site, "csv").out)))
    assert rows[2][2:5] == ["?ben", "reveal", "'=1+1"]


def test_a_changed_entry_is_status_1_with_its_place(
    capsys: pytest.CaptureFixture[str], site: Logged
) -> None:
    site.log.ask_to("DROP TRIGGER audit_is_not_changed")
    site.log.ask_to("UPDATE audit SET who = 'carl' WHERE place = 2")
    done = audit(capsys, site)
    assert done.status == 1
    assert done.err == "screener: the audit was tampered with at entry 2\n"
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
