"""`screener pipe` as a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.command import PATIENCE_S, ROOT, run_here

STREAM = (ROOT / "tests/dialogs/busy_hour.stream").read_text().splitlines()
SENT = "".join(f"{one[3:]}\n" for one in STREAM if one.startswith("->")).encode()


def piped(
    sent: bytes, *words: str, seed: str = "0", stdout: int = subprocess.PIPE
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "screener", "pipe", *words],
        input=sent,
        stdout=stdout,
        stderr=subprocess.PIPE,
        timeout=PATIENCE_S,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
    )


def test_the_same_input_gives_the_same_output_byte_for_byte() -> None:
    first, second = piped(SENT, seed="1"), piped(SENT, seed="2")
    assert first.returncode == second.returncode == 0
    assert first.stdout == second.stdout
    assert first.stderr == second.stderr
    assert first.stdout.count(b'"verdict"') == SENT.count(b'"type":"call"')


def test_it_ends_with_status_0_at_the_end_of_input_and_at_bye() -> None:
    assert piped(b"").returncode == 0
    done = piped(b'{"type":"hello","now":1}\n{"type":"bye","now":1}\nnot read')
    assert (done.returncode, done.stdout, done.stderr) == (0, b'{"type":"ready"}\n', b"")


def test_diagnostics_go_to_standard_error_with_their_line() -> None:
    done = piped(b"\nx\n")
    assert (done.returncode, done.stdout) == (0, b"")
    assert [json.loads(one)["line"] for one in done.stderr.splitlines()] == [1, 2]


def test_a_configuration_is_taken_and_its_mode_is_not(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        'version: 1\nmode: observe\nlists: [{name: nobody, action: deny, entries: ["+1651*"]}]\n'
    )
    call = b'{"type":"call","now":5,"call_id":"c1","caller":"6515550142"}\n'
    told = json.loads(piped(call, "--config", str(file)).stdout)
    assert (told["verdict"], told["treatment"]) == ("drop", "refuse")


def test_a_refused_configuration_is_status_3(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("version: 1\nmodes: enforce\n")
    done = run_here(capsys, "pipe", "--config", str(file))
    assert (done.status, done.out) == (3, "")
    assert f"{file}:2:1" in done.err


def test_a_reader_that_has_gone_is_met_with_silence() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = piped(SENT, stdout=writing)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_an_output_that_cannot_be_written_is_said_in_a_line() -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a descriptor is wanted
        done = piped(b'{"type":"stats","now":1}\n', stdout=full.fileno())
    assert done.returncode == 1
    assert done.stderr == b"screener: the stream has failed: No space left on device\n"


def test_an_answer_comes_while_the_input_stays_open() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "screener", "pipe"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as agent:
        assert agent.stdin is not None
        assert agent.stdout is not None
        for call_id in ("c1", "c2"):
            message = f'{{"type":"call","now":1,"call_id":"{call_id}"}}\n'
            agent.stdin.write(message.encode())
            agent.stdin.flush()
            assert json.loads(agent.stdout.readline())["call_id"] == call_id
        agent.stdin.close()
        assert agent.wait(PATIENCE_S) == 0
