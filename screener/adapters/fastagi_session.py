"""One FastAGI session: an environment in, one command out, one reply in, the end.

Every wait has a deadline and every end is told apart: a verdict, a malformed caller (who gets a
verdict too), or a session that failed through no caller's doing, which is closed without a
verdict so that the dialplan fails open. Caller data is never logged. Listening, caps and drain
are `fastagi`'s; the grammar is `protocol`'s. A session that asks for a captcha is handed over to
`agi_captchas`.
"""

import asyncio
import logging
import time
import traceback
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol, cast

from screener.adapters.agi_captchas import AgiCaptchas
from screener.adapters.fastagi_options import FastAgiOptions, Gate
from screener.adapters.wire_facts import facts_of, wait_of
from screener.core.call import inert
from screener.core.outcome import Origin, read_outcome
from screener.errors import RemoteProtocolError
from screener.protocol.agi_command import set_variables
from screener.protocol.agi_environment import Environment, EnvironmentReader, MalformedCaller
from screener.protocol.agi_reply import ReplyReader, Result
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

_LOG = logging.getLogger("screener.fastagi")


def _discard(data: bytes) -> None:
    """Drop bytes that nobody waits for.

    A function and no method: an ended session then holds no cycle for the collector to find.
    """
    del data


class SessionHost(Protocol):
    """What a session needs of its server."""

    screening: "Screening"
    captchas: AgiCaptchas
    options: FastAgiOptions
    gate: Gate
    loop: asyncio.AbstractEventLoop
    sessions: set["FastAgiSession"]

    def session_ended(self, session: "FastAgiSession") -> None:
        """Forget a session that was let in."""


class FastAgiSession(asyncio.Protocol):
    """The protocol object of one connection."""

    __slots__ = (
        *("_began", "_counted", "_held", "_host", "_peer", "_reader", "_receive", "_replies"),
        *("_timer", "_transport"),
    )

    _transport: asyncio.Transport

    def __init__(self, host: SessionHost) -> None:
        self._host = host
        self._peer = ""
        self._began = 0.0
        self._counted = False
        self._timer: asyncio.TimerHandle | None = None
        self._reader: EnvironmentReader | None = None
        self._replies: ReplyReader | None = None
        self._receive: Callable[[bytes], None] = _discard

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
        self._host.sessions.add(self)
        self._reader = EnvironmentReader()
        self._receive = self._read_environment
        timeout = self._host.options.header_timeout
        self._wait(timeout, self._environment_late)

    def data_received(self, data: bytes) -> None:
        """Give the bytes to whatever the session waits for."""
        try:
            self._receive(data)
        except Exception as error:  # noqa: BLE001 - a bug inside must not hold a telephone call
            self._fail_inside(error)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count the session out; an end in the middle of an environment is a failure."""
        del exc  # a reset at the end is Asterisk's ordinary way to close
        self._stop_waiting()
        begun = self.begun
        self._reader = None
        self._receive = _discard
        if begun:
            self._host.screening.session_failed(
                self._peer, "closed in the middle of the environment"
            )
        if self._counted:
            self._counted = False
            self._host.session_ended(self)
            self._host.gate.leave(self._peer)

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
                self._answer(event, reader.take_rest())
            else:
                self._answer_malformed(event)
        except RemoteProtocolError as error:
            self._fail(str(error))

    def _answer(self, environment: Environment, rest: bytes) -> None:
        request = read_request(environment)
        if isinstance(request, MalformedCaller):
            self._answer_malformed(request)
        elif not _HANGUP.startswith(rest):
            # A forged HANGUP must not cost the verdict, so one alone is left to the replies.
            why = "bytes came after the environment"
            self._answer_malformed(MalformedCaller(environment.prefix, why))
        elif isinstance(request, OutcomeRequest):
            self._report(request)
        elif isinstance(request, CaptchaRequest):
            self._hand_over(request, rest)
        else:
            self._screen(facts_of(request.facts), rest)

    def _screen(self, facts: "Facts", rest: bytes) -> None:
        asked = self._host.screening.consult(facts)
        if asked is None:
            self._tell(self._host.screening.screen(facts, self._began), rest)
            return
        self._stop_waiting()  # whom is asked has a deadline of its own
        self._held = rest
        self._receive = self._hold
        asked.add_done_callback(lambda done: self._consulted(facts, done))

    def _hold(self, data: bytes) -> None:
        self._held = (self._held + data)[:_MOST_HELD]

    def _consulted(self, facts: "Facts", done: "asyncio.Future[Consulted]") -> None:
        """Decide, by what other edges know, also a call whose caller is gone: it came."""
        try:
            consulted = None if done.cancelled() else done.result()
            variables = self._host.screening.screen(facts, self._began, consulted)
            if not self._transport.is_closing():
                self._tell(variables, self._held)
        except Exception as error:  # noqa: BLE001 - a bug inside must not hold a telephone call
            self._fail_inside(error)

    def _tell(self, variables: Mapping[str, str], rest: bytes) -> None:
        self._transport.write(set_variables(variables))
        self._await_reply(rest)

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

    def _hand_over(self, request: CaptchaRequest, rest: bytes) -> None:
        if self._host.captchas.take(request.call_id, self._transport, rest):
            # The connection is another's now; as one that asks for a verdict this session is over.
            self.connection_lost(None)
        else:
            self._close()

    def _await_reply(self, rest: bytes) -> None:
        self._replies = ReplyReader()
        self._replies.command_sent()
        self._receive = self._read_reply
        self._wait(self._host.options.reply_timeout, self._reply_late)
        if rest:
            self._read_reply(rest)

    def _read_reply(self, data: bytes) -> None:
        replies = self._replies
        if replies is None:  # the connection is gone
            return
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
        self._replies = None
        self._receive = _discard
        self._wait(DISCARD_S, self._close)
        if not self._transport.is_closing():
            self._transport.write_eof()

    def _environment_late(self) -> None:
        self._fail(f"no whole environment within {self._host.options.header_timeout:g} s")

    def _reply_late(self) -> None:
        self._fail(f"no reply to the verdict within {self._host.options.reply_timeout:g} s")

    def _fail_inside(self, error: Exception) -> None:
        # The stack without the message: a message may quote caller data.
        stack = "".join(traceback.format_tb(error.__traceback__))
        _LOG.error("a session raised %s\n%s", type(error).__name__, stack)
        self._fail(f"the agent failed inside ({type(error).__name__})")

    def _fail(self, why: str) -> None:
        self._host.screening.session_failed(self._peer, why)
        self._close()

    def _close(self) -> None:
        self._stop_waiting()
        self._reader = None
        self._replies = None
        self._receive = _discard
        self._transport.close()

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        self._stop_waiting()
        self._timer = self._host.loop.call_later(seconds, then)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
