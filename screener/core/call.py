"""What is known of one inbound call: the wire's words (`Facts`) and their meaning (`Call`).

`Facts` is text as the telephone side told it, hostile until read. `read_call` turns it into a
`Call` and the `Load` that the dialplan saw beside it, and never fails: what cannot be read lands
in a class of its own. Numbers are left to `number`; what a call is worth to `signals`.
"""

import re
from enum import StrEnum

from screener.core.number import CallerId, NumberPlan
from screener.core.records import record

_NO_DIGIT = re.compile("[^0-9]")
_NOT_DIGITS = bytes(c for c in range(128) if not chr(c).isdigit())
_PLAIN = bytes(c if ord(" ") <= c <= ord("~") else ord("?") for c in range(256))
"""A table of `bytes.translate` that leaves printable ASCII text as it is, and no other."""

_TELLING_DIGITS = 7
"""Digits of a number in a row that are as good as all of it where its area is known."""

_NUMBER_LIKE = re.compile(
    r"\+?[0-9]{7,}"
    r"|\+?(?<![0-9])(?:[0-9]{1,3}[-. ])?(?:[0-9]{3}[-. ])?[0-9]{3}[-. ][0-9]{4}(?![0-9])"
)
"""What a Call-ID may write a number as: digits in a row, or in groups."""

_LONGEST_COUNT = 6
_COUNTS = {str(count): count for count in range(257)}
"""Counts as most are written, for what reading one of them takes is mostly the look at its text."""

NAME_LIMIT = 80
"""Characters of a caller's name that are kept (Asterisk itself cuts at 79 bytes)."""

_CALL_ID_LIMIT = 2 * NAME_LIMIT


class Attestation(StrEnum):
    """How far the originating carrier vouches for the number (STIR/SHAKEN, ATIS-1000074)."""

    FULL = "A"
    PARTIAL = "B"
    GATEWAY = "C"
    NONE = "none"
    FAILED = "failed"


@record
class Facts:
    """One call in the words of the wire: text, unchecked, the empty string where not told."""

    number: str = ""
    name: str = ""
    presentation: str = ""
    did: str = ""
    trunk: str = ""
    source: str = ""
    attestation: str = ""
    verification: str = ""
    origid: str = ""
    uniqueid: str = ""
    linkedid: str = ""
    sip_call_id: str = ""
    channel: str = ""
    queue_waiting: str = ""
    operators_logged_in: str = ""
    operators_ready: str = ""
    channels_in_use: str = ""


@record
class Call:
    """One inbound call, immutable.

    `arrived_at` is seconds since 1970 on the agent's steady clock; `did` is the called number
    as the trunk gave it; `trunk` the Asterisk endpoint; `source` the peer's network address.
    """

    call_id: str
    caller: CallerId
    name: str
    did: str
    trunk: str
    source: str
    attestation: Attestation
    origid: str
    arrived_at: float
    uniqueid: str = ""
    linkedid: str = ""
    sip_call_id: str = ""


@record
class Load:
    """What the telephone side saw of itself when the call came; None where it was not told."""

    queue_waiting: int | None = None
    operators_logged_in: int | None = None
    operators_ready: int | None = None
    channels_in_use: int | None = None


_UNTOLD = Load()


def read_call(facts: Facts, plan: NumberPlan, *, call_id: str, now: float) -> tuple[Call, Load]:
    """Read the facts of one call that came at `now` (seconds since 1970); never raises."""
    name, did, trunk, source, origid, uniqueid, linkedid, sip_call_id = _all_inert(facts)
    # In order and without names, which is quicker by half a microsecond.
    call = Call(
        call_id,
        plan.read(facts.number, facts.presentation),
        name,
        did,
        trunk,
        source,
        read_attestation(facts.attestation, facts.verification),
        origid,
        now,
        uniqueid,
        linkedid,
        _without_number(sip_call_id, facts.number) if sip_call_id else "",
    )
    return call, _read_load(facts)


def read_attestation(level: str, verification: str) -> Attestation:
    """Read Asterisk's `STIR_SHAKEN(0,attestation)` and `(0,verify_result)`.

    A level counts only where Asterisk verified it (`success`); any other result is a failed
    verification, and no header at all is neutral.
    """
    if not verification and not level:
        return Attestation.NONE
    if verification.lower() != "success":
        return Attestation.FAILED
    try:
        return Attestation(level.upper())
    except ValueError:
        return Attestation.NONE


