import logging
import socket
import sqlite3
import time

import pytest

from screener.storage.central.error import CentralError
from screener.storage.central.shipper import Shipper
from screener.storage.central.shipping import LONGEST_WAIT_S, PATIENCE_S, Shipping, wait_before
from tests.builders import HandClock

MORE, NO_MORE = True, False


class Rounds(Shipper):
    """A shipper whose rounds are told what becomes of them."""

    def __init__(self, *told: bool | Exception) -> None:
        self.told, self.closed = list(told), False
        self.descriptor = -1

    @property
    def socket(self) -> int:
        return self.descriptor

    def round(self) -> bool:
        one = self.told.pop(0) if self.told else False
        if isinstance(one, Exception):
            raise one
        return one

    def close(self) -> None:
        self.closed = True


def test_waits_grow_to_half_a_minute_and_half_of_each_is_chance() -> None:
    assert (wait_before(1, 0.0), wait_before(1, 1.0)) == (0.25, 0.5)
    assert (wait_before(3, 0.0), wait_before(3, 1.0)) == (1.0, 2.0)
    for tries in (8, 100, 10_000):
        assert wait_before(tries, 0.0) == LONGEST_WAIT_S / 2
        assert wait_before(tries, 1.0) == LONGEST_WAIT_S


def test_more_is_shipped_at_once_and_after_nothing_comes_a_pause() -> None:
    shipping = Shipping(Rounds(MORE, NO_MORE), 1.5)
    assert [shipping.step(), shipping.step()] == [0.0, 1.5]


def test_trouble_is_told_once_for_each_reason_and_tried_ever_more_slowly(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gone, locked = CentralError("it is gone"), sqlite3.OperationalError("planted row")
    rounds = Rounds(gone, gone, locked, ValueError("planted row"), NO_MORE, gone)
    shipping = Shipping(rounds, 1.0, chance=lambda: 1.0)
    with caplog.at_level(logging.WARNING):
        assert [shipping.step() for _ in range(6)] == [0.5, 1.0, 2.0, 4.0, 1.0, 0.5]
    told = [record.message for record in caplog.records]
    assert told == [
        "SHIP-DOWN it is gone; tried again",
        "SHIP-DOWN the edge's own log cannot be read: OperationalError; tried again",
        "SHIP-DOWN a fault of ours: ValueError; tried again",
        "SHIP-DOWN it is gone; tried again",
    ]


def test_a_round_that_hangs_is_cut_at_its_connection() -> None:
    clock = HandClock(0.0)
    near, far = socket.socketpair()
    near.settimeout(5.0)

    class Hanging(Rounds):
        def round(self) -> bool:
            self.descriptor = near.fileno()
            clock.now += PATIENCE_S - 1.0
            shipping.watch()
            near.send(b"still there")
            clock.now += 1.0
            shipping.watch()
            return near.recv(1) != b""

    shipping = Shipping(Hanging(), 1.0, timer=clock)
    with near, far:
        assert shipping.step() == 1.0
        assert far.recv(20) == b"still there"
        assert far.recv(20) == b""


def test_without_a_round_or_a_connection_nothing_is_cut() -> None:
    clock = HandClock(0.0)
    shipping = Shipping(Rounds(), 1.0, timer=clock)
    shipping.watch()
    shipping._began = 0.0
    clock.now = 2.0 * PATIENCE_S
    shipping.watch()


def test_it_goes_on_until_a_round_outlives_its_cut_or_the_thread_ends() -> None:
    clock = HandClock(0.0)
    told: list[bool] = []

    class Hanging(Rounds):
        def round(self) -> bool:
            for seconds in (PATIENCE_S, 2.0 * PATIENCE_S - 1.0, 2.0 * PATIENCE_S):
                clock.now = began + seconds
                told.append(shipping.goes_on)
            return super().round()

    shipping = Shipping(Hanging(), 60.0, timer=clock)
    assert not shipping.goes_on
    began = clock.now = 1_000.0
    shipping.start()
    while shipping._began is not None or len(told) < 3:
        time.sleep(0.001)
    assert told == [True, True, False]
    assert shipping.goes_on
    shipping.close()
    assert not shipping.goes_on


def test_it_ends_between_two_rounds_and_lets_the_connection_go() -> None:
    rounds = Rounds(MORE, MORE, MORE)
    shipping = Shipping(rounds, 60.0)
    shipping.start()
    while rounds.told:
        time.sleep(0.001)
    began = time.monotonic()
    shipping.close()
    assert time.monotonic() - began < 5.0
    assert (rounds.closed, rounds.told) == (True, [])
