"""One connection to Asterisk's manager interface: log in, ask, hear events; every wait bounded.

One request is under way at a time. An answer is believed by its ActionID alone, which is drawn
anew for each request: a caller who writes messages into an event cannot know it. What is asked,
when, and what happens after a fault is left to `ami_client`.
"""

import asyncio
import secrets
from collections.abc import Mapping
from typing import Self

from screener.errors import RemoteProtocolError, ScreenerError
from screener.protocol.ami import AmiMessage, AmiReader, encode_action, login_key

TIMEOUT_S = 5.0
"""For connecting, and for each request with all of its answer, seconds."""

_READ_AT_ONCE = 32_768
_MOST_ANSWERS = 1_000
"""Messages of one answer; a queue's summary has three."""


class LoginRefusedError(ScreenerError):
    """Asterisk does not let this user in: trying again at once would only lock it out."""


class AmiLink:
    """A connection that greets as an Asterisk; made by `open`, ended by `close`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._stream = reader
        self._writer = writer
        self._codec = AmiReader()
        self.stirred = False
        """Whether an event came since this was last set to False."""

    @classmethod
    async def open(cls, host: str, port: int) -> Self:
        """Connect; raises OSError, TimeoutError."""
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_connection(host, port, limit=_READ_AT_ONCE)
        return cls(reader, writer)

    def close(self) -> None:
        """End the connection at once."""
        self._writer.transport.abort()

    async def login(self, user: str, secret: str) -> None:
        """Log in by challenge, so that the secret stays here.

        Raises LoginRefusedError, and as `request`.
        """
        asked = await self.request("Challenge", {"AuthType": "MD5"})
        key = login_key(asked[0].get("Challenge"), secret)
        answer = await self.request("Login", {"AuthType": "MD5", "Username": user, "Key": key})
        if asked[0].get("Response") != "Success" or answer[0].get("Response") != "Success":
            raise LoginRefusedError(f"the login as {user} was refused")

    async def request(
        self, action: str, fields: Mapping[str, str], until: str = ""
    ) -> list[AmiMessage]:
        """Send an action and return its answer: one message, or a list that the event `until` ends.

        A refusal is returned alone. Raises OSError, TimeoutError, ProtocolError.
        """
        action_id = secrets.token_hex(8)
        async with asyncio.timeout(TIMEOUT_S):
            self._writer.write(encode_action(action, action_id, fields))
            await self._writer.drain()
            answer: list[AmiMessage] = []
            while len(answer) < _MOST_ANSWERS:
                message = await self._next()
                if message.get("ActionID") != action_id:
                    self._note(message)
                    continue
                answer.append(message)
                if not until or message.get("Event") == until or _is_refusal(message):
                    return answer
        raise RemoteProtocolError(f"an answer has more than {_MOST_ANSWERS} messages")

    async def wait(self, seconds: float) -> None:
        """Wait for an event, for so long at most; `stirred` tells whether one came."""
        try:
            async with asyncio.timeout(seconds):
                self._note(await self._next())
        except TimeoutError:
            return

    def _note(self, message: AmiMessage) -> None:
        """Note that something happened; what it says may be a caller's word and is not read."""
        if message.get("Event"):
            self.stirred = True

    async def _next(self) -> AmiMessage:
        while (message := self._codec.next_message()) is None:
            data = await self._stream.read(_READ_AT_ONCE)
            if not data:
                self._codec.feed_eof()
                self._codec.next_message()  # says so where it ended in the middle
                raise RemoteProtocolError("Asterisk closed the connection")
            self._codec.feed(data)
        return message


def _is_refusal(message: AmiMessage) -> bool:
    return message.get("Response") == "Error"
