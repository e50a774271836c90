"""SIPp as a telephone exchange that is told each call: whom to dial as whom, and when to hang up.

SIPp reads its calls from a file and cannot dial again as its callers would; its command socket,
made for third-party call control (`-3pcc`), lets a program tell it each call while it runs. The
scenario is `day_caller.xml`. When who calls is left to `day_over_sip`.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from screener.errors import MissingPartError
from screener.lab.child import Child
from screener.lab.ports import free_ports
from screener.lab.root import LabRoot

SCENARIO = Path(__file__).with_name("day_caller.xml")
END = b"\x1b"
"""Ends each command, in both directions."""

START_LIMIT_S = 10.0
_LONGEST = 65_536
_ANONYMOUS = "<sip:anonymous@anonymous.invalid>"

Heard = Callable[[str, str], None]
"""Takes a Call-ID and what was said of the call: answered, busy, refused or over."""


class Dial(NamedTuple):
    """One call: as whom (an empty number is withheld), to whom, and the port for its sound."""

    call_id: str
    number: str
    called: str
    media: int


def written(dial: Dial, host: str) -> bytes:
    """Return the command that places a call from `host`; raises ValueError for a hostile field."""
    caller = f"<sip:{dial.number}@{host}>" if dial.number else _ANONYMOUS
    lines = {
        "Call-ID": dial.call_id,
        "From": caller,
        "Identity": caller,
        "Privacy": "none" if dial.number else "id",
        "To": dial.called,
        "Media": str(dial.media),
    }
    return _command(lines)


def hang_up(call_id: str) -> bytes:
    """Return the command that ends an answered call."""
    return _command({"Call-ID": call_id, "Do": "hang-up"})


def _command(lines: dict[str, str]) -> bytes:
    if any(not value.isprintable() or not value.isascii() for value in lines.values()):
        raise ValueError("a command holds what is no printable ASCII")
    return "".join(f"{key}: {value}\r\n" for key, value in lines.items()).encode() + b"\r\n" + END


def read(command: bytes) -> tuple[str, str]:
    """Return the Call-ID and the word of what SIPp said; empty where it is neither."""
    fields = dict(
        line.split(": ", 1)
        for line in command.decode("ascii", "replace").splitlines()
        if ": " in line
    )
    return fields.get("Call-ID", ""), fields.get("Said", "").strip()


class Dialler(Child):
    """One SIPp that calls from `host`, an address of loopback, by which a trunk is known."""

    what = "SIPp"

    def __init__(self, root: LabRoot, folder: Path, host: str, target: str, heard: Heard) -> None:
        self.host = host
        self.folder = folder
        self._root = root
        self._target = target
        self._heard = heard
        self._port, self._control = free_ports(2)
        self._reading: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    def start(self) -> None:
        """Start it; `connect` is next."""
        self.folder.mkdir(parents=True, exist_ok=True)
        words = ["-sf", str(SCENARIO), "-i", self.host, "-p", str(self._port), "-bind_local"]
        words += ["-nostdin", "-trace_err", "-3pcc", f"127.0.0.1:{self._control}"]
        command = [*self._root.command("sipp"), self._target, *words]
        self._spawn(command, self.folder / "output", folder=self.folder)

    async def connect(self) -> None:
        """Open the command socket; raises MissingPartError where SIPp does not take it."""
        deadline = time.monotonic() + START_LIMIT_S
        while True:
            try:
                reader, self._writer = await asyncio.open_connection("127.0.0.1", self._control)
            except OSError as error:
                if time.monotonic() > deadline or not self.running:
                    raise MissingPartError(f"SIPp takes no commands: {error}") from error
                await asyncio.sleep(0.05)
            else:
                break
        self._reading = asyncio.get_running_loop().create_task(self._listen(reader))

    def dial(self, dial: Dial) -> None:
        """Place a call."""
        self._send(written(dial, self.host))

    def hang_up(self, call_id: str) -> None:
        """End a call that was answered."""
        self._send(hang_up(call_id))

    async def close(self) -> None:
        """Close the socket and end SIPp with all its calls."""
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading
        if self._writer is not None:
            self._writer.close()
        self.stop()

    def _send(self, command: bytes) -> None:
        if self._writer is None:
            raise MissingPartError("SIPp is not connected")
        self._writer.write(command)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        left = b""
        while data := await reader.read(_LONGEST):
            *whole, left = (left + data).split(END)
            for command in whole:
                self._heard(*read(command))
