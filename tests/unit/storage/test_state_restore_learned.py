from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.core.outcome import Event, Outcome
from tests.builders import DAY
from tests.unit.storage.logs import OpenLog
from tests.unit.storage.states import Life, folder_of

NUMBER = "+16515550142"
SERVED = Outcome(Event.ANSWERED, 60.0)
NUMBERS = [f"+165155501{tail:02}" for tail in range(12)] + ["", "anonymous", "+15551234567"]


@pytest.fixture(name="log")
def _log(tmp_path: Path) -> Iterator[OpenLog]:
    log = folder_of(tmp_path)
    yield log
    log.upkeep.close()


@pytest.mark.parametrize("after", [0, 7])
def test_what_is_usual_is_known_again_and_no_call_teaches_twice(log: OpenLog, after: int) -> None:
    killed = Life(log)
    for place in range(40):
        killed.call(call_id=f"before-{place}")
        log.clock.now += 60.0
    killed.save()
    for place in range(after):
        log.clock.now += 200.0
        killed.call(call_id=f"since-{place}")
    log.clock.now += 1.0
    assert sum(killed.memory.usual.usual) > 0.0
    reborn, _ = killed.reborn()
    assert reborn.memory.usual == killed.memory.usual
    again, _ = reborn.reborn()
    assert again.memory.usual == killed.memory.usual


def test_after_the_clock_was_set_back_the_quarter_under_way_teaches_nothing(log: OpenLog) -> None:
    killed = Life(log)
    for place in range(40):
        killed.call(call_id=f"before-{place}")
        log.clock.now += 60.0
    killed.save()
    log.clock.now -= DAY
    reborn, found = killed.reborn()
    assert "set back" in found.why
    learned = killed.memory.usual.usual.copy()
    assert reborn.memory.usual.usual == learned
    reborn.decide("+16515550142", "next")
    log.clock.now += 900.0
    reborn.decide("+16515550142", "later")
    assert reborn.memory.usual.usual == learned


@pytest.mark.parametrize("since_failure", [0.0, 600.0, 900.0])
def test_a_block_goes_on_after_a_kill_and_ends_when_it_would_have(
    log: OpenLog, since_failure: float
) -> None:
    killed = Life(log)
    for place in range(2):
        killed.call(NUMBER, f"call-{place}")
        killed.report(f"call-{place}", Outcome(Event.CHALLENGE_FAILED))
        killed.save() if place else None
    log.clock.now += since_failure
    after, _ = killed.reborn()
    reasons = after.decide(NUMBER, "x").verdict.reasons
    assert ("challenge-block" in reasons) is (since_failure < 900.0)


def test_a_clock_set_back_blocks_nobody_for_longer(log: OpenLog) -> None:
    killed = Life(log)
    for place in range(2):
        killed.call(NUMBER, f"call-{place}")
        killed.report(f"call-{place}", Outcome(Event.CHALLENGE_FAILED))
    killed.save()
    log.clock.now -= 30 * DAY
    after, _ = killed.reborn()
    assert "challenge-block" in after.decide(NUMBER, "x").verdict.reasons
    log.clock.now += 900.0
    assert "challenge-block" not in after.decide(NUMBER, "y").verdict.reasons
