import time

import pytest

from screener.steady_clock import SteadyClock, wall


def test_it_goes_on_evenly_when_the_machines_clock_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = SteadyClock()
    before = clock()
    assert abs(before - wall()) < 5.0
    monkeypatch.setattr(time, "time", lambda: before + 86_400.0)
    assert wall() == before + 86_400.0
    assert 0.0 <= clock() - before < 5.0
