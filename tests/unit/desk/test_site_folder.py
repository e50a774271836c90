import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.desk.site_folder import as_owner, refuse_wrong_user
from screener.errors import ScreenerError
from tests.unit.cli.command import run_here

OTHER = 54_321

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A folder that other users can reach, which those of pytest are not."""
    with tempfile.TemporaryDirectory(prefix="screener-owner-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_folder_of_ones_own_and_one_still_to_be_made_are_taken(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("")
    refuse_wrong_user(tmp_path, None)
    refuse_wrong_user(tmp_path / "none", None)
    refuse_wrong_user(tmp_path / "none", tmp_path / "config")
    assert not (tmp_path / "none").exists()


def test_anothers_folder_is_refused_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: OTHER)
    for root_may in (False, True):
        with pytest.raises(ScreenerError, match="run this as the user of the agent"):
            refuse_wrong_user(tmp_path, None, root_may=root_may)


@only_root
def test_root_makes_no_folder_for_the_agent_of_somebody_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "screener.yaml"
    config.write_text(
        f"version: 1\ncontrol: {{socket: {tmp_path}/none.sock}}\n"
        f"storage: {{folder: {tmp_path}/state, keys: {tmp_path}/keys.json}}\n"
    )
    candidate = tmp_path / "candidate.yaml"
    candidate.write_text(config.read_text() + "captcha: {places: 13}\n")
    cdr = tmp_path / "Master.csv"
    cdr.write_text("")
    os.chown(config, OTHER, OTHER)
    for words in (
        ("apply", str(candidate), "--no-replay"),
        ("deny", "+16515550142"),
        ("pause", "15m"),
        ("import", "--cdr", str(cdr)),
    ):
        done = run_here(capsys, *words, "--config", str(config))
        assert done.status == 1
        assert f"install -d -m 700 -o {OTHER} {tmp_path}/state" in done.err
    assert not (tmp_path / "state").exists()
    assert not (tmp_path / "keys.json").exists()


@only_root
def test_root_may_write_as_the_owner_and_is_root_again_then(open_path: Path) -> None:
    folder = open_path / "state"
    folder.mkdir(mode=0o700)
    os.chown(folder, OTHER, OTHER)
    with pytest.raises(ScreenerError, match=f"belongs to user {OTHER}"):
        refuse_wrong_user(folder, None)
    refuse_wrong_user(folder, None, root_may=True)
    with pytest.raises(LookupError), as_owner(folder):  # noqa: PT012 - what stands after an error
        (folder / "file").write_text("")
        raise LookupError
    status = (folder / "file").stat()
    assert (status.st_uid, status.st_gid) == (OTHER, OTHER)
    assert (os.geteuid(), os.getegid()) == (0, os.getgid())


@only_root
def test_apply_by_root_leaves_the_agents_user_its_own_files(
    open_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, keys = open_path / "state", open_path / "keys"
    for one in (folder, keys):
        one.mkdir(mode=0o700)
        os.chown(one, OTHER, OTHER)
    config = open_path / "screener.yaml"
    config.write_text(
        f"version: 1\ncontrol: {{socket: {open_path}/none.sock}}\n"
        f"storage: {{folder: {folder}, keys: {keys}/keys.json}}\n"
    )
    candidate = open_path / "candidate.yaml"
    candidate.write_text(config.read_text() + "captcha: {places: 13}\n")
    words = ("apply", str(candidate), "--no-replay", "--config", str(config))
    done = run_here(capsys, *words)
    assert (done.status, done.err) == (0, "")
    assert config.read_text() == candidate.read_text()
    for path in (*folder.glob("review.db*"), keys / "keys.json"):
        assert (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) == (OTHER, 0o600)


@only_root
def test_where_there_is_nothing_to_change_the_user_stays(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with as_owner(folder):
            assert os.geteuid() == 0
