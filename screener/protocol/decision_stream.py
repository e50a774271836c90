r"""One line of the decision stream: a JSON object in, a frozen message out; answers the other way.

`docs/decision-stream.md` shows the talk. A line that cannot be read is refused, and a call on
such a line can still be found (`lost_call`), since its sender waits for an answer. Where a line
makes sense without a faulty part of it, it is taken and the part is told of. No text of ours
quotes a line, which may hold personal data. What the messages do is left to `adapters.pipe`.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from screener.errors import RemoteProtocolError
from screener.protocol.control import decode as decode_object
from screener.protocol.stream_fields import Fields

CONTRACT = 1
"""The version of the stream that is spoken here."""

LINE_LIMIT = 67_108_864
"""Bytes of a line, its end included: room for months of history or a million list entries."""

CALL_ID_LIMIT = 256
"""Characters of a call's id."""

PAST_OUTCOMES = ("answered", "abandoned")
PRESENTATIONS = ("allowed", "restricted", "unavailable")
ATTESTATIONS = ("A", "B", "C", "invalid")
EVENTS = (
    *("challenge_passed", "challenge_failed", "challenge_abandoned"),
    *("queue_joined", "operator_answered", "hangup"),
)

READY = b'{"type":"ready"}\n'
"""The answer to `hello`."""

_SALVAGED_BYTES = 65_536
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_TYPE = re.compile(rb'"type"\s*:\s*"([^"\\]*)"')
_CALL_ID = re.compile(rb'"call_id"\s*:\s*("(?:[^"\\]|\\.)*")')


