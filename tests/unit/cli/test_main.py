import os
import subprocess
import sys

import pytest

from screener import __version__
from screener.cli import main as cli
from screener.errors import ConfigError, MissingPartError, Place, ScreenerError
from tests.unit.cli.command import PATIENCE_S, ROOT, run_here, screener


def test_the_version_is_one_line() -> None:
    done = screener("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"screener {__version__}\n", "")


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    done = run_here(capsys, "--help")
    assert done.status == 0
    for name in ("serve", "check-config", "explain", "status", "reload", "lab"):
        assert f" {name} " in done.out


def test_only_what_a_command_needs_is_loaded() -> None:
    loaded = (
        "import sys; from screener.cli.main import main\n"
        "try: main()\nexcept SystemExit: print(*sys.modules)"
    )
    words = (sys.executable, "-c", loaded, "serve", "--help")
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    modules = done.stdout.split()
    assert "screener.daemon" in modules
    assert "screener.cli.apply" not in modules
    assert "screener.lab.asterisk" not in modules


def test_no_command_at_all_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    done = run_here(capsys)
    assert done.status == 2
    assert "check-config" in done.out + done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("explode",), "No such command 'explode'"),
        (("explain",), "Missing argument"),
        (("explain", "911", "--colour", "red"), "No such option"),
        (("explain", "911", "-o", "xml"), "'xml' is not one of"),
        (("lab", "--seconds", "1"), "greater than or equal to 5"),
    ],
)
def test_wrong_usage_is_status_2_and_says_what_is_allowed(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    done = run_here(capsys, *words)
    assert (done.status, done.out) == (2, "")
    assert said in done.err


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (ScreenerError("refused"), 1, "screener: refused\n"),
        (MissingPartError("not there"), 4, "screener: not there\n"),
        (
            ConfigError([(Place("a", 1, 2), "x"), (Place("a"), "y")]),
            3,
            "screener: a:1:2: x\nscreener: a: y\n",
        ),
    ],
)
def test_an_error_of_ours_is_plain_lines_and_its_status(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: ScreenerError,
    status: int,
    said: str,
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "build", lambda _names: fail)
    done = run_here(capsys)
    assert (done.status, done.out, done.err) == (status, "", said)


@pytest.mark.parametrize("words", [("explain", "911"), ("check-config", "--effective")])
def test_a_reader_that_has_gone_is_met_with_silence(words: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = screener(*words, stdout=writing)
    finally:
        os.close(writing)
    assert done.stderr == ""
    assert done.returncode in (0, 1)


def test_a_reader_that_goes_after_a_line_is_met_with_silence() -> None:
    piped = f"{sys.executable} -m screener check-config --effective | head -n 1"
    done = subprocess.run(
        ["sh", "-c", piped],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        cwd=ROOT,
    )
    assert (done.stdout, done.stderr) == ("{\n", "")


@pytest.mark.parametrize("words", [("check-config", "--effective"), ("explain", "911")])
def test_a_full_disk_behind_the_output_is_one_line_and_status_1(words: tuple[str, ...]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        done = screener(*words, stdout=full)
    finally:
        os.close(full)
    assert (done.returncode, done.stderr) == (1, "screener: No space left on device\n")


def test_a_terminal_without_our_letters_gets_what_it_can_show() -> None:
    done = screener("explain", "+16515550142", env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "42 (valid)" in done.stdout
