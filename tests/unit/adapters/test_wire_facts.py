"""The wire's words as `Facts`, and the classic script's two questions."""

import asyncio
from dataclasses import asdict, fields

import pytest

from screener.adapters.wire_facts import (
    SCRIPT_PEER,
    facts_of,
    outcome_handler,
    screen_handler,
    wait_of,
)
from screener.core.call import Facts, Load
from screener.core.outcome import Origin
from screener.core.shared import Question
from screener.core.sharing import Consulted
from screener.errors import RemoteProtocolError, ScreenerError
from screener.protocol.facts import KEYS_AS_SENT
from tests.builders import a_call
from tests.dialogs.scripted import ADMIT, MALFORMED, ScriptedScreening

FIELDS = {
    "num": "number",
    "name": "name",
    "pres": "presentation",
    "did": "did",
    "trunk": "trunk",
    "src": "source",
    "att": "attestation",
    "ver": "verification",
    "orig": "origid",
    "uid": "uniqueid",
    "linked": "linkedid",
    "sip": "sip_call_id",
    "chan": "channel",
    "qw": "queue_waiting",
    "ql": "operators_logged_in",
    "qr": "operators_ready",
    "ch": "channels_in_use",
}
"""Which field of `Facts` each wire key fills."""


def test_every_key_of_the_wire_fills_a_field_of_its_own() -> None:
    assert tuple(FIELDS) == KEYS_AS_SENT
    facts = asdict(facts_of([f"as {key}" for key in KEYS_AS_SENT]))
    assert facts == {field: f"as {key}" for key, field in FIELDS.items()}


def test_every_field_has_a_key_of_the_wire() -> None:
    assert {field.name for field in fields(Facts)} == set(FIELDS.values())


def test_the_script_asks_for_a_verdict() -> None:
    screening = ScriptedScreening()
    reply = screen_handler(screening)({"op": "screen", "facts": "num=%2B1&name=Ann"})
    assert reply == {"variables": ADMIT}
    assert screening.facts == [Facts(number="+1", name="Ann")]


def test_a_misshapen_argument_is_a_malformed_caller() -> None:
    screening = ScriptedScreening()
    assert screen_handler(screening)({"facts": "num=\u20ac"}) == {"variables": MALFORMED}
    why = "fact num holds a byte that is not printable ASCII"
    assert screening.origins == [Origin(peer=SCRIPT_PEER, why=why)]


@pytest.mark.parametrize("request_", [{}, {"facts": 1}, {"facts": None}])
def test_a_question_without_facts_is_refused(request_: dict[str, object]) -> None:
    for handler in (screen_handler, outcome_handler):
        screening = ScriptedScreening()
        with pytest.raises(ScreenerError, match="`facts` must be the text"):
            handler(screening)(request_)
        assert screening.asked == []


def test_the_script_reports_an_outcome() -> None:
    screening = ScriptedScreening()
    handle = outcome_handler(screening)
    assert handle({"facts": "id=7&event=answered&talk=62"}) == {"known": True}
    assert handle({"facts": "id=7&event=answered&talk=62&wait=31"}) == {"known": True}
    assert screening.asked == ["report 7 answered 62", "report 7 answered 62 after 31"]


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [("", None), ("0", 0.0), ("31", 31.0), ("086400", None), ("86400", 86_400.0)],
)
def test_a_wait_is_whole_seconds_of_a_day_at_most(text: str, wait_s: float | None) -> None:
    assert wait_of(text) == wait_s


@pytest.mark.parametrize("text", ["-1", "1.5", "86401", "1e3", " 1", "x", "\u0661", "\u00b2"])
def test_a_wait_that_cannot_be_counts_as_not_told(text: str) -> None:
    assert wait_of(text) is None


def test_an_outcome_that_is_none_is_refused() -> None:
    handle = outcome_handler(ScriptedScreening())
    with pytest.raises(ScreenerError, match="no known event"):
        handle({"facts": "id=7&event=vanished"})
    with pytest.raises(RemoteProtocolError, match="unknown key"):
        handle({"facts": "id=7&num=1"})


async def test_where_other_edges_are_asked_the_script_waits_for_their_answer() -> None:
    screening = ScriptedScreening()
    screening.asking = asyncio.get_running_loop().create_future()
    reply = screen_handler(screening)({"facts": "num=%2B1"})
    assert not isinstance(reply, dict)
    assert screening.facts == []
    consulted = Consulted(a_call(), Load(), (), Question("call-1", "", "", ()))
    screening.asking.set_result(consulted)
    assert await reply == {"variables": ADMIT}
    assert screening.told == [consulted]
