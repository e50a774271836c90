from pathlib import Path

from screener.storage.caller_calls import number_key_of, number_keys_at
from screener.storage.keys import load_keys
from screener.storage.log_query import open_to_read
from screener.storage.pseudonyms import pseudonym
from tests.unit.storage.logs import a_log, decided

ALICE, BOB = "+16515550142", "+16515550143"


def test_a_call_has_its_caller_s_pseudonym_or_none(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        log.decisions(decided("1" * 16, ALICE))
        log.decisions(decided("2" * 16, BOB))
        log.decisions(decided("3" * 16, BOB, presentation="prohib"))
        log.upkeep.step()
        keys = load_keys(log.keys)
        alice, bob = pseudonym("number", ALICE, keys), pseudonym("number", BOB, keys)
        connection = open_to_read(log.path)
        try:
            found = [number_key_of(connection, one * 16) for one in "1234"]
            assert found == [alice, bob, None, None]
            assert number_keys_at(connection, [1, 2, 3, 99]) == {1: alice, 2: bob}
            assert number_keys_at(connection, []) == {}
        finally:
            connection.close()
