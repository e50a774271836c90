"""The sections of the configuration about too many calls: the cap, and a Kamailio in front.

`admission` takes its defaults from `core.settings`, `front` from `options`.
"""

import re
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated

from pydantic import Field

from screener.config.addresses import Network
from screener.config.options import FrontOptions
from screener.config.sections import Finding, Precheck, Section
from screener.config.times import Duration
from screener.config.values import Text, Whole
from screener.core.settings import AdmissionSettings

_ADMISSION = AdmissionSettings()
_FRONT = FrontOptions()

# 107 bytes are what a Unix socket's address holds on Linux (unix(7)).
_SOCKET = Text(107, 0, "(/[ -~]+)?", "an absolute path of at most 107 characters, empty = off")
_TABLE = Whole(100, 1_000_000)
_TRUNK = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MOST_ADDRESSES = 256
"""Of one network: Kamailio looks up each by itself."""
_MOST_NETWORKS = 100
"""Of one trunk."""


def _look_at_names(value: object) -> Iterator[Finding]:
    for name in value if isinstance(value, dict) else ():
        if not isinstance(name, str) or not _TRUNK.fullmatch(name):
            told = "is no name of a trunk; allowed: 1 to 64 of A-Z, a-z, 0-9, _, . and -"
            yield Finding((name,), told, at_key=True)


_NETWORK = Annotated[IPv4Network | IPv6Network, Network()]
_TRUNKS = Annotated[dict[str, list[_NETWORK]], Precheck(_look_at_names)]


class AdmissionSection(Section):
    """`admission`: how many calls a second are judged."""

    calls_per_second: Annotated[int, Whole(0, 100_000)] = _ADMISSION.calls_per_second


class FrontSection(Section):
    """`front`: a Kamailio before Asterisk that refuses what the agent would refuse anyway."""

    socket: Annotated[str, _SOCKET] = _FRONT.socket
    ttl: Annotated[float, Duration(10, 3_600)] = _FRONT.ttl
    blocks: Annotated[int, _TABLE] = _FRONT.blocks
    known: Annotated[int, _TABLE] = _FRONT.known
    writes_per_second: Annotated[int, Whole(10, 20_000)] = _FRONT.writes_per_second
    rows_per_minute: Annotated[int, Whole(0, 6_000)] = _FRONT.rows_per_minute
    trunks: _TRUNKS = Field(default_factory=dict)

    def check(self) -> Iterator[Finding]:
        """Yield networks that are too large, and those that two trunks would have."""
        seen: dict[IPv4Network | IPv6Network, str] = {}
        for name, networks in self.trunks.items():
            if not 1 <= len(networks) <= _MOST_NETWORKS:
                told = f"has {len(networks)} items; allowed: 1 to {_MOST_NETWORKS} items"
                yield Finding(("trunks", name), told)
            for place, network in enumerate(networks):
                path = ("trunks", name, place)
                if network.num_addresses > _MOST_ADDRESSES:
                    told = f"holds {network.num_addresses} addresses; allowed: {_MOST_ADDRESSES}"
                    yield Finding(path, told)
                twin = next((seen[one] for one in seen if _overlap(one, network)), None)
                if twin is not None:
                    yield Finding(path, f"is {twin}'s already; each address is of one trunk")
                seen[network] = name


def _overlap(one: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    if isinstance(one, IPv4Network):
        return isinstance(other, IPv4Network) and one.overlaps(other)
    return isinstance(other, IPv6Network) and one.overlaps(other)
