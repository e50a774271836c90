"""Asterisk's end of a captcha's FastAGI connection: reads a command, says its reply."""

import asyncio
from contextlib import suppress
from typing import Self

PATIENCE_S = 10.0


class AnAsterisk:
    """One connection to a server on loopback."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def at(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def says(self, *lines: str) -> None:
        self._writer.write("".join(f"{line}\n" for line in lines).encode())

    async def hears(self, command: str, *replies: str) -> None:
        """Expect a command, and say so."""
        async with asyncio.timeout(PATIENCE_S):
            line = await self._reader.readline()
        assert line.decode() == f"{command}\n"
        self.says(*replies)

    async def hears_the_end(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            assert await self._reader.read() == b""
        await self.ends()

    async def ends(self) -> None:
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()
