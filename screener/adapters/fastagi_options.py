"""The settings of the FastAGI server, and who may hold how many sessions under them.

No socket is touched here; `fastagi` listens and `fastagi_session` talks.
"""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from screener.config.options import ListenOptions

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@dataclass(frozen=True, slots=True)
class FastAgiOptions:
    """Where to listen, whom to serve, and how long to wait.

    `host` and `port` count at start only; all else also when replaced at run time. `peers` are
    the networks an Asterisk may call from. `header_timeout` bounds the whole environment and
    `reply_timeout` the answer to our command, both in seconds: never less, and up to
    `fastagi.SWEEP_S` more.
    """

    host: str = "127.0.0.1"
    port: int = 4591
    peers: tuple[IPv4Network | IPv6Network, ...] = LOOPBACK
    max_sessions: int = 512
    max_sessions_per_peer: int = 512
    header_timeout: float = 2.0
    reply_timeout: float = 2.0


def options_from(listen: ListenOptions) -> FastAgiOptions:
    """Take the server's options out of a configuration."""
    return FastAgiOptions(
        host=listen.host,
        port=listen.port,
        peers=listen.peers,
        max_sessions=listen.max_sessions,
        max_sessions_per_peer=listen.max_sessions_per_peer,
        header_timeout=listen.header_timeout,
        reply_timeout=listen.reply_timeout,
    )


class Gate:
    """Counts the open sessions and says who may open one more."""

    def __init__(self, options: FastAgiOptions) -> None:
        self._per_peer: dict[str, int] = {}
        self._open = 0
        self.replace(options)

    def replace(self, options: FastAgiOptions) -> None:
        """Judge by these options from now on; open sessions stay."""
        self._options = options
        self._allowed = lru_cache(maxsize=1_024)(self._is_peer)

    @property
    def open_sessions(self) -> int:
        """How many sessions are counted in."""
        return self._open

    def enter(self, peer: str) -> str | None:
        """Count a session in and return None, or return why it may not be."""
        if not self._allowed(peer):
            return "not one of the allowed peers"
        if self._open >= self._options.max_sessions:
            return "too many sessions"
        held = self._per_peer.get(peer, 0)
        if held >= self._options.max_sessions_per_peer:
            return "too many sessions of this peer"
        self._open += 1
        self._per_peer[peer] = held + 1
        return None

    def leave(self, peer: str) -> None:
        """Count a session out that `enter` let in."""
        self._open -= 1
        held = self._per_peer[peer] - 1
        if held:
            self._per_peer[peer] = held
        else:
            del self._per_peer[peer]

    def _is_peer(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address in network for network in self._options.peers)
