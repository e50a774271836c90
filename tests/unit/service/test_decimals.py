"""Numbers as formatting writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.service.decimals import three_places, two_places

NUMBERS = (
    st.floats()
    | st.floats(-120.0, 120.0)
    | st.floats(-120.0, 120.0).map(lambda value: round(value, 6))
    | st.integers(-2_000_000, 2_000_000).map(lambda parts: parts / 10_000)
    | st.integers(-4_000, 4_000).map(lambda sixteenths: sixteenths / 16)
    | st.sampled_from(
        [0.0, -0.0, 0.004999, 0.005, 99.9994, 99.9995, 99.9999, 999.994, 999.995, 1e3, -1e-9]
    )
)


@given(NUMBERS)
def test_two_places_are_written_as_formatting_writes_them(value: float) -> None:
    assert two_places(value) == f"{value:.2f}"


@given(NUMBERS)
def test_three_places_are_written_as_formatting_writes_them(value: float) -> None:
    assert three_places(value) == f"{value:.3f}"


@pytest.mark.parametrize("value", [0.0005, 0.0015, 1.0005, 2.675, 0.125, 0.0625, -0.0005])
def test_what_is_near_the_middle_is_left_to_formatting(value: float) -> None:
    assert two_places(value) == f"{value:.2f}"
    assert three_places(value) == f"{value:.3f}"
