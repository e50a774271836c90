from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import DAY
from tests.unit.storage.logs import OpenLog
from tests.unit.storage.states import Life, folder_of

NUMBER = "+16515550142"


@pytest.fixture(name="log")
def _log(tmp_path: Path) -> Iterator[OpenLog]:
    log = folder_of(tmp_path)
    yield log
    log.upkeep.close()


def test_what_is_usual_of_crowds_is_known_again(
    log: OpenLog,
) -> None:
    killed = Life(log)
    for place in range(300):
        log.clock.now += 20.0
        killed.call(f"+1651{place * 7_919 % 10**7:07}", f"calm-{place}")
    killed.memory.crowds.customers = 7
    killed.save()
    usual = killed.memory.crowds.few["wnew"].usual
    after, found = killed.reborn()
    assert found.calls == 0
    assert after.memory.crowds.few["wnew"].usual == usual > 1.0
    assert after.memory.crowds.few == killed.memory.crowds.few
    assert after.memory.crowds.all == killed.memory.crowds.all
    assert after.memory.crowds.customers == 7
    prefixes = [life.memory.crowds.prefixes.entries(protected=False) for life in (after, killed)]
    assert prefixes[0] == prefixes[1] != {}


def test_crowds_are_moved_with_a_clock_that_was_set_back(log: OpenLog) -> None:
    killed = Life(log)
    killed.call(NUMBER, "one")
    killed.save()
    log.clock.now -= 365 * DAY
    after, _ = killed.reborn()
    assert after.memory.crowds.all.at == log.clock.now
    crowd = after.memory.crowds.few["wnew"]
    assert crowd.at == crowd.last_call == log.clock.now
    assert crowd.fast == 1.0
