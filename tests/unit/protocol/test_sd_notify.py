"""What a service manager is told, word by word, and of whom it wants to hear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.protocol.sd_notify import BEAT, Asked, Notices, asked

PID = 4711


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/run/systemd/notify", "/run/systemd/notify"),
        ("@/org/freedesktop/systemd1/notify", "\0/org/freedesktop/systemd1/notify"),
    ],
)
def test_a_path_and_an_abstract_name_are_taken(address: str, told: str) -> None:
    assert asked({"NOTIFY_SOCKET": address}, PID) == Asked(told, 0.0)


@pytest.mark.parametrize("address", ["", "@", "/", "relative", "vsock:2:1234"])
def test_whatever_is_no_unix_socket_is_not_spoken_to(address: str) -> None:
    assert asked({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000000"}, PID) is None


def test_nobody_asks_where_there_is_no_service_manager() -> None:
    assert asked({"WATCHDOG_USEC": "1000000"}, PID) is None


@pytest.mark.parametrize(
    ("watchdog", "beat_s"),
    [
        ({"WATCHDOG_USEC": "15000000"}, 7.5),
        ({"WATCHDOG_USEC": "15000000", "WATCHDOG_PID": "4711"}, 7.5),
        ({"WATCHDOG_USEC": "15000000", "WATCHDOG_PID": ""}, 7.5),
        ({"WATCHDOG_USEC": "15000000", "WATCHDOG_PID": "4712"}, 0.0),
        ({"WATCHDOG_USEC": "0"}, 0.0),
        ({"WATCHDOG_USEC": "-5"}, 0.0),
        ({"WATCHDOG_USEC": "soon"}, 0.0),
        ({"WATCHDOG_USEC": "٣"}, 0.0),
        ({"WATCHDOG_USEC": "9" * 5_000}, 0.0),
        ({"WATCHDOG_USEC": "99999999999"}, 43_200.0),
    ],
)
def test_beats_come_twice_in_the_time_and_only_from_the_process_that_is_meant(
    watchdog: dict[str, str], beat_s: float
) -> None:
    found = asked({"NOTIFY_SOCKET": "/run/notify", **watchdog}, PID)
    assert found == Asked("/run/notify", beat_s)


@given(
    st.dictionaries(st.sampled_from(["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]), st.text())
)
def test_no_environment_is_a_fault(environment: dict[str, str]) -> None:
    found = asked(environment, PID)
    assert found is None or 0.0 <= found.beat_s <= 43_200.0


def test_the_life_of_a_service_in_its_words() -> None:
    notices = Notices()
    assert notices.ready("takes calls") == b"READY=1\nSTATUS=takes calls"
    assert notices.reloading(12_345_678) == b"RELOADING=1\nMONOTONIC_USEC=12345678"
    assert notices.reloaded("takes more calls") == b"READY=1\nSTATUS=takes more calls"
    assert notices.ending("ending") == b"STOPPING=1\nSTATUS=ending"
    assert BEAT == b"WATCHDOG=1"


def test_a_reload_before_the_first_call_tells_nothing_too_early() -> None:
    notices = Notices()
    assert notices.reloading(1) == b""
    assert notices.reloaded("takes calls") == b""


def test_a_reload_under_way_when_it_ends_takes_nothing_back() -> None:
    notices = Notices()
    notices.ready("")
    notices.reloading(1)
    notices.ending("")
    assert notices.reloaded("takes calls") == b""
    assert notices.reloading(2) == b""


@given(st.text())
def test_a_status_is_one_short_line_whatever_is_in_it(text: str) -> None:
    told = Notices().ready(text)
    head, _, status = told.partition(b"\n")
    assert head == b"READY=1"
    assert status.startswith(b"STATUS=")
    assert b"\n" not in status
    assert len(status) <= 7 + 4 * 200
