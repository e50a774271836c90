import json
import os
import stat
from pathlib import Path

import pytest

from screener.config import history
from screener.config.history import History, write_whole
from screener.errors import ScreenerError
from tests.builders import NOW


def test_what_was_put_away_is_found_again_the_last_first(tmp_path: Path) -> None:
    kept, source = History(tmp_path / "state"), tmp_path / "screener.yaml"
    assert (kept.kept(), kept.latest(source)) == ([], None)
    kept.keep(b"one", who="root", at=NOW, source=source)
    kept.keep(b"two", who="root", at=NOW + 1, source=source)
    kept.keep(b"else", who="root", at=NOW + 2, source=tmp_path / "other.yaml")
    latest = kept.latest(source)
    assert latest is not None
    assert kept.read(latest) == b"two"
    assert (latest.who, latest.at, latest.source) == ("root", NOW + 1, str(source))


def test_only_the_owner_can_read_what_is_kept(tmp_path: Path) -> None:
    kept = History(tmp_path)
    kept.keep(b"one", who="root", at=NOW, source=tmp_path / "a")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in kept.folder.iterdir()}
    assert (modes, stat.S_IMODE(kept.folder.stat().st_mode)) == ({0o600}, 0o700)


def test_a_kept_file_that_was_changed_or_is_gone_is_refused(tmp_path: Path) -> None:
    kept = History(tmp_path)
    one = kept.keep(b"one", who="root", at=NOW, source=tmp_path / "a")
    (kept.folder / one.file).write_bytes(b"two")
    with pytest.raises(ScreenerError, match="was changed"):
        kept.read(one)
    (kept.folder / one.file).unlink()
    with pytest.raises(ScreenerError, match="is gone"):
        kept.read(one)


def test_a_name_in_the_index_leads_nowhere_else(tmp_path: Path) -> None:
    kept = History(tmp_path)
    one = kept.keep(b"one", who="root", at=NOW, source=tmp_path / "a")
    index = kept.folder / "index.json"
    (tmp_path / "secret").write_bytes(b"one")
    index.write_text(index.read_text().replace(one.file, "../secret"))
    with pytest.raises(ScreenerError, match="is gone"):
        kept.read(kept.kept()[0])


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"file": 1}]', "\x00"])
def test_an_index_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    kept = History(tmp_path)
    kept.keep(b"one", who="root", at=NOW, source=tmp_path / "a")
    (kept.folder / "index.json").write_text(text)
    with pytest.raises(ScreenerError, match="is no index"):
        kept.kept()


def test_what_is_kept_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST_KEPT", 3)
    kept = History(tmp_path)
    for number in range(5):
        kept.keep(b"%d" % number, who="root", at=NOW + number, source=tmp_path / "a")
    assert [kept.read(one) for one in kept.kept()] == [b"2", b"3", b"4"]
    assert len(list(kept.folder.iterdir())) == 4


def test_a_file_put_away_for_nothing_is_forgotten(tmp_path: Path) -> None:
    kept = History(tmp_path)
    one = kept.keep(b"one", who="root", at=NOW, source=tmp_path / "a")
    kept.forget(one)
    assert [path.name for path in kept.folder.iterdir()] == ["index.json"]
    assert json.loads((kept.folder / "index.json").read_text()) == []


def test_a_file_takes_anothers_place_whole_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_whole(path, b"new")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o640)
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "link.yaml"
    real.write_bytes(b"old")
    link.symlink_to(real)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_what_cannot_be_written_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"a.yaml": b"old"}
