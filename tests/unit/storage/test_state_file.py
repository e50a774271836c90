import json
import re
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.core.crowd import Crowd
from screener.core.memory import CallNote
from screener.core.reputation import Standing
from screener.core.settings import Settings
from screener.core.usual import QUARTERS, UsualWeek
from screener.storage.crowd_state import FIELDS, KeptCrowds
from screener.storage.keys import Keys
from screener.storage.new_memory import new_memory
from screener.storage.sealed_file import SealedFileError, read_sealed, write_sealed
from screener.storage.state_file import (
    CHUNK,
    Piece,
    Snapshot,
    forget_in_state,
    read_state,
    write_state,
)
from tests.builders import NOW

KEYS = Keys("one", b"p" * 32, b"s" * 32)
NUMBER = "+16515550142"
OTHER = "+16515550143"
MOMENT = st.floats(0, 4e9)
CROWD = st.builds(
    Crowd,
    gaps=st.integers(0, 10**9),
    **{name: MOMENT for name in FIELDS if name != "gaps"},
)
CROWDS = st.builds(
    KeptCrowds,
    st.dictionaries(st.text(max_size=20), CROWD, max_size=5),
    st.dictionaries(st.text(max_size=20), CROWD, max_size=5),
    CROWD,
    st.integers(0, 10**9),
)
STANDING = st.builds(Standing, *([MOMENT] * 7), st.text(max_size=9))


def found(read: Snapshot) -> dict[str, object]:
    return {name: getattr(read, name) for name in Snapshot.__slots__}


@settings(max_examples=25)
@given(
    counters=st.dictionaries(
        st.text(max_size=20), st.lists(MOMENT, min_size=1, max_size=4).map(tuple)
    ),
    known=st.dictionaries(st.text(max_size=20), STANDING),
    callers=st.dictionaries(st.text(max_size=20), STANDING),
    calls=st.dictionaries(st.text(max_size=20), st.builds(CallNote, *([st.text(max_size=9)] * 3))),
    usual=st.builds(
        UsualWeek,
        st.text(max_size=20),
        st.lists(MOMENT, min_size=1, max_size=9).map(lambda few: (few * QUARTERS)[:QUARTERS]),
        MOMENT,
        st.booleans(),
        MOMENT,
        *[st.integers(0, 10**9)] * 3,
    ),
    crowds=CROWDS,
)
def test_what_is_written_is_read_again_to_the_last_bit(  # noqa: PLR0917 - hypothesis names them
    tmp_path_factory: pytest.TempPathFactory,
    counters: dict[str, tuple[float, ...]],
    known: dict[str, Standing],
    callers: dict[str, Standing],
    calls: dict[str, CallNote],
    usual: UsualWeek,
    crowds: KeptCrowds,
) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    tables = (counters, known, callers, calls, usual, crowds)
    snapshot = Snapshot(NOW + 0.1, NOW + 0.2, NOW + 0.3, *tables)
    write_state(path, KEYS, snapshot)
    assert found(read_state(path, KEYS)) == found(snapshot)


def test_a_counter_of_no_windows_is_not_written(tmp_path: Path) -> None:
    write_state(tmp_path / "state", KEYS, Snapshot(NOW, NOW, NOW, {"none": (), "one": (NOW,)}))
    assert read_state(tmp_path / "state", KEYS).counters == {"one": (NOW,)}


def test_more_entries_than_a_chunk_holds(tmp_path: Path) -> None:
    counters = {f"key{i}": (NOW + i, NOW) if i % 3 else (NOW,) for i in range(3 * CHUNK + 1)}
    pauses: list[None] = []
    snapshot = Snapshot(NOW, NOW, NOW, counters)
    write_state(tmp_path / "state", KEYS, snapshot, lambda: pauses.append(None))
    assert read_state(tmp_path / "state", KEYS).counters == counters
    assert len(pauses) >= 4


