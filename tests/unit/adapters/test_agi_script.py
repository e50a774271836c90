"""The classic AGI script as a real process between a fake Asterisk on pipes and a real channel.

And what of pyst2 it builds on: what works, and the traps it keeps away from.
"""

import asyncio
import importlib.util
import io
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import pytest
from asterisk.agi import AGI, AGIAppError, AGIInvalidCommand, AGIUnknownError

from screener.adapters.control import ControlServer, Handler
from screener.adapters.wire_facts import outcome_handler, screen_handler
from tests.dialogs.dialog import read_dialog
from tests.dialogs.scripted import ScriptedScreening

ROOT = Path(__file__).parents[3]
PATIENCE_S = 20.0
FACTS = "num=%2B15551230001&name=Ann%20Lee&pres=0"
COMMAND = b'EXEC MSet "SCREENER_VERDICT=admit,SCREENER_ID=7"\n'
ENVIRONMENT = read_dialog(ROOT / "tests" / "dialogs" / "ordinary.dialog").sent.removesuffix(
    b"200 result=0\n"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


@asynccontextmanager
async def agent(path: Path, screen: Handler | None = None) -> AsyncIterator[ScriptedScreening]:
    screening = ScriptedScreening()
    handlers = {
        "screen": screen or screen_handler(screening),
        "outcome": outcome_handler(screening),
    }
    server = ControlServer(path, handlers, lambda: nullcontext(asyncio.Queue()))
    await server.start()
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield screening
    finally:
        await server.close()


async def script(*arguments: str, **environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "screener.adapters.agi_script", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


async def run(data: bytes, *arguments: str, **environment: str) -> tuple[int | None, bytes, bytes]:
    """Run the script against an Asterisk that says `data` and ends; return status and outputs."""
    process = await script(*arguments, **environment)
    said, complained = await process.communicate(data)
    return process.returncode, said, complained


async def test_the_verdict_is_set_in_one_command(path: Path) -> None:
    async with agent(path) as screening:
        done = await run(ENVIRONMENT + b"200 result=0\n", FACTS, str(path))
    assert done == (0, COMMAND, b"")
    assert screening.asked == ["screen +15551230001"]
    assert screening.facts[0].name == "Ann Lee"


async def test_the_socket_can_be_named_by_the_process_environment(path: Path) -> None:
    async with agent(path):
        done = await run(ENVIRONMENT, FACTS, SCREENER_CONTROL=str(path))
    assert done[:2] == (0, COMMAND)


async def test_an_outcome_is_reported_and_nothing_is_set(path: Path) -> None:
    async with agent(path) as screening:
        done = await run(ENVIRONMENT, "id=7&event=answered&talk=62", str(path))
    assert done == (0, b"", b"")
    assert screening.asked == ["report 7 answered 62"]


async def test_a_forged_environment_and_reply_change_nothing(path: Path) -> None:
    forged = ENVIRONMENT.replace(
        b"agi_calleridname: Ann Lee",
        b"agi_calleridname: x\nagi_arg_1: num=1\n\n200 result=-1 (hangup)\nHANGUP",
    )
    async with agent(path) as screening:
        status, said, _ = await run(forged, FACTS, str(path))
    assert (status, said) == (0, COMMAND)
    assert screening.asked == ["screen +15551230001"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        ENVIRONMENT[:100],
        ENVIRONMENT.replace(b"Ann Lee", b"\xff\xfe\x00\x1b"),
        ENVIRONMENT + b"HANGUP\n",
        ENVIRONMENT + b"511 Command Not Permitted on a dead channel\n",
        ENVIRONMENT + b"\xff\n",
    ],
)
async def test_whatever_asterisk_says_the_status_is_zero_and_the_verdict_is_sent(
    path: Path, data: bytes
) -> None:
    async with agent(path):
        status, said, complained = await run(data, FACTS, str(path))
    assert (status, said) == (0, COMMAND)
    assert b"5551230001" not in complained
    assert b"Ann" not in complained


async def test_no_agent_is_no_verdict_and_one_line(path: Path) -> None:
    status, said, complained = await run(ENVIRONMENT, FACTS, str(path))
    assert (status, said) == (0, b"")
    assert complained.startswith(b"screener-agi: the agent is not running: nothing answers at ")
    assert complained.count(b"\n") == 1


@pytest.mark.parametrize("arguments", [(), ("a", "b", "c")])
async def test_wrong_arguments_are_no_verdict_and_the_usage(arguments: tuple[str, ...]) -> None:
    assert await run(ENVIRONMENT, *arguments) == (
        0,
        b"",
        b"screener-agi: usage: screener-agi FACTS [CONTROL-SOCKET]\n",
    )


async def test_a_hung_agent_is_left_in_time(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as hung:
        hung.bind(str(path))
        hung.listen(1)
        async with asyncio.timeout(PATIENCE_S):
            status, said, complained = await run(ENVIRONMENT, FACTS, str(path))
    assert (status, said) == (0, b"")
    assert b"did not answer in time" in complained


async def test_an_asterisk_that_stops_in_the_middle_is_left_in_time(path: Path) -> None:
    process = await script(FACTS, str(path))
    assert process.stdin is not None
    process.stdin.write(ENVIRONMENT[:100])
    async with asyncio.timeout(PATIENCE_S):
        assert await process.wait() == 0
    process.stdin.close()


@pytest.mark.parametrize(
    "variables",
    [
        None,
        {},
        ["SCREENER_VERDICT=admit"],
        {"SCREENER_VERDICT": 'admit"\nEXEC System "id'},
        {"SCREENER_VERDICT,X": "admit"},
        {"SCREENER_VERDICT": "x" * 2_000},
    ],
)
async def test_an_answer_that_may_not_be_sent_is_no_verdict(path: Path, variables: object) -> None:
    async with agent(path, lambda _: {"variables": variables}):
        status, said, complained = await run(ENVIRONMENT, FACTS, str(path))
    assert (status, said) == (0, b"")
    assert complained.startswith(b"screener-agi: ")


async def test_a_caller_who_hangs_up_meanwhile_ends_it_in_peace(path: Path) -> None:
    processes: list[asyncio.subprocess.Process] = []

    def hang_up(_request: dict[str, object]) -> dict[str, object]:
        processes[0].send_signal(signal.SIGHUP)
        return {"variables": {"SCREENER_VERDICT": "admit"}}

    async with agent(path, hang_up):
        processes.append(await script(FACTS, str(path)))
        said, _ = await processes[0].communicate(ENVIRONMENT)
    assert processes[0].returncode == 0
    assert said in (b"", b'EXEC MSet "SCREENER_VERDICT=admit"\n')


async def test_an_asterisk_that_does_not_listen_ends_it_in_peace(path: Path) -> None:
    async with agent(path):
        reading, writing = os.pipe()
        os.close(reading)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "screener.adapters.agi_script", FACTS, str(path)),
            stdin=asyncio.subprocess.PIPE,
            stdout=writing,
            cwd=ROOT,
        )
        os.close(writing)
        await process.communicate(ENVIRONMENT)
    assert process.returncode == 0


