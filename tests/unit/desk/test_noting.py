import json
from pathlib import Path

import pytest

from screener.desk.noting import note
from screener.errors import MissingPartError, ScreenerError
from screener.storage.review_store import Act
from tests.builders import NOW
from tests.unit.cli.command import run_here
from tests.unit.cli.logged import logged


def test_a_deed_is_kept_and_listed_beside_those_of_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logged(tmp_path) as site:
        note(site.config, Act("anna", "apply", NOW, reason="ticket 7"), "config a -> b")
        done = run_here(capsys, "audit", "-o", "json", "--config", str(site.path))
    (told,) = json.loads(done.out)
    del told["digest"]
    assert told == {
        "book": "review",
        "place": 1,
        "at": NOW,
        "who": "anna",
        "what": "apply",
        "reason": "ticket 7",
        "target": "config a -> b",
    }


def test_what_cannot_be_written_down_is_told(tmp_path: Path) -> None:
    with logged(tmp_path) as site:
        folder = Path(site.config.storage.folder)
        (folder / "review.db").write_bytes(b"no database" * 1_000)
        with pytest.raises(ScreenerError, match="nothing was done"):
            note(site.config, Act("anna", "apply", NOW), "")
        site.path.write_text(site.path.read_text().replace("keys: ", "keys: /dev/null"))
        with pytest.raises(MissingPartError, match="cannot be read"):
            note(site.config, Act("anna", "apply", NOW), "")
