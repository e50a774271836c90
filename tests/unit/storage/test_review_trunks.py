from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.core.call import Load
from screener.core.decision import Decision
from screener.core.outcome import Event, Outcome
from screener.storage.log_query import open_to_read
from screener.storage.review_trunks import TrunkShare, share_of, trunks_in
from tests.builders import NOW, a_call, an_engine
from tests.unit.core.engines import known
from tests.unit.storage.logs import OpenLog, a_log, at

HOUR = 3_600.0
KNOWN, PASSED = "+16515550142", "+16515550143"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[OpenLog]:
    with a_log(tmp_path) as opened:
        yield opened


def judged(call_id: str, number: str, moment: float = NOW, trunk: str = "a") -> Decision:
    """Return the decision on a call at a site that knows one caller and saw another pass."""
    engine = an_engine()
    known(engine, KNOWN)
    engine.learn(PASSED, Outcome(Event.CHALLENGE_PASSED), at=NOW - 3 * HOUR)
    call = a_call(number, call_id=call_id, arrived_at=moment, trunk=trunk)
    return engine.assess(call, Load())


def test_calls_by_a_trunk_are_counted_with_who_is_known_or_passed(log: OpenLog) -> None:
    for name, trunk in (("s1", "a"), ("s2", "a"), ("o1", "b"), ("o2", "")):
        log.decisions(at(NOW, name, trunk=trunk))
    log.decisions(judged("k", KNOWN))
    log.decisions(judged("p", PASSED))
    log.decisions(judged("kb", KNOWN, trunk="b"))
    log.decisions.outcome("s2", Outcome(Event.CHALLENGE_PASSED))
    log.decisions(judged("old", KNOWN, NOW - 2 * HOUR))
    log.settle()
    reader = open_to_read(log.path)
    assert share_of(reader, "a", NOW - HOUR) == TrunkShare(7, 4, 3)
    assert share_of(reader, "a", NOW - 24 * HOUR) == TrunkShare(8, 5, 4)
    assert share_of(reader, "c", NOW - HOUR) == TrunkShare(7, 0, 0)
    assert trunks_in(reader) == ["a", "b"]
    reader.close()
