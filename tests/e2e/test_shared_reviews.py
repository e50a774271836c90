"""Three agents and one real Redis: what a person decides at one edge is in force at all of them.

With an agent there and without, through a store that is killed, an edge that joins later and an
agent that is killed; each time it is measured from the command's return.
"""

import logging
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from screener.cli.main import build
from tests.servers.redis_server import RedisServer, redis_or_skip
from tests.servers.shared_agents import SharedAgent, shared_agents, within

log = logging.getLogger("tests.sharing")

pytestmark = pytest.mark.e2e

SOON_S = 60.0
"""That it was not sooner is no fault of theirs: how soon it was, is told."""
PATIENT_S = 1.0
"""A deadline that an answer keeps on a machine as busy as one that runs tests."""
ALLOWED, DENIED, NOBODY = "allow", "deny", ""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_or_skip(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(scope="module")
def edges(
    server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[SharedAgent]]:
    folder = tmp_path_factory.mktemp("edges")
    names = dict.fromkeys(("east", "north", "west"), PATIENT_S)
    with shared_agents(folder, server.address, names) as running:
        yield running


def decide(agent: SharedAgent, *words: str) -> str:
    """Run a command of that edge in this process; return what it said."""
    ran = CliRunner().invoke(build(), [*words, "--config", str(agent.config)])
    assert ran.exit_code == 0, ran.output
    return ran.output


def speaks(agent: SharedAgent, number: str) -> str:
    """Return what is in force at an edge of a caller."""
    told = agent.ask({"op": "explain", "facts": {"number": number}})["signals"]
    assert isinstance(told, list)
    names = {part["name"] for part in told}
    return next((word for word in (ALLOWED, DENIED) if f"{word}-list" in names), NOBODY)


def reaches(several: list[SharedAgent], number: str, wanted: str, most: float) -> float:
    """Wait until that speaks at all of them; return how long it took, seconds."""
    return within(
        most,
        lambda: all(speaks(one, number) == wanted for one in several),
        f"{wanted or 'nothing'} at every edge",
    )


def denies_trunk(agent: SharedAgent) -> bool:
    facts = {"number": "+16515550199", "trunk": "carrier-a"}
    return "denied-trunk" in str(agent.ask({"op": "explain", "facts": facts})["reasons"])


def is_paused(agent: SharedAgent) -> bool:
    return agent.ask({"op": "status"})["paused_until"] != 0.0


def test_what_is_decided_at_one_edge_is_in_force_at_all(
    edges: list[SharedAgent],
) -> None:
    east, north, west = edges
    decide(east, "allow", "+16515550160")
    took = [reaches(edges, "+16515550160", ALLOWED, SOON_S)]
    decide(north, "deny", "+16515550160", "--reason", "ticket 9")
    took.append(reaches(edges, "+16515550160", DENIED, SOON_S))
    shown = decide(west, "lists", "show")
    assert "on north" in shown
    assert "ticket 9" in shown
    assert "on north" in decide(west, "audit")
    decide(west, "undo", "+16515550160")
    took.append(reaches(edges, "+16515550160", ALLOWED, SOON_S))
    decide(west, "pause", "10m")
    took.append(within(SOON_S, lambda: all(map(is_paused, edges)), "all are paused"))
    decide(east, "resume")
    took.append(within(SOON_S, lambda: not any(map(is_paused, edges)), "none is paused"))
    log.info("in force everywhere after %s s", " ".join(f"{one:.2f}" for one in took))


def test_a_trunk_denied_at_one_edge_is_denied_at_all_until_that_is_undone(
    edges: list[SharedAgent],
) -> None:
    decide(edges[0], "deny", "--trunk", "carrier-a", "--for", "5m", "--yes")
    within(SOON_S, lambda: all(map(denies_trunk, edges)), "the deny at every edge")
    decide(edges[2], "undo", "--trunk", "carrier-a")
    within(SOON_S, lambda: not any(map(denies_trunk, edges)), "its undoing at every edge")


def test_without_an_agent_at_its_edge_a_command_reaches_the_others(
    edges: list[SharedAgent],
) -> None:
    east, north, west = edges
    west.kill()
    assert "the other edges are told" in decide(west, "deny", "+16515550161")
    took = reaches([east, north], "+16515550161", DENIED, SOON_S)
    decide(east, "deny", "+16515550162")
    west.start()
    later = reaches(edges, "+16515550162", DENIED, SOON_S)
    log.info("without an agent %.2f s; after a kill %.2f s after its start", took, later)
    assert speaks(west, "+16515550161") == DENIED


def test_a_killed_store_loses_no_review_and_brings_none_back(
    server: RedisServer, edges: list[SharedAgent]
) -> None:
    east, north, west = edges
    decide(east, "deny", "+16515550163")
    reaches(edges, "+16515550163", DENIED, SOON_S)
    server.kill()
    decide(east, "undo", "+16515550163")
    decide(north, "allow", "+16515550164")
    assert speaks(west, "+16515550163") == DENIED
    server.start()  # with nothing of before
    took = reaches(edges, "+16515550163", NOBODY, SOON_S)
    took += reaches(edges, "+16515550164", ALLOWED, SOON_S)
    log.info("alike again %.2f s after the store was back", took)
    decide(west, "deny", "+16515550165")
    reaches(edges, "+16515550165", DENIED, SOON_S)
    assert [speaks(edge, "+16515550163") for edge in edges] == [NOBODY] * 3


def test_an_edge_that_joins_gets_what_is_in_force(
    server: RedisServer, edges: list[SharedAgent]
) -> None:
    east = edges[0]
    decide(east, "deny", "+16515550166")
    reaches(edges, "+16515550166", DENIED, SOON_S)
    server.say("FLUSHALL")  # so that the feed is gone, as after a long time
    key_file = east.config.parent.parent / "shared.key"
    south = SharedAgent(key_file.parent / "south", "south", server.address, key_file, PATIENT_S)
    try:
        south.start()
        took = reaches([south], "+16515550166", DENIED, SOON_S)
        log.info("an edge that joined had all of it %.2f s after its start", took)
        assert speaks(south, "+16515550163") == NOBODY
    finally:
        south.stop()
