"""Who may hold how many sessions."""

from dataclasses import replace
from ipaddress import ip_network

import pytest

from screener.adapters.fastagi_options import FastAgiOptions, Gate, options_from
from screener.config.options import ListenOptions

OPTIONS = FastAgiOptions(
    peers=(ip_network("192.0.2.0/24"), ip_network("2001:db8::/32")),
    max_sessions=3,
    max_sessions_per_peer=2,
)


@pytest.mark.parametrize("peer", ["192.0.2.1", "192.0.2.255", "2001:db8::1", "::ffff:192.0.2.9"])
def test_an_allowed_peer_comes_in(peer: str) -> None:
    assert Gate(OPTIONS).enter(peer) is None


@pytest.mark.parametrize("peer", ["127.0.0.1", "192.0.3.1", "2001:db9::1", "::ffff:10.0.0.1", "x"])
def test_any_other_peer_does_not(peer: str) -> None:
    gate = Gate(OPTIONS)
    assert gate.enter(peer) == "not one of the allowed peers"
    assert gate.open_sessions == 0


def test_by_default_only_this_machine_comes_in() -> None:
    gate = Gate(FastAgiOptions())
    assert gate.enter("127.0.0.1") is None
    assert gate.enter("::1") is None
    assert gate.enter("192.0.2.1") is not None


def test_sessions_are_capped_per_peer_and_in_all_and_come_free_again() -> None:
    gate = Gate(OPTIONS)
    assert [gate.enter("192.0.2.1") for _ in range(3)] == [
        None,
        None,
        "too many sessions of this peer",
    ]
    assert gate.enter("192.0.2.2") is None
    assert gate.enter("192.0.2.3") == "too many sessions"
    gate.leave("192.0.2.1")
    assert gate.open_sessions == 2
    assert gate.enter("192.0.2.1") is None


def test_new_options_judge_new_sessions_and_old_ones_are_still_counted() -> None:
    gate = Gate(OPTIONS)
    gate.enter("192.0.2.1")
    gate.replace(replace(OPTIONS, peers=(ip_network("198.51.100.0/24"),), max_sessions=1))
    assert gate.enter("192.0.2.1") == "not one of the allowed peers"
    assert gate.enter("198.51.100.1") == "too many sessions"
    gate.leave("192.0.2.1")
    assert gate.enter("198.51.100.1") is None


def test_the_options_are_those_of_the_configuration() -> None:
    listen = ListenOptions(host="127.0.0.2", port=7, max_sessions=9, header_timeout=0.5)
    assert options_from(ListenOptions()) == FastAgiOptions()
    assert options_from(listen) == FastAgiOptions(
        host="127.0.0.2", port=7, max_sessions=9, header_timeout=0.5
    )
