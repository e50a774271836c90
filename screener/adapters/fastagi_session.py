"""One FastAGI session: an environment in, one command out, one reply in, the end.

Every wait has a deadline and every end is told apart: a verdict, a malformed caller (who gets a
verdict too), or a session that failed through no caller's doing, which is closed without a
verdict so that the dialplan fails open. Caller data is never logged. Listening, caps and drain
are `fastagi`'s; the grammar is `protocol`'s. A session that asks for a captcha is handed over to
`agi_captchas`.
"""

import asyncio
import logging
import math
import time
import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Protocol, cast

from screener.adapters.agi_captchas import AgiCaptchas
from screener.adapters.fastagi_options import FastAgiOptions, Gate
from screener.adapters.wire_facts import facts_of, wait_of
from screener.core.call import inert
from screener.core.outcome import Origin, read_outcome
from screener.errors import RemoteProtocolError
from screener.protocol.agi_command import set_variables
from screener.protocol.agi_environment import Environment, EnvironmentReader, MalformedCaller
from screener.protocol.agi_reply import DONE, ReplyReader, Result
from screener.protocol.agi_request import (
    CaptchaRequest,
    OutcomeRequest,
    asks_for_verdict,
    read_request,
)

if TYPE_CHECKING:
    from screener.core.call import Facts
    from screener.core.sharing import Consulted
    from screener.ports import Screening

DISCARD_S = 1.0
"""Seconds to wait for the other side's end after ours, so that no reset overtakes the verdict."""

_MOST_HELD = 1_024
"""Bytes kept of what comes while other edges are asked: Asterisk has nothing to say but HANGUP."""

_HANGUP = b"HANGUP\nHANGUP\n"
"""What Asterisk says of a call that ends while it waits for us: twice where its time was over."""

# What a session waits for. Numbers, and no method that takes the bytes: that costs an object each
# time, and makes a cycle for the collector to find.
_NOTHING: Final = 0
_ENVIRONMENT: Final = 1
_OTHER_EDGES: Final = 2
_REPLY: Final = 3

_NEVER = math.inf

_LOG = logging.getLogger("screener.fastagi")


class SessionHost(Protocol):
    """What a session needs of its server."""

    screening: "Screening"
    captchas: AgiCaptchas
    options: FastAgiOptions
    gate: Gate

    def session_began(self, session: "FastAgiSession") -> None:
        """Take note of a session that was let in, and call its `late` when its deadline is over."""

    def session_ended(self, session: "FastAgiSession") -> None:
        """Forget a session that was let in."""


