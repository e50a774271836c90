"""Reads what one AGI session asks for: a verdict on a call, or the report of an outcome.

The address path names the request and may carry the MD5 of the one argument
(`/screen/<32 hex digits>`). It comes before any caller data, so a caller who forges the rest of
an environment cannot forge it: integrity by position, not secrecy. An Asterisk without the
function `MD5` sends the path without a digest, or with an empty one.
"""

import hashlib
import re
from dataclasses import dataclass

from screener.errors import RemoteProtocolError
from screener.protocol.agi_environment import Environment, MalformedCaller
from screener.protocol.facts import read_facts, read_outcome

_PATH = re.compile(r"(screen|outcome)(?:/([0-9A-Fa-f]{32})?)?\Z")
_NO_NUMBER = b"unknown"


@dataclass(frozen=True, slots=True)
class ScreenRequest:
    """Asks for a verdict; `facts` is keyed as in `facts.FACT_KEYS`."""

    facts: dict[str, str]


@dataclass(frozen=True, slots=True)
class OutcomeRequest:
    """Reports what became of the call `call_id`: an event's word and the talk time in seconds."""

    call_id: str
    event: str
    talk: str


def asks_for_verdict(script: str) -> bool:
    """Whether the address path asks for a verdict; False for an outcome.

    Raises:
        RemoteProtocolError: The path is neither.
    """
    return _match(script)[1] == "screen"


def read_request(environment: Environment) -> ScreenRequest | OutcomeRequest | MalformedCaller:
    """Read the request, checking the argument's digest and the caller number against it.

    Raises:
        RemoteProtocolError: The path is not one of ours.
    """
    path = _match(environment.prefix.script)
    try:
        argument = _the_argument(environment.arguments, path[2])
        if path[1] == "outcome":
            words = read_outcome(argument)
            return OutcomeRequest(
                words.get("id", ""), words.get("event", ""), words.get("talk", "")
            )
        facts = read_facts(argument)
        _compare_number(facts.get("num", ""), environment.caller_number)
    except RemoteProtocolError as error:
        return MalformedCaller(environment.prefix, str(error))
    return ScreenRequest(facts)


def _match(script: str) -> re.Match[str]:
    match = _PATH.match(script)
    if match is None:
        raise RemoteProtocolError("the path is neither /screen nor /outcome")
    return match


def _the_argument(arguments: tuple[bytes, ...], digest: str | None) -> bytes:
    if len(arguments) != 1:
        raise RemoteProtocolError(f"{len(arguments)} arguments where one is allowed")
    if digest:
        real = hashlib.md5(arguments[0], usedforsecurity=False).hexdigest()
        if real != digest.lower():
            raise RemoteProtocolError("the argument does not match the digest in the path")
    return arguments[0]


def _compare_number(fact: str, raw: bytes) -> None:
    # A colon would cut an expression of the dialplan, so it writes a bar for it.
    raw = raw.replace(b":", b"|")
    if fact == raw.decode("utf-8", "replace") or (not fact and raw == _NO_NUMBER):
        return
    raise RemoteProtocolError("fact num is not the number in agi_callerid")
