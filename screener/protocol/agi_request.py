"""Reads what one AGI session asks for: a verdict on a call, the report of an outcome, a captcha.

The address path names the request and may carry the MD5 of the one argument
(`/screen/<32 hex digits>`). It comes before any caller data, so a caller who forges the rest of
an environment cannot forge it: integrity by position, not secrecy. An Asterisk without the
function `MD5` sends the path without a digest, or with an empty one.

A captcha's path holds the id of its call, and its argument is the id again, behind all caller
data: who does not know the id, which was drawn for this call a moment ago, cannot end the
environment early and have the rest of it taken for a reply.
"""

import hashlib
import re
from dataclasses import dataclass

from screener.errors import RemoteProtocolError
from screener.protocol.agi_environment import Environment, MalformedCaller
from screener.protocol.facts import KEYS_AS_SENT, read_facts, read_outcome

_PATH = re.compile(
    r"(screen|outcome)(?:/([0-9A-Fa-f]{32})?)?\Z|(captcha)/([A-Za-z0-9_.:-]{1,64})\Z"
)
_CAPTCHA_NAME, _CAPTCHA_ID = 3, 4
_SCREEN = "screen/"
_NUM = KEYS_AS_SENT.index("num")
_NO_NUMBER = b"unknown"
_DIGEST = hashlib.md5(usedforsecurity=False)
"""Copied for each argument: made anew, OpenSSL looks the digest up by its name, and half of what
that takes is a look-up (measured, with cold caches)."""


@dataclass(frozen=True, slots=True)
class ScreenRequest:
    """Asks for a verdict; `facts` has a value for each of `facts.KEYS_AS_SENT`."""

    facts: list[str]


@dataclass(frozen=True, slots=True)
class OutcomeRequest:
    """Reports what became of the call `call_id`: an event's word, and times in seconds.

    `wait` is how long it was in the operators' queue; empty where it never was.
    """

    call_id: str
    event: str
    talk: str
    wait: str = ""


@dataclass(frozen=True, slots=True)
class CaptchaRequest:
    """Asks for the captcha of the call `call_id` over this session."""

    call_id: str


def asks_for_verdict(script: str) -> bool:
    """Whether the address path asks for a verdict; False for an outcome or a captcha.

    Raises:
        RemoteProtocolError: The path is none of these.
    """
    return _match(script)[1] == "screen"


Request = ScreenRequest | OutcomeRequest | CaptchaRequest


def read_request(environment: Environment) -> Request | MalformedCaller:
    """Read the request, checking its argument against the path and the caller number.

    Raises:
        RemoteProtocolError: The path is not one of ours.
    """
    arguments, script = environment.arguments, environment.prefix.script
    # A path that ends with the true digest is a sound one: the sample dialplan's.
    plain = len(arguments) == 1 and script.startswith(_SCREEN)
    if plain and script[len(_SCREEN) :] == _digest_of(arguments[0]):
        return _read_screen(environment, arguments[0])
    return _read_with_care(environment)


def _read_with_care(environment: Environment) -> Request | MalformedCaller:
    path = _match(environment.prefix.script)
    try:
        if path[_CAPTCHA_NAME]:
            return _read_captcha(environment.arguments, path[_CAPTCHA_ID])
        argument = _the_argument(environment.arguments, path[2])
        if path[1] == "outcome":
            words = read_outcome(argument)
            return OutcomeRequest(*[words.get(key, "") for key in ("id", "event", "talk", "wait")])
    except RemoteProtocolError as error:
        return MalformedCaller(environment.prefix, str(error))
    return _read_screen(environment, argument)


def _read_screen(environment: Environment, argument: bytes) -> ScreenRequest | MalformedCaller:
    try:
        facts = read_facts(argument)
        _compare_number(facts[_NUM], environment.caller_number)
    except RemoteProtocolError as error:
        return MalformedCaller(environment.prefix, str(error))
    return ScreenRequest(facts)


def _match(script: str) -> re.Match[str]:
    match = _PATH.match(script)
    if match is None:
        raise RemoteProtocolError("the path is neither /screen nor /outcome nor /captcha/ID")
    return match


def _read_captcha(arguments: tuple[bytes, ...], call_id: str) -> CaptchaRequest:
    if _the_argument(arguments, None) != call_id.encode("ascii"):
        raise RemoteProtocolError("the argument is not the call id in the path")
    return CaptchaRequest(call_id)


def _the_argument(arguments: tuple[bytes, ...], digest: str | None) -> bytes:
    if len(arguments) != 1:
        raise RemoteProtocolError(f"{len(arguments)} arguments where one is allowed")
    if digest and _digest_of(arguments[0]) != digest.lower():
        raise RemoteProtocolError("the argument does not match the digest in the path")
    return arguments[0]


def _digest_of(argument: bytes) -> str:
    digest = _DIGEST.copy()
    digest.update(argument)
    return digest.hexdigest()


def _compare_number(fact: str, raw: bytes) -> None:
    if ":" not in fact and fact.encode() == raw:
        return
    # A colon would cut an expression of the dialplan, so it writes a bar for it.
    raw = raw.replace(b":", b"|")
    if fact == raw.decode("utf-8", "replace") or (not fact and raw == _NO_NUMBER):
        return
    raise RemoteProtocolError("fact num is not the number in agi_callerid")
