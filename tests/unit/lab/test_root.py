from pathlib import Path

import pytest

from screener.errors import MissingPartError
from screener.lab.root import LabRoot, fetched_root, read_version, system_root


def program(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def tree(top: Path, says: str) -> Path:
    """A fetched root whose loader is a script: it prints what Asterisk would."""
    (top / "usr/lib/any/asterisk/modules").mkdir(parents=True)
    program(top / "usr/lib/any/ld-linux-any.so.2", says)
    return top


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Asterisk 22.10.1+dfsg+~cs6.17", (22, 10)),
        ("20.6.0~dfsg", (20, 6)),
        ("certified/20.7-cert2", (20, 7)),
        ("GIT-master-abc", (0, 0)),
        ("", (0, 0)),
    ],
)
def test_a_version_is_read_from_what_asterisk_says(text: str, version: tuple[int, int]) -> None:
    assert read_version(text) == version


def test_a_fetched_program_runs_through_the_trees_own_loader(tmp_path: Path) -> None:
    root = fetched_root(tree(tmp_path, "Asterisk 22.10.1+dfsg"))
    loader = tmp_path / "usr/lib/any/ld-linux-any.so.2"

    assert root.version == "22.10.1+dfsg"
    assert root.modules == tmp_path / "usr/lib/any/asterisk/modules"
    assert root.command("sipp") == [
        str(loader),
        "--library-path",
        str(loader.parent),
        str(tmp_path / "usr/bin/sipp"),
    ]


@pytest.mark.parametrize(
    ("says", "found"), [("Asterisk 18.10.0", "18.10.0"), ("20.5", "20.5"), ("", "no answer")]
)
def test_a_too_old_or_broken_asterisk_is_refused_with_what_was_found(
    tmp_path: Path, says: str, found: str
) -> None:
    with pytest.raises(MissingPartError, match=rf"20\.6 or later is needed, found: {found}"):
        fetched_root(tree(tmp_path, says))


def test_a_tree_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingPartError, match="no Asterisk modules"):
        fetched_root(tmp_path)
    (tmp_path / "usr/lib/any/asterisk/modules").mkdir(parents=True)
    with pytest.raises(MissingPartError, match="no loader"):
        fetched_root(tmp_path)


def system(top: Path, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (top / "usr/lib/any/asterisk/modules").mkdir(parents=True)
    (top / "var/lib/asterisk/sounds").mkdir(parents=True)
    program(top / "bin/asterisk", says)
    program(top / "bin/sipp", "SIPp v3.7")
    monkeypatch.setenv("PATH", f"{top / 'bin'}:/bin:/usr/bin")


def test_the_systems_own_programs_run_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system(tmp_path, "Asterisk 20.6.0", monkeypatch)

    root = system_root(tmp_path)

    assert root == LabRoot(
        "20.6.0",
        tmp_path / "usr/lib/any/asterisk/modules",
        tmp_path / "var/lib/asterisk",
    )
    assert root.command("asterisk") == ["asterisk"]


def test_a_system_with_an_old_asterisk_or_without_sipp_or_sounds_has_no_lab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system(tmp_path, "Asterisk 18.1.0", monkeypatch)
    assert system_root(tmp_path) is None

    program(tmp_path / "bin/asterisk", "Asterisk 22.1.0")
    assert system_root(tmp_path) is not None
    (tmp_path / "var/lib/asterisk/sounds").rmdir()
    assert system_root(tmp_path) is None

    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert system_root(tmp_path) is None
