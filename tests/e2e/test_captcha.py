"""The dialplan's captcha without a telephone: a Local channel's other half presses the keys."""

from collections.abc import Iterator

import pytest

from screener.lab.asterisk import Asterisk
from tests.e2e.asterisk_log import logged
from tests.e2e.scripted_agent import ScriptedAgent

pytestmark = pytest.mark.e2e

CAPTCHAS = {
    "right": ("passed", "challenge_passed"),
    "second": ("passed", "challenge_passed"),
    "early": ("silent", "challenge_abandoned"),
    "many": ("failed", "challenge_failed"),
    "none": ("silent", "challenge_abandoned"),
    "gone": ("", "challenge_abandoned"),
}


@pytest.fixture(scope="module")
def captchas(asterisk: Asterisk) -> Iterator[ScriptedAgent]:
    """Start every kind of solver at once: the slowest needs 20 s."""
    with ScriptedAgent(asterisk.ports.agent) as agent:
        for number, kind in enumerate(CAPTCHAS):
            asterisk.rx(f"channel originate Local/{number}@captcha/n extension {kind}@keys")
        yield agent


@pytest.mark.parametrize("kind", CAPTCHAS)
def test_the_dialplan_captcha(captchas: ScriptedAgent, asterisk: Asterisk, kind: str) -> None:
    number = list(CAPTCHAS).index(kind)
    result, event = CAPTCHAS[kind]
    told = captchas.wait_for(
        lambda one: one.facts.get("id") == f"captcha-{number}".encode(), limit_s=40
    )

    assert told.facts["event"] == event.encode()
    if result:
        found = logged(asterisk, rf"captcha {number} got (\w+) limit ([\d.]+) stage (\w+)")
        assert (found[1], found[3]) == (result, result)
        assert 60 < float(found[2]) < 100
