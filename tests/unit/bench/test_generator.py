"""The generators of FastAGI sessions: both play the same, against a real server."""

import pytest

from screener.protocol.agi_environment import Environment, EnvironmentReader
from screener.protocol.agi_request import ScreenRequest, read_request
from tests.bench.agents import floor
from tests.bench.environments import environment, environment_lines
from tests.bench.generator import Generator
from tests.bench.python_generator import play


def test_what_it_writes_is_what_the_agent_reads() -> None:
    reader = EnvironmentReader()
    events = [reader.receive(line) for line in environment_lines(7)]
    assert set(events[:-1]) == {None}
    assert isinstance(events[-1], Environment)
    assert isinstance(read_request(events[-1]), ScreenRequest)


def test_no_two_calls_are_the_same() -> None:
    assert len({environment(index) for index in range(100)}) == 100


@pytest.mark.parametrize("compiled", [True, False])
def test_every_session_at_a_server_that_answers_is_well(*, compiled: bool) -> None:
    with floor() as server, Generator() as generator:
        if compiled and generator._program is None:
            pytest.skip("no C compiler here")
        if compiled:
            played = generator.play(server.port, 40, 8)
        else:
            played = play(server.port, iter(range(40)), 8, 30.0)
    assert (played.sessions, played.failed) == (40, 0)
    assert 0.0 < played.p50_us <= played.p90_us <= played.p99_us <= played.max_us


def test_a_server_that_is_not_there_fails_every_session() -> None:
    with floor() as server:
        port = server.port
    with Generator() as generator:
        if generator._program is None:
            pytest.skip("no C compiler here")
        played = generator.play(port, 5, 2)
    assert (played.sessions, played.failed) == (5, 5)
