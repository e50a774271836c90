from ipaddress import ip_network

from screener.service.front_trunks import addresses_of


def test_each_address_has_its_trunk_in_every_writing_of_a_proxy() -> None:
    trunks = {"a": (ip_network("192.0.2.6/31"),), "b": (ip_network("2001:db8::10"),)}
    assert addresses_of(trunks) == {
        "192.0.2.6": "a",
        "192.0.2.7": "a",
        "2001:db8::10": "b",
        "2001:db8:0:0:0:0:0:10": "b",
    }
    assert addresses_of({}) == {}
