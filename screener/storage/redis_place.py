"""Where a Redis or Valkey is and how one gets in: addresses, Sentinels, TLS, passwords.

Passwords are read anew for each connection. What is said over a connection is left to
`redis_link`.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from redis.asyncio import connection as kinds
from redis.exceptions import RedisError
from redis.maint_notifications import MaintNotificationsConfig

from screener.config.sharing_section import is_private, split_address
from screener.errors import ScreenerError, SharedStoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from redis.asyncio.connection import AbstractConnection

    from screener.config.options import RedisOptions

CONNECT_S = 1.0
"""For the TCP connection to one address, and for its handshake."""


class RedisPlace:
    """Makes connections to the Redis that takes writes."""

    def __init__(self, options: RedisOptions, read_secret: Callable[[Path], str]) -> None:
        self._options = options
        self._read_secret = read_secret

    async def connect(self) -> AbstractConnection:
        """Return a connection that has been let in.

        Raises SharedStoreError, which names the address, and passes a cancellation on.
        """
        if not self._options.sentinel:
            return await self._connected(self._options.addresses[0])
        return await self._connected(await self._ask_sentinels())

    async def _ask_sentinels(self) -> str:
        """Return the address of the primary, from the first Sentinel that answers."""
        why = ""
        for sentinel in self._options.addresses:
            try:
                link = await self._connected(sentinel, of_sentinel=True)
                try:
                    question = ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._options.sentinel)
                    found = await said(link, sentinel, *question)
                finally:
                    await link.disconnect(nowait=True)
            except SharedStoreError as error:
                why = str(error)
                continue
            if isinstance(found, list) and len(found) == 2:  # noqa: PLR2004 - an address and a port
                host, port = (part.decode("ascii", "replace") for part in found)
                return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            why = f"{sentinel}: no Sentinel knows a primary of that name"
        raise SharedStoreError(why)

    async def _connected(self, address: str, *, of_sentinel: bool = False) -> AbstractConnection:
        if not (self._options.tls or self._options.in_the_clear or is_private(address)):
            raise SharedStoreError(f"{address} would be spoken to in the clear: not connected")
        connection = self._made(address, of_sentinel=of_sentinel)
        try:
            if isinstance(connection, kinds.SSLConnection):
                # Reading what this system trusts takes longer than a call may wait.
                await asyncio.to_thread(connection.ssl_context.get)
            await connection.connect()  # type: ignore[no-untyped-call] # redis-py has no types here
        except (RedisError, OSError) as error:
            await connection.disconnect(nowait=True)
            raise SharedStoreError(f"{address}: {_reason(error)}") from error
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        return connection

    def _made(self, address: str, *, of_sentinel: bool) -> AbstractConnection:
        options = self._options
        words: dict[str, Any] = {
            "socket_timeout": None,
            "socket_connect_timeout": CONNECT_S,
            "protocol": 3,
            "driver_info": None,
            "maint_notifications_config": MaintNotificationsConfig(enabled=False),
            **self._secrets(of_sentinel=of_sentinel),
        }
        if not of_sentinel:
            words["db"] = options.database
        host, port = split_address(address)
        if not port:
            return kinds.UnixDomainSocketConnection(path=host, **words)
        if not options.tls:
            return kinds.Connection(host=host, port=port, **words)
        return kinds.SSLConnection(
            host=host,
            port=port,
            ssl_ca_certs=options.ca or None,
            ssl_certfile=options.certificate or None,
            ssl_keyfile=options.key or None,
            **words,
        )

    def _secrets(self, *, of_sentinel: bool) -> dict[str, str]:
        options = self._options
        user = options.sentinel_user if of_sentinel else options.user
        file = options.sentinel_password_file if of_sentinel else options.password_file
        if not file:
            return {}
        try:
            password = self._read_secret(Path(file))
        except ScreenerError as error:
            raise SharedStoreError(str(error)) from error
        return {"password": password, **({"username": user} if user else {})}


async def said(connection: AbstractConnection, address: str, *words: str) -> object:
    """Say one thing over a connection and return the answer; raises SharedStoreError."""
    try:
        await connection.send_packed_command(connection.pack_command(*words), check_health=False)
        found: object = await connection.read_response(timeout=CONNECT_S)
    except (RedisError, OSError) as error:
        raise SharedStoreError(f"{address}: {_reason(error)}") from error
    return found


def _reason(error: Exception) -> str:
    """Say what is wrong in one line; what a server says before anybody sent a number is safe."""
    text = str(error).strip().partition("\n")[0]
    return "".join(letter for letter in text if letter.isprintable())[:200] or type(error).__name__