def test_a_table_keeps_its_order_and_of_several_pieces_the_longest_unused_come_first(
    tmp_path: Path,
) -> None:
    callers = {f"{place}": Standing(NOW) for place in range(CHUNK + 9)}
    one = {f"a{place}": Standing(NOW) for place in range(3 * CHUNK)}
    two = {f"b{place}": Standing(NOW) for place in range(2 * CHUNK)}
    pieces = [Piece("known", one), Piece("calls", {}), Piece("known", two)]
    write_state(
        tmp_path / "state", KEYS, Snapshot(NOW, NOW, NOW, callers=callers), pieces=iter(pieces)
    )
    read = read_state(tmp_path / "state", KEYS)
    assert list(read.callers) == list(callers)
    assert read.known == one | two
    order = {key: place for place, key in enumerate(read.known)}
    for piece in (one, two):
        assert [key for key in order if key in piece] == list(piece)
    assert order[f"b{CHUNK - 1}"] < order[f"a{CHUNK}"] < order[f"b{CHUNK}"] < order[f"a{2 * CHUNK}"]


def test_entries_that_are_packed_are_written_as_they_are_and_read_as_they_were(
    tmp_path: Path,
) -> None:
    memory = new_memory(Settings())
    counters = {f"{place}": (NOW + place / 3,) * (1 + place % 3) for place in range(2 * CHUNK)}
    known = {f"k{place}": Standing(NOW + place / 7, trunk="t\xe9") for place in range(9)}
    for key, tats in counters.items():
        memory.counters.put(key, tats)
    for key, standing in known.items():
        memory.callers.put(key, standing)
    pieces = [
        Piece("counters", memory.counters.entries(protected=False)),
        Piece("callers", memory.callers.entries(protected=False)),
    ]
    write_state(tmp_path / "state", KEYS, Snapshot(NOW, NOW, NOW), pieces=pieces)
    read = read_state(tmp_path / "state", KEYS)
    assert (read.counters, read.callers) == (counters, known)


def test_no_planted_number_stands_in_the_file(tmp_path: Path) -> None:
    numbers = [f"+1651{place * 7_919 % 10**7:07}" for place in range(10_000)]
    snapshot = Snapshot(
        NOW,
        NOW,
        NOW,
        {f"number||4/600\x1f{number}": (NOW,) for number in numbers},
        {number: Standing(NOW) for number in numbers[:5_000]},
        {number: Standing(NOW) for number in numbers[5_000:]},
        {f"{place:016x}": CallNote(number, "t") for place, number in enumerate(numbers)},
    )
    write_state(tmp_path / "state", KEYS, snapshot)
    written = (tmp_path / "state").read_bytes()
    digits = set(re.findall(rb"(?=(\d{10}))", written))
    assert not digits & {number[2:].encode() for number in numbers}


@pytest.mark.parametrize(
    "chunks",
    [
        [],
        [b"[]"],
        [b'{"counters_at": 1}'],
        [b'{"counters_at": 1, "callers_at": 1, "calls_at": 1}', b"no zlib"],
    ],
)
def test_what_no_agent_wrote_is_refused(tmp_path: Path, chunks: list[bytes]) -> None:
    write_sealed(tmp_path / "state", KEYS, chunks)
    with pytest.raises(SealedFileError, match="holds what no agent wrote"):
        read_state(tmp_path / "state", KEYS)


def test_a_snapshot_from_before_the_usual_week_was_kept_is_read_without_one(
    tmp_path: Path,
) -> None:
    path = tmp_path / "state"
    write_state(path, KEYS, Snapshot(NOW, NOW, NOW, {"one": (NOW,)}, usual=UsualWeek("UTC")))
    first, week, *others = read_sealed(path, KEYS)
    assert b'"usual"' in zlib.decompress(week)
    write_sealed(path, KEYS, [first, *others])
    read = read_state(path, KEYS)
    assert (read.counters, read.usual) == ({"one": (NOW,)}, UsualWeek())


def test_a_snapshot_from_before_crowds_were_kept_is_read_without_any(tmp_path: Path) -> None:
    path = tmp_path / "state"
    crowds = KeptCrowds({"wnew": Crowd(NOW)}, {"p+1651555": Crowd(NOW)}, Crowd(NOW))
    write_state(path, KEYS, Snapshot(NOW, NOW, NOW, {"one": (NOW,)}, crowds=crowds))
    chunks = list(read_sealed(path, KEYS))
    of_crowds = [place for place, one in enumerate(chunks) if place and b'"gaps"' in unpacked(one)]
    assert len(of_crowds) == 3
    others = [one for place, one in enumerate(chunks) if place not in of_crowds]
    note = json.dumps(["calls", 0, [["call-1"], [NUMBER], ["trunk-a"]]]).encode() + b"\n"
    write_sealed(path, KEYS, [*others, zlib.compress(note)])
    read = read_state(path, KEYS)
    assert (read.counters, read.crowds) == ({"one": (NOW,)}, KeptCrowds())
    assert read.calls == {"call-1": CallNote(NUMBER, "trunk-a", "")}