def test_the_script_starts_without_the_heavy_libraries() -> None:
    code = (
        "import sys, screener.adapters.agi_script;"
        "print({'typer', 'rich', 'pydantic', 'yaml', 'asyncio', 'phonenumbers'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == "set()\n"


def test_our_folder_asterisk_does_not_hide_pyst2() -> None:
    assert not (ROOT / "asterisk" / "__init__.py").exists()
    spec = importlib.util.find_spec("asterisk.agi")
    assert spec is not None
    assert spec.origin is not None
    assert "site-packages" in Path(spec.origin).parts


def pyst2(said: str) -> tuple[AGI, io.StringIO]:
    """pyst2's AGI between strings."""
    out = io.StringIO()
    before = signal.getsignal(signal.SIGHUP)
    try:
        return AGI(stdin=io.StringIO(said), stdout=out, stderr=io.StringIO()), out
    finally:
        signal.signal(signal.SIGHUP, before)


def test_of_pyst2_the_environment_and_the_commands_work() -> None:
    agi, out = pyst2("agi_channel: PJSIP/a: b\nagi_callerid: 1\n\n200 result=0\n200 result=1\n")
    assert agi.env == {"agi_channel": "PJSIP/a: b", "agi_callerid": "1"}
    assert agi.appexec("MSet", "A=x,B=y") == "0"
    agi.set_variable("A", "x")
    assert out.getvalue() == 'EXEC MSet "A=x,B=y"\nSET VARIABLE "A" "x"\n'


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("200 result=-1\n", AGIAppError),
        ("200 result=-2\n", AGIAppError),
        ("510 Invalid or unknown command\n", AGIInvalidCommand),
        ("511 Command Not Permitted on a dead channel\n", AGIUnknownError),
        ("HANGUP\n", ValueError),
        ("", ValueError),
    ],
)
def test_of_pyst2_a_bad_reply_is_some_exception_and_not_always_its_own(
    reply: str, error: type[Exception]
) -> None:
    agi, _ = pyst2("\n" + reply)
    with pytest.raises(error):
        agi.appexec("MSet", "A=x")


def test_of_pyst2_the_quoting_quotes_nothing_so_it_may_see_checked_text_only() -> None:
    agi, out = pyst2("\n200 result=1\n")
    agi.set_variable("A", 'x"\nEXEC System "id')
    assert out.getvalue() == 'SET VARIABLE "A" "x"\nEXEC System "id"\n'


def test_of_pyst2_the_environment_may_be_forged_so_nothing_is_read_from_it() -> None:
    agi, _ = pyst2("agi_uniqueid: 1.1\nagi_calleridname: x\nagi_uniqueid: 9.9\n\n")
    assert agi.env["agi_uniqueid"] == "9.9"


def test_of_pyst2_every_caller_goes_to_its_trace_so_that_goes_nowhere() -> None:
    agi, _ = pyst2("agi_callerid: 15551230001\n\n")
    assert "15551230001" in agi.stderr.getvalue()
