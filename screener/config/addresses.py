"""IP addresses and networks, as a configuration writes them."""

import ipaddress
from dataclasses import dataclass

from screener.config.values import Kind, found


@dataclass(frozen=True, slots=True)
class Network(Kind):
    """An IP address or a network of them, such as 192.0.2.0/24."""

    range = "address or network"
    allowed = "an IP address or network, such as 127.0.0.1, 192.0.2.0/24 or ::1"

    def read(self, value: object) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
        """Return the network; raises ValueError."""
        if not isinstance(value, str):
            raise ValueError  # noqa: TRY004 - read promises ValueError
        try:
            whole = ipaddress.ip_network(value, strict=False)
        except ValueError:
            raise ValueError(found(value)) from None
        if "/" in value and ipaddress.ip_address(value.split("/")[0]) != whole.network_address:
            raise ValueError(f"{found(value)}, which is inside of {whole}")
        return whole

    def write(self, value: object) -> object:
        """Return the network as text."""
        return str(value)


@dataclass(frozen=True, slots=True)
class Address(Kind):
    """An IP address to listen on."""

    range = "IP address"
    allowed = "an IP address, such as 127.0.0.1, 0.0.0.0 or ::1"

    def read(self, value: object) -> str:
        """Return the address; raises ValueError."""
        if not isinstance(value, str):
            raise ValueError  # noqa: TRY004 - read promises ValueError
        try:
            return str(ipaddress.ip_address(value))
        except ValueError:
            raise ValueError(found(value)) from None

    def write(self, value: object) -> object:
        """Return the address."""
        return value


@dataclass(frozen=True, slots=True)
class AddressOrNone(Address):
    """An IP address to listen on, or none at all."""

    range = "IP address, empty = off"
    allowed = "an IP address, such as 127.0.0.1, 0.0.0.0 or ::1, or an empty text"

    def read(self, value: object) -> str:
        """Return the address, or the empty text; raises ValueError."""
        return "" if value == "" else Address.read(self, value)