def inert(text: str, limit: int) -> str:
    """Return the text with every control, bidi and unprintable character as `?`, cut to `limit`."""
    kept = text if len(text) <= limit else text[:limit]
    if _is_plain(kept) or kept.isprintable():
        return kept
    return "".join([c if c.isprintable() else "?" for c in kept])


def _all_inert(facts: Facts) -> tuple[str, str, str, str, str, str, str, str]:
    """Return what is kept of the facts as `inert` leaves it; one look is mostly enough."""
    name, did, trunk, source = facts.name, facts.did, facts.trunk, facts.source
    origid, uniqueid, linkedid = facts.origid, facts.uniqueid, facts.linkedid
    sip = facts.sip_call_id
    short = (
        len(name) <= NAME_LIMIT
        and len(did) <= NAME_LIMIT
        and len(trunk) <= NAME_LIMIT
        and len(source) <= NAME_LIMIT
        and len(origid) <= NAME_LIMIT
        and len(uniqueid) <= NAME_LIMIT
        and len(linkedid) <= NAME_LIMIT
        and len(sip) <= _CALL_ID_LIMIT
    )
    if short and _is_plain(f"{name}{did}{trunk}{source}{origid}{uniqueid}{linkedid}{sip}"):
        return name, did, trunk, source, origid, uniqueid, linkedid, sip
    return (
        inert(name, NAME_LIMIT),
        inert(did, NAME_LIMIT),
        inert(trunk, NAME_LIMIT),
        inert(source, NAME_LIMIT),
        inert(origid, NAME_LIMIT),
        inert(uniqueid, NAME_LIMIT),
        inert(linkedid, NAME_LIMIT),
        inert(sip, _CALL_ID_LIMIT),
    )


def _is_plain(text: str) -> bool:
    """Say whether the text is printable ASCII; a call's in half of `isprintable`'s time."""
    try:
        raw = text.encode()
    except UnicodeEncodeError:  # half a pair of surrogates
        return False
    return raw.translate(_PLAIN) == raw


def _without_number(text: str, number: str) -> str:
    """Return the text, which is kept and shown as it is, without the caller's own number in it.

    The number may have an extension, a host or junk behind it, so any of its digits in a row tell.
    """
    digits = _digits_of(number[: 2 * NAME_LIMIT])
    # Mostly there is nothing of it, and no need to look how the text writes numbers.
    return _cleared_of(digits, text) if _is_told(digits, _digits_of(text)) else text


def _cleared_of(digits: str, text: str) -> str:
    def told(found: re.Match[str]) -> str:
        return "(number)" if _is_told(_digits_of(found[0]), digits) else found[0]

    return _NUMBER_LIKE.sub(told, text)


def _is_told(digits: str, text: str) -> bool:
    """Say whether telling digits of a number stand in the text."""
    last = len(digits) - _TELLING_DIGITS
    if last < 0 or len(text) < _TELLING_DIGITS:
        return False
    # What all that tell have in common, where they do, must stand there too.
    if last < _TELLING_DIGITS and digits[last:_TELLING_DIGITS] not in text:
        return False
    for at in range(last + 1):  # noqa: SIM110 - compiled, a generator is an object for each call
        if digits[at : at + _TELLING_DIGITS] in text:
            return True
    return False


def _digits_of(text: str) -> str:
    bare = text.removeprefix("+")
    if not bare.isascii():
        return _NO_DIGIT.sub("", text)
    if bare.isdigit():
        return bare
    return bare.encode("ascii").translate(None, _NOT_DIGITS).decode("ascii")


def _read_load(facts: Facts) -> Load:
    waiting, channels = facts.queue_waiting, facts.channels_in_use
    logged_in, ready = facts.operators_logged_in, facts.operators_ready
    if not (waiting or logged_in or ready or channels):
        return _UNTOLD
    return Load(_count(waiting), _count(logged_in), _count(ready), _count(channels))


def _count(text: str) -> int | None:
    if not text:
        return None
    known = _COUNTS.get(text)
    if known is not None:
        return known
    plain = len(text) <= _LONGEST_COUNT and text.isascii() and text.isdigit()
    return int(text) if plain else None
