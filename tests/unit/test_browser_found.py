"""How a browser for the tests is found, or refused in one clear line; driving it is e2e's."""

import os
import subprocess
from pathlib import Path

import pytest

from screener.errors import MissingPartError
from screener.lab.fetch import Progress
from tests.browser import __main__ as command
from tests.browser import fetched
from tests.browser.fetched import ensure_browser, finish, system_browser


@pytest.fixture(autouse=True)
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH, on a machine where nothing was fetched."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("SCREENER_LAB_DIR", str(tmp_path / "lab"))
    monkeypatch.delenv("SCREENER_LAB_FETCH", raising=False)
    monkeypatch.delenv("SCREENER_REQUIRE_LAB", raising=False)
    return folder


def script(path: Path, says: str, status: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {status}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("name", "says", "version"),
    [
        ("chromium", "Chromium 156.0.8078.73 built on Debian GNU/Linux", "156.0.8078.73"),
        ("google-chrome", "Google Chrome 140.0.7339.80 ", "140.0.7339.80"),
        ("chromium-browser", "Chromium 120.0.1", "120.0.1"),
    ],
)
def test_a_systems_own_browser_serves(programs: Path, name: str, says: str, version: str) -> None:
    own = script(programs / name, says)

    found = ensure_browser()

    assert (found.program, found.version) == (own, version)


@pytest.mark.parametrize(
    ("says", "status"),
    [
        ("Chromium 119.0.6045.199", 0),
        ("Chromium 156.0.8078.73", 1),
        ("Command chromium-browser requires the chromium snap to be installed.", 10),
        ("", 0),
    ],
)
def test_one_that_is_old_or_does_not_run_is_passed_by(
    programs: Path, says: str, status: int
) -> None:
    script(programs / "chromium", says, status)
    assert system_browser() is None

    script(programs / "google-chrome", "Google Chrome 140.0.7339.80")
    found = system_browser()
    assert found is not None
    assert found.program.name == "google-chrome"


def test_one_fetched_before_is_used_in_silence(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched_one = script(tmp_path / "lab/browser/root/chromium", "Chromium 150.0.7871.100")
    said: list[str] = []
    assert ensure_browser(said.append).program == fetched_one
    assert said == []

    own = script(programs / "chromium", "Chromium 156.0.8078.73")
    assert ensure_browser().program == own
    monkeypatch.setenv("SCREENER_LAB_FETCH", "always")
    assert ensure_browser().program == fetched_one


def test_without_apt_one_line_says_what_to_do() -> None:
    with pytest.raises(MissingPartError, match=r"^no apt-get or dpkg .*: install chromium by"):
        ensure_browser()


def test_without_room_one_line_says_how_much(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("apt-get", "dpkg", "dpkg-deb"):
        script(programs / name, "")
    monkeypatch.setattr(fetched, "ROOM", 1 << 62)

    with pytest.raises(MissingPartError, match=r" MB free, a browser for the tests needs \d+ MB"):
        ensure_browser()


def test_one_that_no_longer_runs_is_told(tmp_path: Path) -> None:
    script(tmp_path / "lab/browser/root/chromium", "", 1)

    with pytest.raises(MissingPartError, match=r"does not run: remove .*/browser/root and try"):
        ensure_browser()


def unpacked(tree: Path) -> Path:
    """A tree as the packages leave it, whose loader prints the program it is to run."""
    script(tree / "usr/lib/any/ld-linux-any.so.2", 'Chromium 156.0 "$@"')
    loader = tree / "usr/lib/any/ld-linux-any.so.2"
    loader.write_text('#!/bin/sh\necho "Chromium 156.0.1"; echo "$@"; echo "$FONTCONFIG_FILE"\n')
    script(tree / "usr/lib/chromium/chromium-headless-shell", "")
    for left_out in ("usr/lib/any/libLLVM.so.22.1", "usr/share/doc/libc6/copyright"):
        (tree / left_out).parent.mkdir(parents=True, exist_ok=True)
        (tree / left_out).touch()
    return tree


def test_a_finished_tree_runs_through_its_own_loader_wherever_it_is_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.defpath)
    finish(unpacked(tmp_path / "building"), [])
    tree = (tmp_path / "building").rename(tmp_path / "a root")

    said = subprocess.run(
        [str(tree / "chromium"), "--version"], capture_output=True, text=True, check=True
    ).stdout.splitlines()

    assert said[1].startswith(f"--library-path {tree}/usr/lib/any:")
    assert said[1].endswith(
        f"--browser-subprocess-path={tree}/chromium --no-zygote --no-sandbox --version"
    )
    assert said[2] == f"{tree}/fonts.conf"
    assert (tree / "usr/lib/chromium/ld-linux-any.so.2").is_file()
    assert not list(tree.glob("usr/lib/any/libLLVM*"))
    assert not (tree / "usr/share/doc").exists()


def test_a_tree_without_its_browser_leaves_no_script(tmp_path: Path) -> None:
    tree = unpacked(tmp_path / "building")
    (tree / "usr/lib/chromium/chromium-headless-shell").unlink()

    with pytest.raises(MissingPartError, match="hold no Chromium"):
        finish(tree, [])

    assert not (tree / "chromium").exists()


@pytest.mark.parametrize(("required", "status"), [(None, 0), ("0", 0), ("1", 4)])
def test_the_command_fails_without_a_browser_only_where_one_is_required(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    required: str | None,
    status: int,
) -> None:
    if required is not None:
        monkeypatch.setenv("SCREENER_REQUIRE_LAB", required)

    assert command.main() == status

    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("browser: no apt-get")
    assert len(said) == 2


def test_the_command_tells_progress_by_quarters(capsys: pytest.CaptureFixture[str]) -> None:
    told = command.Told()
    for done in range(0, 101, 5):
        told(Progress("download", done, 100, "bytes"))

    assert capsys.readouterr().out.splitlines() == [
        f"browser: download: {quarter} %" for quarter in (25, 50, 75, 100)
    ]
