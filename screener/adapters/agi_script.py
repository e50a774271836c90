"""The classic AGI script, `AGI(screener-agi,${SCREENER_FACTS})`, for sites without FastAGI.

A process per call: it hands the facts from its arguments to the running agent over the control
socket and sets the answer's variables in one command. An argument that begins with `id=` reports
an outcome instead, and sets nothing. Every failure ends with status 0 and no
verdict, within `DEADLINE_S`, so that the dialplan fails open.

pyst2 is used as it was meant to be (own process, main thread) and fenced where it is weak: its
trace of every caller goes to the null device, its quoting sees only checked text, and nothing
depends on the environment or the reply it reads, as a caller can forge lines of both. The facts
come as process arguments, which a caller cannot add to. The agent's side is `wire_facts`.
"""

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

from asterisk.agi import AGI

from screener.adapters.control_client import ask
from screener.errors import LocalProtocolError, ScreenerError
from screener.protocol.agi_command import assignments

DEADLINE_S = 1.5
"""Seconds after which the process ends, whatever it waits for."""

ASK_S = 1.0
"""Seconds the agent has for its answer."""

DEFAULT_SOCKET = "/run/screener/control.sock"
"""Where the agent is asked unless a second argument or `SCREENER_CONTROL` says otherwise."""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Screen one call; always exit with status 0.

    `argv` is the program's name, the facts or an outcome, and optionally the control socket's path.
    """
    signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
    signal.setitimer(signal.ITIMER_REAL, DEADLINE_S)
    try:
        _screen(sys.argv if argv is None else argv)
    except ScreenerError as error:
        with suppress(OSError):
            sys.stderr.write(f"screener-agi: {error}\n")
            sys.stderr.flush()
    except Exception as error:  # noqa: BLE001 - whatever it is, the call goes on without us
        with suppress(OSError):
            sys.stderr.write(f"screener-agi: {type(error).__name__}\n")
            sys.stderr.flush()
    finally:
        # Past the interpreter's own end, which would fail on a pipe that Asterisk has closed.
        os._exit(0)


def _screen(argv: Sequence[str]) -> None:
    if len(argv) not in (2, 3):
        raise ScreenerError("usage: screener-agi FACTS [CONTROL-SOCKET]")
    path = argv[2] if len(argv) == 3 else os.environ.get("SCREENER_CONTROL", DEFAULT_SOCKET)  # noqa: PLR2004 - the three words of the usage line
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # a caller's name may hold any byte
    with Path(os.devnull).open("w", encoding="utf-8", errors="replace") as null:
        agi = AGI(stdin=sys.stdin, stdout=sys.stdout, stderr=null)
        if argv[1].startswith("id="):
            ask(path, {"op": "outcome", "facts": argv[1]}, ASK_S)
            return
        reply = ask(path, {"op": "screen", "facts": argv[1]}, ASK_S)
        agi.appexec("MSet", assignments(_variables(reply)))


def _variables(reply: dict[str, object]) -> dict[str, str]:
    variables = reply.get("variables")
    if not isinstance(variables, dict):
        raise LocalProtocolError("the agent answered without variables")
    return {str(name): str(value) for name, value in variables.items()}


if __name__ == "__main__":
    main()
