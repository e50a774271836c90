"""Asterisk's side of one FastAGI session, over real TCP and blocking, for tests of whole agents."""

import hashlib
import re
import socket
from types import TracebackType
from typing import Self
from urllib.parse import quote

PATIENCE_S = 10.0

_ENVIRONMENT = """\
agi_network: yes
agi_network_script: {script}
agi_request: agi://127.0.0.1:4591/{script}
agi_channel: PJSIP/trunk-a-00000001
agi_language: en
agi_type: PJSIP
agi_uniqueid: 1700000000.1
agi_version: 22.10.1
agi_callerid: {number}
agi_calleridname: {name}
agi_callingpres: 0
agi_callingani2: 0
agi_callington: 0
agi_callingtns: 0
agi_dnid: 18005550100
agi_rdnis: unknown
agi_context: screener
agi_extension: s
agi_priority: 9
agi_enhanced: 0.0
agi_accountcode:{blank}
agi_threadid: 140203611498176
agi_arg_1: {argument}

"""


def environment(path: str, argument: str, number: str = "unknown", name: str = "unknown") -> bytes:
    """Return what Asterisk sends at once for `AGI(agi://host/PATH/MD5,ARGUMENT)`."""
    digest = hashlib.md5(argument.encode(), usedforsecurity=False).hexdigest()
    return _ENVIRONMENT.format(
        script=f"{path}/{digest}", number=number, name=name, argument=argument, blank=" "
    ).encode()


def question(number: str, name: str = "Ann Lee", **more: str) -> bytes:
    """Return the question about an ordinary call of that number."""
    facts = {"num": number, "name": name, "pres": "allowed", "trunk": "trunk-a", **more}
    argument = "&".join(f"{key}={quote(value, safe='')}" for key, value in facts.items())
    return environment("screen", argument, number, name)


class Session:
    """One connection to an agent."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def variables(self) -> dict[str, str]:
        """Read the agent's one command, confirm it, and return what it set once it closes."""
        said = b""
        while not said.endswith(b"\n"):
            piece = self._socket.recv(4096)
            if not piece:
                return {}
            said += piece
        self.send(b"200 result=0\n")
        assert self._socket.recv(1) == b""
        told = re.fullmatch(r'EXEC MSet "(.*)"\n', said.decode("ascii"))
        assert told is not None, said
        return dict(pair.split("=", 1) for pair in told[1].split(","))


def screened(port: int, number: str, name: str = "Ann Lee", **more: str) -> dict[str, str]:
    """Ask an agent about a call and return the variables that it sets; none without a verdict."""
    with Session(port) as session:
        session.send(question(number, name, **more))
        return session.variables()
