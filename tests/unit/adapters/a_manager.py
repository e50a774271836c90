"""Asterisk's manager interface, as far as the watch needs one, over real TCP on loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from screener.protocol.ami import login_key

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
SECRET = "s3cret-of-the-manager"

Fields = dict[str, str]


def message(**fields: object) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode() + b"\r\n"


def joined(number: str = "+16515550142") -> bytes:
    return message(
        Event="QueueCallerJoin",
        Privilege="agent,all",
        CallerIDNum=number,
        Queue="operators",
        Count=1,
    )


@dataclass
class Manager:
    """What it answers, and what it was asked; `before` goes out ahead of each answer."""

    waiting: object = 3
    banner: bytes = BANNER
    before: bytes = b""
    queues: tuple[str, ...] = ("operators",)
    silent: bool = False
    summary: Callable[[str], bytes] | None = None
    asked: list[Fields] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    port: int = 0

    @property
    def polls(self) -> int:
        return sum(one["Action"] == "QueueSummary" for one in self.asked)

    def tell(self, event: bytes) -> None:
        for writer in self.writers:
            writer.write(event)

    def cut(self) -> None:
        while self.writers:
            self.writers.pop().transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        writer.write(self.banner)
        try:
            while True:
                block = (await reader.readuntil(b"\r\n\r\n")).decode()
                fields = dict(line.split(": ", 1) for line in block.strip().split("\r\n"))
                self.asked.append(fields)
                if not self.silent:
                    writer.write(self.before + self.answer(fields))
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    def answer(self, fields: Fields) -> bytes:
        own = fields["ActionID"]
        match fields["Action"]:
            case "Challenge":
                return message(Response="Success", ActionID=own, Challenge=4711)
            case "Login":
                good = fields["Key"] == login_key("4711", SECRET)
                return message(Response="Success" if good else "Error", ActionID=own)
            case "QueueSummary" if self.summary:
                return self.summary(own)
            case "QueueSummary":
                return self._summary(own, fields["Queue"])
            case _:
                return message(Response="Error", ActionID=own, Message="Permission denied")

    def _summary(self, own: str, queue: str) -> bytes:
        row = message(
            Event="QueueSummary",
            Queue=queue,
            LoggedIn=4,
            Available=1,
            Callers=self.waiting,
            HoldTime=0,
            TalkTime=0,
            LongestHoldTime=61,
            ActionID=own,
        )
        head = message(Response="Success", ActionID=own, Message="Queue summary will follow")
        end = message(Event="QueueSummaryComplete", ActionID=own, ListItems=1)
        return head + (row if queue in self.queues else b"") + end


@asynccontextmanager
async def running(manager: Manager, port: int = 0) -> AsyncIterator[Manager]:
    server = await asyncio.start_server(manager.serve, "127.0.0.1", port)
    manager.port = server.sockets[0].getsockname()[1]
    try:
        yield manager
    finally:
        server.close()
        manager.cut()
        await server.wait_closed()
