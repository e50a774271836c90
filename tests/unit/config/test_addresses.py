from ipaddress import ip_network

import pytest

from screener.config.addresses import Address, AddressOrNone, Network


@pytest.mark.parametrize("written", ["192.0.2.0/24", "192.0.2.7", "::1", "2001:db8::/32"])
def test_a_network_is_read_and_written(written: str) -> None:
    assert Network().read(written) == ip_network(written)
    assert Network().read(Network().write(Network().read(written))) == ip_network(written)


def test_an_address_within_a_network_is_told_which_one_it_is_in() -> None:
    with pytest.raises(ValueError, match=r"inside of 192\.0\.2\.0/24"):
        Network().read("192.0.2.7/24")


@pytest.mark.parametrize("written", ["localhost", "192.0.2.0/33", "192.0.2", "", "x/24", 5, None])
def test_anything_else_is_no_network(written: object) -> None:
    with pytest.raises(ValueError, match=r"^$|is "):
        Network().read(written)


@pytest.mark.parametrize("written", ["127.0.0.1", "0.0.0.0", "::1"])
def test_an_address_is_read(written: str) -> None:
    assert Address().read(written) == written


@pytest.mark.parametrize("written", ["localhost", "127.0.0.0/8", "", 5, None])
def test_anything_else_is_no_address(written: object) -> None:
    with pytest.raises(ValueError, match=r"^$|is "):
        Address().read(written)


@pytest.mark.parametrize("written", ["", "127.0.0.1", "::1"])
def test_an_address_may_be_none_where_that_is_said(written: str) -> None:
    assert AddressOrNone().read(written) == written


@pytest.mark.parametrize("written", ["localhost", " ", 5, None])
def test_anything_else_is_neither_an_address_nor_none(written: object) -> None:
    with pytest.raises(ValueError, match=r"^$|is "):
        AddressOrNone().read(written)
