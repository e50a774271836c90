"""Free ports on loopback for the lab's programs.

A port that is free now may be taken before its program binds it; the program's own error then
tells. Who gets which port is left to the callers.
"""

import random
import socket
from contextlib import ExitStack

from screener.errors import MissingPartError

LOOPBACK = "127.0.0.1"
_BLOCKS = range(12_000, 32_000)
"""Below the range that Linux gives to outgoing connections (32768 and up)."""


def free_ports(count: int) -> list[int]:
    """Return `count` different ports, each free for both TCP and UDP on loopback."""
    found: list[int] = []
    with ExitStack() as held:
        while len(found) < count:
            tcp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            tcp.bind((LOOPBACK, 0))
            port = int(tcp.getsockname()[1])
            udp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            try:
                udp.bind((LOOPBACK, port))
            except OSError:
                continue
            found.append(port)
    return found


def free_udp_block(size: int) -> int:
    """Return the first of `size` UDP ports in a row that are free, for sound streams.

    Raises MissingPartError where a hundred places tried are all taken.
    """
    for _ in range(100):
        start = random.choice(_BLOCKS) & ~1  # noqa: S311 - a place to look, no secret
        if start + size <= _BLOCKS.stop and _all_free(start, size):
            return start
    raise MissingPartError(f"no {size} free UDP ports in a row on {LOOPBACK}")


def _all_free(start: int, size: int) -> bool:
    with ExitStack() as held:
        for port in range(start, start + size):
            udp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            try:
                udp.bind((LOOPBACK, port))
            except OSError:
                return False
    return True
