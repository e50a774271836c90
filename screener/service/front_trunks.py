"""Which trunk's calls come from which address, as a proxy in front writes addresses."""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Address, IPv6Network

Networks = tuple[IPv4Network | IPv6Network, ...]


def addresses_of(trunks: Mapping[str, Networks]) -> dict[str, str]:
    """Return the trunk of each address; one of IPv6 stands there in both ways of writing it."""
    found: dict[str, str] = {}
    for name, networks in trunks.items():
        for network in networks:
            for address in network:
                found[str(address)] = name
                if isinstance(address, IPv6Address):
                    groups = address.exploded.split(":")
                    found[":".join(f"{int(group, 16):x}" for group in groups)] = name
    return found
