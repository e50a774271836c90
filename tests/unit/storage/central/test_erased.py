from pathlib import Path

import pytest

from screener.core.number import LONGEST_TAIL
from screener.storage.central.erased import COUNTER, NEAR, NUMBER, Erased, pseudonyms_to_erase
from screener.storage.keys import Keys, load_or_make_keys
from screener.storage.log_rows import COLUMNS, RowMaker
from tests.builders import NOW
from tests.unit.storage.logs import at

TOLD = "+16515550142"


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return load_or_make_keys(tmp_path / "keys.json")


def row(keys: Keys, number: str, came: float = NOW, **facts: str) -> tuple[object, ...]:
    return RowMaker(keys).of_decision(at(came, "c1", number, **facts)).values


def erased(keys: Keys, identity: str) -> Erased:
    return Erased(keys, dict.fromkeys(pseudonyms_to_erase(identity, keys), NOW))


def test_a_number_is_looked_for_by_itself_where_it_was_withheld_and_near_it(keys: Keys) -> None:
    kinds = [kind for kind, _ in pseudonyms_to_erase(TOLD, keys)]
    assert kinds == [NUMBER, COUNTER, *[NEAR] * LONGEST_TAIL]
    for other in (f"{TOLD};ext=7", "short:911"):
        assert [kind for kind, _ in pseudonyms_to_erase(other, keys)] == [NUMBER]


def test_calls_of_an_erased_number_are_left_out_and_those_of_others_are_not(keys: Keys) -> None:
    gone = erased(keys, TOLD)
    assert gone.holds(row(keys, TOLD))
    assert gone.holds(row(keys, f"{TOLD};ext=7"))
    assert gone.holds(row(keys, TOLD, presentation="prohib"))
    assert not gone.holds(row(keys, "+16515550143"))
    assert not gone.holds(row(keys, "+16515550143", presentation="prohib"))
    assert not gone.holds(row(keys, "", presentation="unavailable"))
    assert not Erased(keys).holds(row(keys, TOLD))


def test_an_extension_alone_is_erased_alone(keys: Keys) -> None:
    gone = erased(keys, f"{TOLD};ext=7")
    assert gone.holds(row(keys, f"{TOLD};ext=7"))
    assert not gone.holds(row(keys, TOLD))
    assert not gone.holds(row(keys, f"{TOLD};ext=8"))


def test_who_calls_again_is_kept_again(keys: Keys) -> None:
    gone = erased(keys, TOLD)
    assert not gone.holds(row(keys, TOLD, NOW + 1.0))
    assert not gone.holds(row(keys, f"{TOLD};ext=7", NOW + 1.0))


def test_an_imported_call_counts_from_its_import(keys: Keys) -> None:
    gone, place = erased(keys, TOLD), COLUMNS.index("imported_at")
    old = list(row(keys, TOLD, NOW - 100.0))
    assert gone.holds([*old[:place], NOW, *old[place + 1 :]])
    assert not gone.holds([*old[:place], NOW + 1.0, *old[place + 1 :]])


def test_what_these_keys_do_not_open_is_nobody_near(keys: Keys) -> None:
    gone = erased(keys, TOLD)
    place = COLUMNS.index("sealed")
    held = list(row(keys, f"{TOLD};ext=7"))
    for broken in (None, b"", b"x" * 40):
        assert not gone.holds([*held[:place], broken, *held[place + 1 :]])
