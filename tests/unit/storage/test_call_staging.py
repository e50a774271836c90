from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from screener.core.outcome import Event, Outcome
from screener.core.past_call import PastCall
from screener.errors import ScreenerError
from screener.storage.call_staging import CallStaging, Span
from tests.builders import a_caller
from tests.unit.call_records import PERSON, START, a_leg, a_wait

STRANGER = "+16515550177"


@pytest.fixture
def staging() -> Iterator[CallStaging]:
    with closing(CallStaging(1_000)) as made:
        yield made


def calls(staging: CallStaging) -> list[PastCall]:
    staging.flush()
    return list(staging.newest_first())


def test_legs_of_one_call_become_one_with_its_first_start_and_longest_talk(
    staging: CallStaging,
) -> None:
    staging.add_leg(a_leg(at=START + 5.0, number="transferred", did="300", talk_s=10.0))
    staging.add_leg(a_leg(at=START, event=Event.ABANDONED, talk_s=0.0, ended_at=START + 300.0))
    staging.add_leg(a_leg(at=START + 9.0, event=None, talk_s=0.0, did=""))
    (call,) = calls(staging)
    assert (call.at, call.number, call.did) == (START, PERSON, "6515392200")
    assert call.ending.outcome == Outcome(Event.ANSWERED, 10.0)
    assert call.ending.at == START + 300.0


def test_one_leg_that_asked_not_to_be_shown_withholds_the_call(staging: CallStaging) -> None:
    staging.add_leg(a_leg(withheld=True))
    staging.add_leg(a_leg())
    assert calls(staging)[0].withheld


def test_calls_come_newest_first(staging: CallStaging) -> None:
    for second in (2, 3, 1):
        staging.add_leg(a_leg(f"{START + second}.1", START + second))
    assert [call.at - START for call in calls(staging)] == [3, 2, 1]
    assert staging.span() == Span(3, START + 1, START + 3)


def test_the_queue_says_what_became_of_a_call_of_the_cdr(staging: CallStaging) -> None:
    staging.add_leg(a_leg())
    staging.add_wait(a_wait(served=True, talk_s=42.0, ended_at=START + 72.0))
    staging.add_wait(a_wait("1700000009.9", number=STRANGER))
    (call,) = calls(staging)
    assert call.ending == (Outcome(Event.ANSWERED, 42.0), START + 72.0, True)
    assert staging.without_caller() == 1


def test_a_queue_s_log_alone_tells_of_calls_that_it_saw_coming(staging: CallStaging) -> None:
    staging.add_wait(a_wait(at=START - 1.0, did="6515392200"))
    staging.add_wait(a_wait(at=START, number=PERSON))
    staging.add_wait(a_wait(gone=True, at=START + 9.0, ended_at=START + 9.0))
    staging.add_wait(a_wait("1700000000.9", served=True, talk_s=1.0, ended_at=START + 9.0))
    (call,) = calls(staging)
    assert (call.key, call.uniqueid, call.number) == ("1700000000.7", "1700000000.7", PERSON)
    assert call.did == "6515392200"
    assert call.ending == (Outcome(Event.ABANDONED), START + 9.0, True)
    assert staging.without_caller() == 1


def test_nothing_added_is_no_span(staging: CallStaging) -> None:
    assert calls(staging) == []
    assert staging.span() is None


def test_what_we_recorded_ourselves_is_left_out_and_counted(staging: CallStaging) -> None:
    staging.add_leg(a_leg())
    staging.add_leg(a_leg("1700000001.7"))
    staging.flush()
    staging.leave_out(["1700000000.7", "1700000000.7", "another"])
    assert [call.key for call in staging.newest_first()] == ["1700000001.7"]
    assert staging.left_out() == 1


def test_more_than_was_allowed_is_refused_with_advice() -> None:
    with closing(CallStaging(2)) as staging:
        for number in range(3):
            staging.add_leg(a_leg(f"{START}.{number}"))
            staging.add_leg(a_leg(f"{START}.{number}"))
        with pytest.raises(ScreenerError, match=r"more than 2 calls: .* --since 30d .* --most"):
            staging.flush()


def test_what_is_noted_as_fresh_comes_again_oldest_first(staging: CallStaging) -> None:
    for second in range(3):
        staging.add_leg(a_leg(f"{START}.{second}", START + second))
    staging.flush()
    staging.note_fresh([f"{START}.2", f"{START}.0"])
    assert [call.key for call in staging.fresh_oldest_first()] == [f"{START}.0", f"{START}.2"]


def test_calls_can_be_noted_while_they_are_read(staging: CallStaging) -> None:
    for number in range(5_000):
        staging.add_leg(a_leg(f"{START}.{number}"))
        staging._most = 10_000
    staging.flush()
    for call in staging.newest_first():
        staging.note_fresh([call.key])
    assert sum(1 for _ in staging.fresh_oldest_first()) == 5_000


def test_callers_are_counted_once_and_nobody_is_none(staging: CallStaging) -> None:
    staging.note_callers([a_caller(PERSON), a_caller(STRANGER), a_caller(PERSON)])
    staging.note_callers([a_caller("", a_caller().kind.ANONYMOUS)])
    assert staging.distinct_callers() == 2


def test_no_number_stands_in_what_is_put_on_the_disk(tmp_path: Path) -> None:
    with closing(CallStaging(100)) as staging:
        staging.add_leg(a_leg())
        staging.add_wait(a_wait(number=STRANGER))
        staging.flush()
        copy = tmp_path / "copy.db"
        staging._connection.execute("VACUUM INTO ?", (str(copy),))
        content = copy.read_bytes()
    assert b"6515392200" in content
    assert PERSON[2:].encode() not in content
    assert STRANGER[2:].encode() not in content


def test_a_number_that_is_no_text_is_kept_as_far_as_it_goes(staging: CallStaging) -> None:
    staging.add_leg(a_leg(number="\udc80\x00+1"))
    assert calls(staging)[0].number == "?\x00+1"
