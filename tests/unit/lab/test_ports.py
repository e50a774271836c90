import socket

import pytest

from screener.errors import MissingPartError
from screener.lab.ports import free_ports, free_udp_block


def test_free_ports_are_different_and_free_for_both_kinds() -> None:
    ports = free_ports(8)

    assert len(set(ports)) == 8
    for port in ports:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_INET, kind) as probe:
                probe.bind(("127.0.0.1", port))


def test_a_block_is_free_whole_and_starts_even() -> None:
    start = free_udp_block(50)

    assert start % 2 == 0
    for port in range(start, start + 50):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", port))


def test_a_block_larger_than_there_are_ports_is_refused() -> None:
    with pytest.raises(MissingPartError, match="no 60000 free UDP ports"):
        free_udp_block(60_000)
