from pathlib import Path

from screener.storage.web_drafts import KEPT_S, Draft, WebDrafts
from tests.builders import NOW

MINE = Draft(b"mode: \xff\r\n", b"\xef\xbb\xbfmode: observe\n", NOW)


def test_a_draft_is_kept_for_each_person_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    drafts = WebDrafts(tmp_path / "state")
    assert drafts.of("ann") is None
    drafts.keep("ann", MINE)
    drafts.keep("../bob", Draft(b"b", b"", NOW, b"aside"))
    assert drafts.of("ann") == MINE
    assert drafts.of("../bob") == Draft(b"b", b"", NOW, b"aside")
    assert {path.stat().st_mode & 0o777 for path in drafts.folder.iterdir()} == {0o600}
    assert drafts.folder.stat().st_mode & 0o777 == 0o700
    drafts.drop("ann")
    drafts.drop("ann")
    assert drafts.of("ann") is None
    assert len(list(drafts.folder.iterdir())) == 1


def test_a_draft_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    drafts = WebDrafts(tmp_path)
    drafts.keep("ann", MINE)
    for broken in (b"", b"[]", b"{}", b'{"at": 1, "content": "?"}', b"\xff"):
        drafts._path("ann").write_bytes(broken)
        assert drafts.of("ann") is None


def test_drafts_that_nobody_touched_for_long_are_dropped(tmp_path: Path) -> None:
    drafts = WebDrafts(tmp_path)
    drafts.keep("ann", MINE)
    drafts.keep("bob", Draft(b"", b"", NOW + KEPT_S))
    assert drafts.of("ann") is not None
    drafts.keep("bob", Draft(b"", b"", NOW + KEPT_S + 1))
    assert drafts.of("ann") is None