def unpacked(chunk: bytes) -> bytes:
    return zlib.decompress(chunk)


@pytest.mark.parametrize("quarters", [0, QUARTERS - 1, QUARTERS + 1])
def test_a_week_of_other_quarters_is_refused(tmp_path: Path, quarters: int) -> None:
    week = UsualWeek("UTC", [1.0] * quarters)
    write_state(tmp_path / "state", KEYS, Snapshot(NOW, NOW, NOW, usual=week))
    with pytest.raises(SealedFileError, match="holds what no agent wrote"):
        read_state(tmp_path / "state", KEYS)


def test_a_caller_is_forgotten_wherever_it_stands_and_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "state"
    calls = {"a": CallNote(NUMBER, "t"), "b": CallNote(OTHER, "t"), "c": CallNote("", "t")}
    kept = Snapshot(
        NOW,
        NOW,
        NOW,
        {
            f"number||4/600\x1f{OTHER}": (NOW,),
            f"number||4/600\x1f{NUMBER}9": (NOW,),
            "prefix||60/600\x1f+1651555": (NOW,),
        },
        callers={OTHER: Standing(NOW)},
        calls={name: calls[name] for name in "bc"},
        usual=UsualWeek("UTC", [2.0] * QUARTERS, NOW, whole=True, came=7),
        crowds=KeptCrowds({"wnew": Crowd(NOW)}, {"p+1651555": Crowd(NOW)}, Crowd(NOW)),
    )
    counters = dict(kept.counters)
    both = replace(kept, counters=counters, known={NUMBER: Standing(NOW)}, calls=calls)
    counters[f"number||4/600\x1f{NUMBER}"] = (NOW,)
    counters[f"number+did||4/600\x1f{NUMBER}\x1f100"] = (NOW,)
    counters[f"number||4/600\x1fwithheld:{NUMBER}"] = (NOW,)
    write_state(path, KEYS, both)
    assert forget_in_state(path, KEYS, NUMBER) == 5
    read = read_state(path, KEYS)
    assert found(read) == found(kept)
    assert list(read.calls) == ["b", "c"]
    assert forget_in_state(path, KEYS, NUMBER) == 0


def test_forgetting_where_no_file_is_forgets_nothing(tmp_path: Path) -> None:
    assert forget_in_state(tmp_path / "state", KEYS, NUMBER) == 0


def test_a_file_of_before_there_were_blocks_is_read(tmp_path: Path) -> None:
    names = [[NUMBER, OTHER], ["trunk-a", ""]]
    numbers = struct.pack("<12d", *range(1, 13))
    moments = {"counters_at": NOW, "callers_at": NOW, "calls_at": NOW}
    chunk = json.dumps(["known", 6, names]).encode() + b"\n" + numbers
    write_sealed(
        tmp_path / "state", KEYS, iter([json.dumps(moments).encode(), zlib.compress(chunk)])
    )
    assert read_state(tmp_path / "state", KEYS).known == {
        NUMBER: Standing(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, blocked_until=0.0, trunk="trunk-a"),
        OTHER: Standing(7.0, 8.0, 9.0, 10.0, 11.0, 12.0, blocked_until=0.0, trunk=""),
    }


@pytest.mark.parametrize("width", [0, 5, 8])
def test_callers_of_any_other_width_are_refused(tmp_path: Path, width: int) -> None:
    moments = {"counters_at": NOW, "callers_at": NOW, "calls_at": NOW}
    head = json.dumps(["callers", width, [[NUMBER], [""]]]).encode()
    chunk = head + b"\n" + struct.pack(f"<{width}d", *range(width))
    write_sealed(
        tmp_path / "state", KEYS, iter([json.dumps(moments).encode(), zlib.compress(chunk)])
    )
    with pytest.raises(SealedFileError, match="holds what no agent wrote"):
        read_state(tmp_path / "state", KEYS)
