"""The decision stream's wire: lines from one stream, answers to another, diagnostics to a third.

Each line is read, put to a `service.stream.StreamSession` and answered before the next one; an
answer is flushed at once. Whatever a line holds, the stream goes on, and a call gets an answer.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import BinaryIO

from screener.core.call import Facts
from screener.core.decision import Decision
from screener.core.lists import ListAction
from screener.core.memory import Memory
from screener.core.outcome import Event, Outcome
from screener.core.policy import MIDDLE_PRIORITY
from screener.core.settings import Action, Settings
from screener.errors import RemoteProtocolError
from screener.protocol.decision_stream import (
    LINE_LIMIT,
    READY,
    Arrival,
    Bye,
    Feedback,
    Hello,
    History,
    Lists,
    Message,
    Queue,
    Stats,
    decode,
    encode_error,
    encode_keys,
    encode_verdict,
    lost_call,
)
from screener.service.ruling import ruling_of
from screener.service.stream import PastOutcome, Seen, StreamSession

CHUNK_BYTES = 1_048_576

_NO_ANSWER = b""


def serve_pipe(
    settings: Settings,
    new_memory: Callable[[Settings], Memory],
    source: BinaryIO,
    answers: BinaryIO,
    complaints: BinaryIO,
) -> None:
    """Answer the stream until `bye` or its end.

    Raises OSError where `source` or `answers` fails; a failure of `complaints` costs only those.
    """
    pipe = Pipe(settings, new_memory, complaints)
    while not pipe.ended:
        line = _next_line(source)
        if not line:
            return
        answer = pipe.take(line)
        if answer:
            answers.write(answer)
            answers.flush()


class Pipe:
    """One stream, line by line; `ended` is set by `bye`."""

    def __init__(
        self,
        settings: Settings,
        new_memory: Callable[[Settings], Memory],
        complaints: BinaryIO,
    ) -> None:
        self.ended = False
        self._settings = settings
        self._session = StreamSession(settings, new_memory)
        self._complaints = complaints
        self._line_number = 0

    def take(self, line: bytes) -> bytes:
        """Take the next line and return the answer to it, empty where it gets none."""
        self._line_number += 1
        try:
            received = decode(line)
        except RemoteProtocolError as error:
            self._complain(str(error))
            lost = lost_call(line)
            return _NO_ANSWER if lost is None else _open_answer(lost.call_id)
        for remark in received.remarks:
            self._complain(remark)
        try:
            answer = self._apply(received.message)
        except Exception as error:  # noqa: BLE001 - no fault of ours may end the stream or refuse a call
            self._complain(f"a fault of the agent's own: {type(error).__name__}")
            asked = received.message
            answer = _open_answer(asked.call_id) if isinstance(asked, Arrival) else _NO_ANSWER
        for remark in self._session.remarks:
            self._complain(remark)
        self._session.remarks.clear()
        return answer

    def _apply(self, message: Message) -> bytes:
        session = self._session
        match message:
            case Arrival():
                return _verdict(session.decide(_facts(message), message.call_id, message.now))
            case Feedback():
                session.tell(message.call_id, message.event, message.talk_s, message.now)
            case Queue():
                session.see(_seen(message))
            case Stats():
                session.pass_time(message.now)
                return encode_keys(session.keys())
            case Hello():
                self._begin(message)
                return READY
            case History():
                session.learn(
                    PastOutcome(one.caller, one.at, Outcome(Event(one.outcome), one.talk_s))
                    for one in message.records
                )
            case Lists():
                session.add_entries(ListAction.DENY, message.block)
                session.add_entries(ListAction.ALLOW, message.allow)
            case Bye():
                self.ended = True
        return _NO_ANSWER

    def _begin(self, hello: Hello) -> None:
        told = {
            "operators": hello.operators,
            "channels": hello.channels,
            "mean_service": hello.mean_service_s,
        }
        given = {name: value for name, value in told.items() if value is not None}
        self._session.begin(hello.now, replace(self._settings.site, **given))  # type: ignore[arg-type]  # names of fields

    def _complain(self, text: str) -> None:
        with suppress(OSError):  # that nobody reads the diagnostics is no reason to stop
            self._complaints.write(encode_error(text, self._line_number))
            self._complaints.flush()


def _next_line(source: BinaryIO) -> bytes:
    """Return the next line with its end, nothing at the end of the stream.

    Of a line over the limit only so much is kept that `decode` refuses it for its length.
    """
    line = source.readline(LINE_LIMIT + 1)
    rest = line
    while len(rest) > CHUNK_BYTES and not rest.endswith(b"\n"):
        rest = source.readline(CHUNK_BYTES + 1)
    return line


def _facts(call: Arrival) -> Facts:
    """Put a call in the words of Asterisk; an attestation told here has been verified."""
    refused = call.attestation == "invalid"
    return Facts(
        number=call.caller,
        name=call.caller_name,
        presentation=call.pres,
        did=call.dnis,
        trunk=call.trunk,
        source=call.src_ip,
        attestation="" if refused else call.attestation,
        verification="failed" if refused else "success" if call.attestation else "",
    )


def _seen(queue: Queue) -> Seen:
    return Seen(
        at=queue.now,
        waiting=queue.waiting,
        operators_busy=queue.operators_busy,
        operators_total=queue.operators_total,
        channels_in_use=queue.channels_in_use,
        channels_total=queue.channels_total,
    )


def _verdict(decision: Decision) -> bytes:
    verdict, ruling = decision.verdict, ruling_of(decision)
    more: dict[str, object] = {"priority": ruling.priority}
    if ruling.treatment is not None:
        more = {"treatment": ruling.treatment.value}
    elif ruling.priority_failed is not None:
        more["priority_failed"] = ruling.priority_failed
    return encode_verdict(
        decision.call.call_id, ruling.action.value, verdict.score.total, verdict.reasons, **more
    )


def _open_answer(call_id: str | None) -> bytes:
    return encode_verdict(
        call_id, Action.ADMIT.value, 0.0, ("screener-error",), priority=MIDDLE_PRIORITY
    )