class FastAgiSession(asyncio.Protocol):
    """The protocol object of one connection.

    `deadline` is when what it waits for is late, on `time.perf_counter`: a timer for each wait
    took 1.5 % of a session.
    """

    __slots__ = (
        *("_awaits", "_began", "_counted", "_held", "_host", "_peer", "_reader", "_replies"),
        *("_transport", "deadline"),
    )

    _transport: asyncio.Transport

    def __init__(self, host: SessionHost) -> None:
        self.deadline = _NEVER
        self._host = host
        self._peer = ""
        self._began = 0.0
        self._counted = False
        self._awaits = _NOTHING
        self._held = b""
        self._reader: EnvironmentReader | None = None
        self._replies: ReplyReader | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let the peer in, or close at once where it is not allowed or over a cap."""
        self._transport = cast("asyncio.Transport", transport)
        self._began = time.perf_counter()
        address = transport.get_extra_info("peername")
        self._peer = str(address[0]) if address else "unknown"
        refusal = self._host.gate.enter(self._peer)
        if refusal is not None:
            self._fail(refusal)
            return
        self._counted = True
        self._host.session_began(self)
        self._reader = EnvironmentReader()
        self._awaits = _ENVIRONMENT
        self.deadline = self._began + self._host.options.header_timeout

    def data_received(self, data: bytes) -> None:
        """Give the bytes to whatever the session waits for; drop them where that is nothing."""
        try:
            if self._awaits == _ENVIRONMENT:
                self._read_environment(data)
            elif self._awaits == _REPLY:
                self._read_reply(data)
            elif self._awaits == _OTHER_EDGES:
                self._held = (self._held + data)[:_MOST_HELD]
        except Exception as error:  # noqa: BLE001 - a bug inside must not hold a telephone call
            self._fail_inside(error)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count the session out; an end in the middle of an environment is a failure."""
        del exc  # a reset at the end is Asterisk's ordinary way to close
        begun = self.begun
        self._forget()
        if begun:
            self._host.screening.session_failed(
                self._peer, "closed in the middle of the environment"
            )
        if self._counted:
            self._counted = False
            self._host.session_ended(self)
            self._host.gate.leave(self._peer)

    def late(self) -> None:
        """End a wait whose deadline is over."""
        awaited = self._awaits
        self.deadline = _NEVER
        if awaited == _ENVIRONMENT:
            self._fail(f"no whole environment within {self._host.options.header_timeout:g} s")
        elif awaited == _REPLY:
            self._fail(f"no reply to the verdict within {self._host.options.reply_timeout:g} s")
        else:
            self._close()

    @property
    def begun(self) -> bool:
        """Whether an environment has begun to come that is not whole yet."""
        return self._reader is not None and self._reader.started

    def abort(self) -> None:
        """End the session now; without a verdict where none has been sent."""
        if self.begun:
            self._fail("the agent is stopping")
        self._transport.abort()

    def _read_environment(self, data: bytes) -> None:
        reader = self._reader
        if reader is None:  # the connection is gone
            return
        try:
            event = reader.receive(data)
            if event is None:
                return
            self._reader = None
            if isinstance(event, Environment):
                self._held = reader.take_rest()
                self._answer(event)
            else:
                self._answer_malformed(event)
        except RemoteProtocolError as error:
            self._fail(str(error))

    def _answer(self, environment: Environment) -> None:
        request = read_request(environment)
        if isinstance(request, MalformedCaller):
            self._answer_malformed(request)
        elif not _HANGUP.startswith(self._held):
            # A forged HANGUP must not cost the verdict, so one alone is left to the replies.
            why = "bytes came after the environment"
            self._answer_malformed(MalformedCaller(environment.prefix, why))
        elif isinstance(request, OutcomeRequest):
            self._report(request)
        elif isinstance(request, CaptchaRequest):
            self._hand_over(request)
        else:
            self._screen(facts_of(request.facts))

    def _screen(self, facts: "Facts") -> None:
        asked = self._host.screening.consult(facts)
        if asked is None:
            self._host.screening.screen(facts, self._began, None, self._tell)
            return
        self._awaits = _OTHER_EDGES
        self.deadline = _NEVER  # whom is asked has a deadline of its own
        asked.add_done_callback(lambda done: self._consulted(facts, done))

    def _consulted(self, facts: "Facts", done: "asyncio.Future[Consulted]") -> None:
        """Decide, by what other edges know, also a call whose caller is gone: it came."""
        try:
            consulted = None if done.cancelled() else done.result()
            self._host.screening.screen(facts, self._began, consulted, self._tell)
        except Exception as error:  # noqa: BLE001 - a bug inside must not hold a telephone call
            self._fail_inside(error)

    def _tell(self, variables: Mapping[str, str]) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(set_variables(variables))
        self._awaits = _REPLY
        self.deadline = time.perf_counter() + self._host.options.reply_timeout
        if self._held:
            self._read_reply(self._held)

    def _answer_malformed(self, event: MalformedCaller) -> None:
        if not asks_for_verdict(event.prefix.script):
            self._fail(f"an outcome or a captcha was malformed: {event.why}")
            return
        origin = Origin(
            peer=self._peer,
            why=event.why,
            channel=inert(event.prefix.channel, 80),
            uniqueid=inert(event.prefix.uniqueid, 80),
        )
        self._transport.write(
            set_variables(self._host.screening.screen_malformed(origin, self._began))
        )
        self._end_gently()

    def _report(self, request: OutcomeRequest) -> None:
        outcome = read_outcome(request.event, request.talk)
        if outcome is None or not request.call_id:
            self._fail("an outcome has no call id, no known event or no sane talk time")
            return
        self._host.screening.report(request.call_id, outcome, wait_s=wait_of(request.wait))
        self._close()

    def _hand_over(self, request: CaptchaRequest) -> None:
        if self._host.captchas.take(request.call_id, self._transport, self._held):
            # The connection is another's now; as one that asks for a verdict this session is over.
            self.connection_lost(None)
        else:
            self._close()

    def _read_reply(self, data: bytes) -> None:
        replies = self._replies
        if replies is None:
            if data == DONE:
                self._close()
                return
            replies = self._replies = ReplyReader()
            replies.command_sent()
        try:
            event = replies.receive(data)
        except RemoteProtocolError as error:
            self._host.screening.session_failed(self._peer, f"after the verdict: {error}")
            self._end_gently()
            return
        if event is None:
            return
        if isinstance(event, Result) and event.code == 0:
            self._close()
            return
        if isinstance(event, Result):
            why = f"Asterisk could not set the verdict (result {event.code})"
            self._host.screening.session_failed(self._peer, why)
        self._end_gently()

    def _end_gently(self) -> None:
        """Send our end, then discard what still comes until theirs."""
        self._forget()
        self.deadline = time.perf_counter() + DISCARD_S
        if not self._transport.is_closing():
            self._transport.write_eof()

    def _fail_inside(self, error: Exception) -> None:
        # The stack without the message: a message may quote caller data.
        stack = "".join(traceback.format_tb(error.__traceback__))
        _LOG.error("a session raised %s\n%s", type(error).__name__, stack)
        self._fail(f"the agent failed inside ({type(error).__name__})")

    def _fail(self, why: str) -> None:
        self._host.screening.session_failed(self._peer, why)
        self._close()

    def _close(self) -> None:
        self._forget()
        self._transport.close()

    def _forget(self) -> None:
        """Wait for nothing any more."""
        self.deadline = _NEVER
        self._awaits = _NOTHING
        self._reader = None
        self._replies = None
