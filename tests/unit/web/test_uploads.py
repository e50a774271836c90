from dataclasses import replace

import pytest

from screener.core.lists import ListAction
from screener.errors import ScreenerError
from screener.web.uploads import LASTS_S, MOST, Upload, Uploads
from tests.builders import HandClock

ONE = Upload("anna (web)", b"x", "a.csv", ListAction.DENY, "block", "forever", "", replace=False)


def test_a_file_is_given_to_who_sent_it_once() -> None:
    uploads = Uploads(HandClock())
    key = uploads.keep(ONE)
    with pytest.raises(ScreenerError, match="choose it again"):
        uploads.take(key, "ben (web)")
    assert uploads.take(key, "anna (web)") == ONE
    with pytest.raises(ScreenerError, match="choose it again"):
        uploads.take(key, "anna (web)")


def test_a_file_is_held_for_a_while_and_one_of_each_person() -> None:
    clock = HandClock()
    uploads = Uploads(clock)
    old, new = uploads.keep(ONE), uploads.keep(replace(ONE, name="b.csv"))
    with pytest.raises(ScreenerError):
        uploads.take(old, ONE.who)
    clock.now += LASTS_S
    with pytest.raises(ScreenerError):
        uploads.take(new, ONE.who)


def test_few_are_held_at_once() -> None:
    clock = HandClock()
    uploads = Uploads(clock)
    for place in range(MOST):
        uploads.keep(replace(ONE, who=f"admin{place}"))
    with pytest.raises(ScreenerError, match="in a while"):
        uploads.keep(ONE)
    uploads.keep(replace(ONE, who="admin0"))
    clock.now += LASTS_S
    uploads.keep(ONE)
