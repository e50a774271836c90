"""The dialplan's captcha without a telephone: a Local channel's other half presses the keys."""

import time
from collections.abc import Iterator

import pytest

from screener.lab.asterisk import Asterisk
from tests.e2e.asterisk_log import logged
from tests.e2e.scripted_agent import ScriptedAgent

pytestmark = pytest.mark.e2e

CAPTCHAS = {
    "right": ("passed", "challenge_passed"),
    "second": ("passed", "challenge_passed"),
    "early": ("silent", "challenge_silent"),
    "many": ("failed", "challenge_failed"),
    "none": ("silent", "challenge_silent"),
    "gone": ("", "challenge_abandoned"),
}
PRIORITY = {"passed": "8", "failed": "4", "silent": "0"}


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
        found = logged(
            asterisk, rf"captcha {number} got (\w+) limit ([\d.]+) stage (\w+) prio (\d)"
        )
        assert (found[1], found[3], found[4]) == (result, result, PRIORITY[result])
        assert 40 < float(found[2]) < 100


def test_so_many_who_pressed_nothing_may_wait_and_no_more(asterisk: Asterisk) -> None:
    def result(number: int) -> tuple[str, str, str]:
        asterisk.rx(f"channel originate Local/{number}@silent/n extension none@keys")
        found = logged(asterisk, rf"silent {number} got (\w+) limit ([\d.]+) prio (\d)")
        return found[1], found[2], found[3]

    results = [result(number) for number in range(4)]
    assert results == [("silent", "0", "0")] * 2 + [("away", "0", "0")] * 2
    deadline = time.monotonic() + 60
    while "waits" in asterisk.rx("group show channels") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert result(4) == ("silent", "0", "0")
