import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from screener.config.load import Config, load_config
from screener.core.call import Facts, read_call
from screener.core.number import NumberPlan
from screener.desk.explaining import caps_of, facts_of, now_in_words, said_now
from screener.desk.finding import call_of
from screener.desk.log_reading import calls_of
from screener.lab.agent_process import AgentProcess
from screener.storage.keys import load_or_make_keys
from tests.unit.agents import an_agent, port_of, settled
from tests.unit.cli.logged import Logged, logged
from tests.unit.fastagi_client import screened
from tests.unit.storage.logs import decided

NUMBER = "+16515550142"
WHOLE = re.compile(r"555[^0-9]{0,2}0142")
ID = "a" * 16

Now = tuple[dict[str, Any] | None, str]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Logged]:
    with logged(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentProcess]:
    with an_agent(tmp_path_factory.mktemp("agent")) as running:
        yield running


def recorded(site: Logged, number: str = NUMBER, **facts: str) -> None:
    site.log.decisions(decided(ID, number, **facts))
    site.log.upkeep.step()


def now_of(config: Config, call_id: str = ID) -> Now:
    with calls_of(config) as log:
        return said_now(log, dict(call_of(log, call_id)), config)


def test_the_agent_says_what_it_would_do_and_the_number_is_told_to_nobody(
    agent: AgentProcess,
) -> None:
    told = {"att": "A", "ver": "success", "did": "+16515392200"}
    call_id = screened(port_of(agent), NUMBER, **told)["SCREENER_ID"]
    settled(agent)
    config = load_config(agent.config)
    now, why_not = now_of(config, call_id)
    assert why_not == ""
    assert now is not None
    assert "ok" not in now
    assert (now["caller_class"], now["config"]) == ("valid", config.settings.config_hash)
    assert now["did"] == "+16515392200"
    assert WHOLE.search(json.dumps(now)) is None
    assert now_in_words(now).startswith(f"A call like it now: {now['verdict']} (")


@pytest.mark.parametrize("number", [NUMBER, "911", "+442071838750"])
@pytest.mark.parametrize(
    ("level", "verification"),
    [("A", "success"), ("B", "success"), ("C", "success"), ("A", "expired"), ("", "")],
)
def test_a_record_is_read_again_as_the_call_that_it_was(
    site: Logged, number: str, level: str, verification: str
) -> None:
    hostile = {"did": "+1651\u202e", "trunk": "<b>\x1b[2J", "origid": "'; --", "source": "::1"}
    recorded(site, number, attestation=level, verification=verification, **hostile)
    with calls_of(site.config) as log:
        call = dict(call_of(log, ID))
        identity = log.caller_of(ID, log.keys(site.log.keys))
    plan = NumberPlan(site.config.settings.region)
    then = decided(ID, number, attestation=level, verification=verification, **hostile).call
    again, _ = read_call(facts_of(call, identity), plan, call_id=ID, now=then.arrived_at)
    assert again == then
    assert re.search(re.escape(number[-7:]), json.dumps(call)) is None or number == "911"


@pytest.mark.parametrize(
    ("kept", "level", "verified"),
    [("A", "A", "success"), ("failed", "", "failed"), ("none", "", ""), (None, "", "")],
)
def test_a_record_is_told_as_the_wire_told_it(kept: str | None, level: str, verified: str) -> None:
    call = {"did": "+1", "trunk": None, "source": "192.0.2.1", "origid": None, "attestation": kept}
    assert facts_of(call, "short:911") == Facts(
        number="911",
        presentation="allowed",
        did="+1",
        source="192.0.2.1",
        attestation=level,
        verification=verified,
    )


def test_without_an_agent_why_is_said(site: Logged) -> None:
    recorded(site)
    now, why_not = now_of(site.config)
    assert now is None
    assert why_not.startswith("the agent is not running")


@pytest.mark.parametrize("facts", [{"presentation": "prohib"}, {"number": "<script>"}])
def test_of_a_caller_without_a_number_nobody_is_asked(site: Logged, facts: dict[str, str]) -> None:
    recorded(site, **facts)
    assert now_of(site.config) == (None, "the call names no caller whom the agent could know")


def test_in_another_region_the_number_is_another_one(site: Logged) -> None:
    recorded(site, "01173676")  # too short for a number in the US, one of a place in Britain
    assert now_of(site.config)[1].startswith("the agent is not running")
    site.path.write_text(site.path.read_text() + "region: GB\n")
    now, why_not = now_of(site.config)
    assert now is None
    assert why_not.startswith("in the region of this configuration")


def test_without_its_keys_or_with_others_nobody_is_asked(site: Logged) -> None:
    recorded(site)
    site.log.keys.unlink()
    assert "there is no key file at" in now_of(site.config)[1]
    load_or_make_keys(site.log.keys)
    now, why_not = now_of(site.config)
    assert now is None
    assert "are sealed with the keys" in why_not


def test_a_log_that_breaks_meanwhile_is_a_fault_and_no_answer(site: Logged) -> None:
    recorded(site)
    with calls_of(site.config) as log:
        call = dict(call_of(log, ID))
    with pytest.raises(sqlite3.Error):
        said_now(log, call, site.config)


def test_caps_are_told_only_of_the_configuration_that_judged_the_call(site: Logged) -> None:
    config = site.config
    judged = {"config": config.settings.config_hash}
    assert caps_of(judged, config) == config.settings.groups != {}
    assert caps_of({"config": None}, config) is None
    other = replace(config, settings=replace(config.settings, config_hash="0" * 12))
    assert caps_of(judged, other) is None


def test_the_agents_word_is_one_sentence() -> None:
    told = {"verdict": "drop", "would": "drop", "reasons": ["score", "deny-list"], "score": 20.0}
    assert now_in_words({**told, "pressure": "calm", "config": "abcd"}) == (
        "A call like it now: drop (enforcing every rule: drop), because of score, deny-list, with "
        "a score of 20.00 at calm load, under the configuration abcd."
    )
