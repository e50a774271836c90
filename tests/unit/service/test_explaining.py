from dataclasses import replace
from typing import Any, cast

import pytest

from screener.core.call import Facts
from screener.core.settings import Hours, Mode, Opening, Settings
from screener.errors import ScreenerError
from screener.service.explaining import explain, facts_from
from tests.builders import NOW, an_engine


def test_a_caller_is_explained_at_every_level_of_pressure() -> None:
    withheld = Facts(number="+16515550142", presentation="prohib", attestation="failed")
    told = cast("dict[str, Any]", explain(an_engine(), withheld, NOW))
    levels = told["at_level"]
    assert [levels[name]["verdict"] for name in ("calm", "rising", "full")] == [
        "admit",
        "challenge",
        "challenge",
    ]
    assert told["signals"][0]["reason"]


def test_every_signal_and_limit_is_told_with_its_weight_found_or_not() -> None:
    engine = an_engine()
    told = cast("dict[str, Any]", explain(engine, Facts(number="+16515550142"), NOW))
    found = {part["name"] for part in told["signals"]}
    limits = {f"limit:{limit.name}" for limit in engine.settings.limits}
    assert found | set(told["not_found"]) == set(engine.settings.signals) | limits
    assert not found & set(told["not_found"])
    assert told["not_found"]["deny-list"] == 20.0


def test_a_caller_of_a_closed_site_is_told_that_it_is_closed() -> None:
    hours = Hours("UTC", (Opening(0, 6, 0.0, 60.0),))
    engine = an_engine(Settings(mode=Mode.ENFORCE, hours=hours))
    told = cast("dict[str, Any]", explain(engine, Facts(number="+16515550142"), NOW))
    assert (told["verdict"], told["reasons"][0], told["treatment"]) == (
        "drop",
        "closed",
        "announce",
    )
    assert told["site"]["state"] == "closed"
    assert {at["verdict"] for at in told["at_level"].values()} == {"drop"}


def test_explaining_leaves_no_trace() -> None:
    engine = an_engine()
    first = explain(engine, Facts(number="+16515550142"), NOW)
    for _ in range(100):
        explain(engine, Facts(number="+16515550142"), NOW)
    assert explain(engine, Facts(number="+16515550142"), NOW) == first


def test_who_is_never_challenged_is_told_with_the_list_that_says_so() -> None:
    told = cast("dict[str, Any]", explain(an_engine(), Facts(number="711"), NOW))
    assert told["never_challenged"] == "relay"
    assert {at["verdict"] for at in told["at_level"].values()} == {"admit"}
    assert explain(an_engine(), Facts(number="+16515550142"), NOW)["never_challenged"] is None


def test_facts_are_read_from_texts() -> None:
    assert facts_from({"number": "1", "trunk": "a"}) == Facts(number="1", trunk="a")


@pytest.mark.parametrize("told", [None, "x", {"number": 1}, {"nummer": "1"}, {"__class__": "x"}])
def test_anything_else_is_refused_with_what_is_allowed(told: object) -> None:
    with pytest.raises(ScreenerError, match="facts"):
        facts_from(told)


def test_the_present_pressure_is_the_one_that_a_call_would_meet_now() -> None:
    facts = Facts(number="+16515550142")
    told = explain(an_engine(), facts, NOW, lambda load: replace(load, queue_waiting=60))
    assert told["verdict"] == "challenge"
    assert explain(an_engine(), facts, NOW)["verdict"] == "admit"
