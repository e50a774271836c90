import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.call import Load
from screener.core.pressure import PressureGauge, is_queueing
from screener.core.settings import Level, Marks, PressureSettings, Site
from tests.builders import NOW

SITE = Site(operators=10, channels=50, mean_service=100.0)
RULES = PressureSettings(
    queue=Marks(0.5, 2.0),
    channels=Marks(0.6, 0.95),
    arrivals=Marks(1.5, 5.0),
    window=60.0,
    hold=30.0,
)
QUIET = Load(queue_waiting=0, operators_logged_in=10, channels_in_use=5)
FULL_QUEUE = Load(queue_waiting=20, operators_logged_in=10, channels_in_use=5)


def a_gauge() -> PressureGauge:
    return PressureGauge(RULES, SITE)


def test_a_quiet_site_is_calm() -> None:
    assert a_gauge().arrived(QUIET, NOW).level is Level.CALM


def test_a_site_that_tells_nothing_of_itself_is_calm() -> None:
    assert a_gauge().arrived(Load(), NOW).level is Level.CALM


def test_a_full_queue_is_full_at_once() -> None:
    pressure = a_gauge().arrived(FULL_QUEUE, NOW)
    assert pressure.level is Level.FULL
    assert pressure.queue == 1.0


def test_the_queue_is_measured_by_the_operators_who_are_there() -> None:
    few = Load(queue_waiting=4, operators_logged_in=2)
    assert a_gauge().arrived(few, NOW).level is Level.FULL


def test_nobody_logged_in_falls_back_to_the_declared_operators() -> None:
    closed = Load(queue_waiting=1, operators_logged_in=0)
    assert a_gauge().arrived(closed, NOW).level is Level.CALM


def test_channels_in_use_press_as_the_trunk_fills() -> None:
    gauge = a_gauge()
    assert gauge.read(Load(channels_in_use=29), NOW).level is Level.CALM
    assert gauge.read(Load(channels_in_use=40), NOW).level is Level.RISING
    assert gauge.read(Load(channels_in_use=48), NOW).level is Level.FULL


def test_arrivals_press_when_they_outrun_the_operators() -> None:
    gauge = a_gauge()
    # Ten operators at 100 s a call take 0.1 calls/s; a call a second is ten times that.
    levels = [gauge.arrived(QUIET, NOW + second).level for second in range(60)]
    assert levels[0] is Level.CALM
    assert levels[-1] is Level.FULL
    assert levels == sorted(levels, key=list(Level).index)


def test_pressure_eases_only_after_it_has_held_low_for_a_while() -> None:
    gauge = a_gauge()
    gauge.arrived(FULL_QUEUE, NOW)
    assert gauge.arrived(QUIET, NOW + 1.0).level is Level.FULL
    assert gauge.arrived(QUIET, NOW + 30.0).level is Level.FULL
    assert gauge.arrived(QUIET, NOW + 31.5).level is Level.CALM


def test_a_relapse_starts_the_wait_anew() -> None:
    gauge = a_gauge()
    gauge.arrived(FULL_QUEUE, NOW)
    gauge.arrived(QUIET, NOW + 20.0)
    gauge.arrived(FULL_QUEUE, NOW + 25.0)
    gauge.arrived(QUIET, NOW + 40.0)
    assert gauge.arrived(QUIET, NOW + 60.0).level is Level.FULL
    assert gauge.arrived(QUIET, NOW + 71.0).level is Level.CALM


def test_a_value_just_below_its_mark_does_not_flap() -> None:
    gauge = a_gauge()
    gauge.arrived(Load(channels_in_use=48), NOW)
    nearly = Load(channels_in_use=46)
    levels = {gauge.arrived(nearly, NOW + 100.0 * n).level for n in range(1, 50)}
    assert levels == {Level.FULL}


def test_reading_changes_nothing() -> None:
    gauge = a_gauge()
    for _ in range(1_000):
        gauge.read(FULL_QUEUE, NOW)
    assert gauge.read(QUIET, NOW).level is Level.CALM


@given(
    st.lists(
        st.tuples(st.floats(0, 1e5), st.integers(0, 999_999), st.integers(0, 999_999)), max_size=60
    )
)
def test_the_value_stays_between_calm_and_full_whatever_is_told(
    told: list[tuple[float, int, int]],
) -> None:
    gauge = a_gauge()
    for offset, waiting, channels in told:
        pressure = gauge.arrived(Load(waiting, None, None, channels), NOW + offset)
        assert 0.0 <= pressure.value <= 1.0


@pytest.mark.parametrize(
    ("waiting", "logged_in", "queueing"),
    [
        (None, None, False),
        (7, 8, False),
        (8, 8, True),
        (24, 100, False),
        (25, 100, True),
        (24, None, False),
        (25, None, True),
    ],
)
def test_more_callers_queue_than_chance_brings_from_a_quarter_of_the_operators_on(
    waiting: int | None, logged_in: int | None, *, queueing: bool
) -> None:
    load = Load(queue_waiting=waiting, operators_logged_in=logged_in)
    assert is_queueing(load, 100) is queueing
