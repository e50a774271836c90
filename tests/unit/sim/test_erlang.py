import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.sim.erlang import erlang_a, erlang_b, erlang_c, erlang_c_wait


def test_erlang_b_gives_the_tabled_values() -> None:
    assert erlang_b(1, 1.0) == pytest.approx(0.5)
    assert erlang_b(2, 1.0) == pytest.approx(0.2)
    assert erlang_b(10, 7.0) == pytest.approx(0.0787, abs=1e-4)
    assert erlang_b(100, 84.06) == pytest.approx(0.01, abs=1e-4)


@given(st.integers(1, 30), st.floats(0.01, 60))
def test_erlang_b_is_the_ratio_of_its_definition(servers: int, load: float) -> None:
    terms = [load**n / math.factorial(n) for n in range(servers + 1)]

    assert erlang_b(servers, load) == pytest.approx(terms[-1] / sum(terms))


def test_one_server_waits_as_in_m_m_1() -> None:
    assert erlang_c(1, 0.8) == pytest.approx(0.8)
    assert erlang_c_wait(1, 0.8, 10.0) == pytest.approx(0.8 * 10 / 0.2)


def test_a_full_center_without_abandonment_never_recovers() -> None:
    assert erlang_c(5, 5.0) == 1.0
    assert erlang_c_wait(5, 5.0, 10.0) == math.inf


@given(st.integers(1, 60), st.floats(0.05, 0.95))
def test_erlang_a_with_endless_patience_is_erlang_c(servers: int, fullness: float) -> None:
    load = servers * fullness

    found = erlang_a(servers, load, 100.0, 1e9)

    assert found.delayed == pytest.approx(erlang_c(servers, load), rel=1e-3)
    assert found.wait == pytest.approx(erlang_c_wait(servers, load, 100.0), rel=1e-3, abs=1e-6)


@given(st.integers(1, 80), st.floats(0.1, 3.0), st.floats(1.0, 1000.0))
def test_who_does_not_abandon_is_what_the_servers_serve(
    servers: int, fullness: float, patience: float
) -> None:
    found = erlang_a(servers, servers * fullness, 100.0, patience)

    assert 0 <= found.abandons <= found.delayed <= 1
    served = servers * fullness * (1 - found.abandons)
    assert served <= servers * (1 + 1e-9)
    assert found.wait == pytest.approx(found.abandons * patience)


def test_patience_of_one_service_is_a_center_without_end() -> None:
    # With equal rates of serving and leaving the number present is Poisson: M/M/infinity.
    load, servers = 6.0, 5
    fewer = sum(math.exp(-load) * load**n / math.factorial(n) for n in range(servers))

    assert erlang_a(servers, load, 50.0, 50.0).delayed == pytest.approx(1 - fewer)


@pytest.mark.parametrize("refused", [(-1, 1.0), (1, -1.0)])
def test_a_system_that_cannot_be_is_refused(refused: tuple[int, float]) -> None:
    with pytest.raises(ValueError, match="no such system"):
        erlang_b(*refused)


@pytest.mark.parametrize("refused", [(0, 1.0, 1.0, 1.0), (1, 0.0, 1.0, 1.0), (1, 1.0, 1.0, 0.0)])
def test_an_impatient_system_that_cannot_be_is_refused(
    refused: tuple[int, float, float, float],
) -> None:
    with pytest.raises(ValueError, match="no such system"):
        erlang_a(*refused)
