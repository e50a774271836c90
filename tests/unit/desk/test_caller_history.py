from pathlib import Path

from screener.core.outcome import Event, Outcome
from screener.desk.caller_history import COUNTED, SHOWN, CallerHistory, history_of
from screener.storage.call_log import EdgeLog
from screener.storage.log_query import open_to_read
from tests.builders import NOW
from tests.unit.storage.logs import OpenLog, a_log, at

ALICE, BOB = "+16515550142", "+16515550143"


def history(log: OpenLog, call_id: str) -> CallerHistory:
    connection = open_to_read(log.path)
    try:
        return history_of(EdgeLog(connection), call_id)
    finally:
        connection.close()


def test_the_other_calls_of_the_caller_are_told_newest_first_and_counted(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        for number in range(4):
            log.decisions(at(NOW + number, f"{number:016x}", ALICE))
            log.decisions(at(NOW + number, f"{100 + number:016x}", BOB))
        log.upkeep.step()
        log.decisions.outcome(f"{1:016x}", Outcome(Event.ANSWERED, 30.0))
        log.upkeep.step()
        told = history(log, f"{2:016x}")
        assert [call["id"] for call in told.calls] == [f"{number:016x}" for number in (3, 1, 0)]
        assert (told.counted, told.is_whole) == (4, True)
        assert (told.verdicts["admit"], told.outcomes["answered"]) == (4, 1)


def test_a_busy_number_is_counted_as_far_as_its_newest_calls(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        for number in range(COUNTED + 5):
            log.decisions(at(NOW + number, f"{number:016x}", ALICE))
        log.upkeep.step()
        told = history(log, f"{0:016x}")
        assert (len(told.calls), told.counted, told.is_whole) == (SHOWN, COUNTED, False)


def test_who_names_nobody_and_a_call_that_is_not_there_have_none(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        log.decisions(at(NOW, "1" * 16, ALICE, presentation="prohib"))
        log.upkeep.step()
        assert history(log, "1" * 16).key is None
        assert history(log, "2" * 16).key is None
