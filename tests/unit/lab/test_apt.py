import shutil
import socket
from pathlib import Path

import pytest

from screener.errors import MissingPartError
from screener.lab import apt
from screener.lab.apt import AptWorld, Archive, find_archive, why_failed

needs_apt = pytest.mark.skipif(not shutil.which("apt-get"), reason="this system has no apt")

DEBIAN = """\
'http://tools.example/node/dists/nodistro/InRelease' tools_InRelease 0
'http://mirror.example/debian/dists/bookworm/InRelease' mirror_InRelease 0
'http://mirror.example/debian/dists/bookworm-updates/InRelease' mirror_InRelease 0
'http://mirror.example/debian-security/dists/bookworm-security/InRelease' mirror_InRelease 0
'http://mirror.example/debian/dists/bookworm/main/binary-amd64/Packages.xz' mirror_Packages 0
'http://tools.example/node/dists/nodistro/main/binary-amd64/Packages.xz' tools_Packages 0
'http://tools.example/node/dists/nodistro/main/binary-all/Packages.xz' tools_Packages 0
"""
UBUNTU = """\
'http://mirror.example/ubuntu/dists/noble/InRelease' mirror_InRelease 0
'http://mirror.example/ubuntu/dists/noble-updates/InRelease' mirror_InRelease 0
'http://mirror.example/ubuntu/dists/noble-security/InRelease' mirror_InRelease 0
"""


def test_a_debian_mirror_is_found_among_others_and_serves_its_unstable_suite() -> None:
    assert find_archive(DEBIAN) == Archive(
        "http://mirror.example/debian", "sid", "main", "debian-archive-keyring"
    )


def test_an_ubuntu_mirror_serves_the_machines_own_suite() -> None:
    assert find_archive(UBUNTU) == Archive(
        "http://mirror.example/ubuntu", "noble", "main universe", "ubuntu-archive-keyring"
    )


def test_a_mirror_under_another_name_is_known_by_its_many_suites() -> None:
    found = find_archive(DEBIAN.replace("/debian/", "/cache/"))

    assert found
    assert (found.site, found.suite) == ("http://mirror.example/cache", "sid")


@pytest.mark.parametrize("text", ["", "E: no sources\n", "'file:/nothing' x 0\n"])
def test_no_mirror_is_none(text: str) -> None:
    assert find_archive(text) is None


def test_a_sources_line_names_the_keyring_only_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apt, "_KEYRINGS", tmp_path)
    archive = Archive("http://mirror.example/debian", "sid", "main", "some-keyring")

    assert archive.line("arm64") == "deb [arch=arm64] http://mirror.example/debian sid main\n"
    (tmp_path / "some-keyring.pgp").touch()
    assert f"[arch=arm64 signed-by={tmp_path}/some-keyring.pgp]" in archive.line("arm64")


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("E: Failed to fetch … Could not resolve 'mirror.example'", "is there a network?"),
        ("Could not connect to 127.0.0.1:9 (Connection refused)", "is there a network?"),
        ("dpkg-deb: error: … No space left on device", "the disk is full"),
        ("E: You don't have enough free space in /x.", "the disk is full"),
        ("W: GPG error: NO_PUBKEY 123", "keyring does not know"),
        ("E: Failed to fetch …  404  Not Found", "have moved"),
        ("E: Unable to locate package asterisk", "no such package"),
        ("noise\nE: something new\nnoise", "E: something new"),
        ("", "it gave no reason"),
    ],
)
def test_a_failure_is_told_in_a_few_words(output: str, reason: str) -> None:
    assert reason in why_failed(output)


def test_a_system_without_apt_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(MissingPartError, match=r"no apt-get and no dpkg-deb .* install asterisk"):
        AptWorld(tmp_path / "world").lay_out()


@pytest.fixture(params=["one line", "deb822"])
def closed_mirror(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Point apt at a mirror on a port where nobody listens, in either form of sources."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        site = f"http://127.0.0.1:{probe.getsockname()[1]}/debian"
    parts = tmp_path / "parts"
    parts.mkdir()
    if request.param == "deb822":
        text = f"Types: deb\nURIs: {site}\nSuites: bookworm\nComponents: main\n"
        (parts / "site.sources").write_text(text)
    else:
        (parts / "site.list").write_text(f"deb {site} bookworm main\n")
    lists = tmp_path / "lists"
    lists.mkdir()
    config = tmp_path / "apt.conf"
    config.write_text(
        f'Dir::Etc::SourceList "/dev/null";\nDir::Etc::SourceParts "{parts}";\n'
        f'Dir::State::lists "{lists}";\nAcquire::Retries "0";\n'
    )
    monkeypatch.setenv("APT_CONFIG", str(config))
    return site


@needs_apt
def test_the_mirror_is_read_from_the_machine_before_any_list_was_fetched(
    closed_mirror: str, tmp_path: Path
) -> None:
    world = AptWorld(tmp_path / "world")

    assert world.lay_out().site == closed_mirror
    assert closed_mirror in (tmp_path / "world/sources.list").read_text()


@needs_apt
def test_a_mirror_that_cannot_be_reached_is_one_clear_line(
    closed_mirror: str, tmp_path: Path
) -> None:
    assert closed_mirror
    world = AptWorld(tmp_path / "world")
    world.lay_out()

    with pytest.raises(MissingPartError) as caught:
        world.update()

    assert str(caught.value).startswith("cannot read the package mirror: the mirror cannot be rea")
    assert "\n" not in str(caught.value)