@dataclass(frozen=True, slots=True)
class Hello:
    """Begins a stream; None is what the sender left to the agent's own configuration.

    `mean_service_s` is an operator's time for one call, seconds.
    """

    now: float | None
    operators: int | None = None
    channels: int | None = None
    mean_service_s: float | None = None


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call of an earlier day: one of `PAST_OUTCOMES`, `talk_s` seconds with an operator."""

    caller: str
    at: float
    outcome: str
    talk_s: float


@dataclass(frozen=True, slots=True)
class History:
    """Calls of earlier days, oldest first."""

    records: tuple[PastCall, ...]


@dataclass(frozen=True, slots=True)
class Lists:
    """Entries for the deny and the allow list, unread; they add to what was sent before."""

    block: tuple[str, ...]
    allow: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Queue:
    """What the telephone side sees of itself at `now`; None where it does not tell."""

    now: float
    waiting: int | None = None
    operators_busy: int | None = None
    operators_total: int | None = None
    channels_in_use: int | None = None
    channels_total: int | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call that wants a verdict; texts are unread, the empty one where nothing was told."""

    now: float
    call_id: str
    caller: str = ""
    caller_name: str = ""
    pres: str = ""
    dnis: str = ""
    trunk: str = ""
    src_ip: str = ""
    attestation: str = ""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What became of a call: one of `EVENTS`; `talk_s` seconds with an operator at a hangup."""

    now: float
    call_id: str
    event: str
    talk_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Stats:
    """Asks how much is remembered."""

    now: float | None


@dataclass(frozen=True, slots=True)
class Bye:
    """Ends the stream."""


Message = Hello | History | Lists | Queue | Arrival | Feedback | Stats | Bye


@dataclass(frozen=True, slots=True)
class Received:
    """A message, and what of its line was left out because it could not be read."""

    message: Message
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LostCall:
    """A call on a line that was refused; `call_id` is None where that could not be read either."""

    call_id: str | None


def decode(line: bytes) -> Received:
    """Return the message on a line; unknown keys are ignored.

    Raises:
        RemoteProtocolError: The line is over `LINE_LIMIT`, is not one strict JSON object, has
            an unknown type, or lacks what its type cannot do without.
    """
    told = decode_object(line, LINE_LIMIT)
    kind = told.get("type")
    read = _READERS.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise RemoteProtocolError(f"`type` must be one of {', '.join(_READERS)}")
    fields = Fields(told)
    message = read(fields)
    return Received(message, tuple(fields.remarks))


def lost_call(line: bytes) -> LostCall | None:
    """Return the call on a line that `decode` refused, or None where the line was none.

    Looks at the start of the line only, where it is broken JSON: the first type named counts.
    """
    try:
        told = decode_object(line, LINE_LIMIT)
    except RemoteProtocolError:
        return _salvaged(line[:_SALVAGED_BYTES])
    call_id = told.get("call_id")
    if told.get("type") != "call":
        return None
    return LostCall(call_id if isinstance(call_id, str) else None)


def encode_verdict(
    call_id: str | None, verdict: str, score: float, reasons: Sequence[str], **more: object
) -> bytes:
    """Return the answer to a call; `more` are the keys that not every verdict has."""
    return _line(
        {
            "call_id": call_id,
            "verdict": verdict,
            "score": round(score, 3),
            "reasons": list(reasons),
            **more,
        }
    )


def encode_keys(keys: int) -> bytes:
    """Return the answer to `stats`: how many entries all bounded tables hold."""
    return _line({"keys": keys})


def encode_error(text: str, line_number: int) -> bytes:
    """Return a diagnostic about the line of that number, from 1."""
    return _line({"error": text, "line": line_number})


def _line(fields: Mapping[str, object]) -> bytes:
    return _ENCODER.encode(fields).encode("ascii") + b"\n"


def _salvaged(start: bytes) -> LostCall | None:
    kind = _TYPE.search(start)
    if kind is None or kind[1] != b"call" or not start.lstrip().startswith(b"{"):
        return None
    found = _CALL_ID.search(start)
    try:
        return LostCall(json.loads(found[1]) if found else None)
    except ValueError:
        return LostCall(None)


def _read_hello(fields: Fields) -> Hello:
    if fields.told.get("contract", CONTRACT) != CONTRACT:
        fields.remarks.append(f"`contract` is not {CONTRACT}, which is what is spoken here")
    site = fields.inner("config")
    return Hello(
        now=fields.lenient(fields.moment, "now"),
        operators=site.lenient(site.whole, "operators", 1, 10_000),
        channels=site.lenient(site.whole, "channels", 1, 100_000),
        mean_service_s=site.lenient(site.number, "mean_service_s", 1.0, 86_400.0),
    )


def _read_history(fields: Fields) -> History:
    return History(fields.each_object("records", _read_past_call))


def _read_past_call(fields: Fields) -> PastCall:
    return PastCall(
        caller=fields.text("caller"),
        at=fields.moment("at"),
        outcome=fields.word("outcome", PAST_OUTCOMES),
        talk_s=fields.number("talk_s", 0.0, 86_400.0) or 0.0,
    )


def _read_lists(fields: Fields) -> Lists:
    return Lists(block=fields.texts("block"), allow=fields.texts("allow"))


def _read_queue(fields: Fields) -> Queue:
    return Queue(
        now=fields.moment("now"),
        waiting=fields.whole("waiting"),
        operators_busy=fields.whole("operators_busy"),
        operators_total=fields.whole("operators_total"),
        channels_in_use=fields.whole("channels_in_use"),
        channels_total=fields.whole("channels_total"),
    )


def _read_call(fields: Fields) -> Arrival:
    return Arrival(
        now=fields.moment("now"),
        call_id=fields.id("call_id", CALL_ID_LIMIT),
        caller=fields.text("caller"),
        caller_name=fields.text("caller_name"),
        pres=fields.option("pres", PRESENTATIONS),
        dnis=fields.text("dnis"),
        trunk=fields.text("trunk"),
        src_ip=fields.text("src_ip"),
        attestation=fields.option("attestation", ATTESTATIONS),
    )


def _read_feedback(fields: Fields) -> Feedback:
    return Feedback(
        now=fields.moment("now"),
        call_id=fields.id("call_id", CALL_ID_LIMIT),
        event=fields.word("event", EVENTS),
        talk_s=fields.number("talk_s", 0.0, 86_400.0) or 0.0,
    )


def _read_stats(fields: Fields) -> Stats:
    return Stats(fields.lenient(fields.moment, "now"))


def _read_bye(_fields: Fields) -> Bye:
    return Bye()


_READERS: Mapping[str, Callable[[Fields], Message]] = {
    "hello": _read_hello,
    "history": _read_history,
    "lists": _read_lists,
    "queue": _read_queue,
    "call": _read_call,
    "feedback": _read_feedback,
    "stats": _read_stats,
    "bye": _read_bye,
}
