"""The grammar of an AGI environment: what passes, what is the peer's fault, what the caller's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import RemoteProtocolError
from screener.protocol.agi_environment import (
    HEADER_LIMIT,
    Environment,
    EnvironmentReader,
    MalformedCaller,
    TrustedPrefix,
    _Judge,
    _read_plain,
)
from tests.bench.environments import environment
from tests.unit.protocol.mutations import cut, mutated

LINES = (
    b"agi_network: yes",
    b"agi_network_script: screen",
    b"agi_request: agi://127.0.0.1:4591/screen",
    b"agi_channel: PJSIP/trunk-00000001",
    b"agi_language: en",
    b"agi_type: PJSIP",
    b"agi_uniqueid: 1700000000.1",
    b"agi_version: 22.10.1",
    b"agi_callerid: 15551230001",
    b"agi_calleridname: Ann: Lee",
    b"agi_callingpres: 0",
    b"agi_callingani2: 0",
    b"agi_callington: 0",
    b"agi_callingtns: 0",
    b"agi_dnid: unknown",
    b"agi_rdnis: unknown",
    b"agi_context: screener",
    b"agi_extension: s",
    b"agi_priority: 9",
    b"agi_enhanced: 0.0",
    b"agi_accountcode: ",
    b"agi_threadid: 140203611498176",
    b"agi_arg_1: num=15551230001",
)
PREFIX = TrustedPrefix("screen", "PJSIP/trunk-00000001", "1700000000.1")
CALLER_AT = 8
ARGUMENT_AT = len(LINES) - 1


def wire(lines: tuple[bytes, ...] | list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines) + b"\n"


def replaced(position: int, *lines: bytes) -> bytes:
    return wire([*LINES[:position], *lines, *LINES[position + 1 :]])


def outcome(pieces: list[bytes]) -> Environment | MalformedCaller | str | None:
    """Feed the pieces until something comes; the peer's fault as its text."""
    reader = EnvironmentReader()
    for piece in pieces:
        try:
            event = reader.receive(piece)
        except RemoteProtocolError as error:
            return str(error)
        if event is not None:
            return event
    return None


def one_by_one(stream: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in stream]


def why(stream: bytes) -> str:
    event = outcome([stream])
    assert isinstance(event, MalformedCaller)
    assert event.prefix == PREFIX
    return event.why


def test_a_whole_environment_passes() -> None:
    assert outcome([wire(LINES)]) == Environment(PREFIX, b"15551230001", (b"num=15551230001",))


def test_the_script_may_be_missing_and_loses_a_leading_slash() -> None:
    without = outcome([wire([*LINES[:1], *LINES[2:]])])
    assert isinstance(without, Environment)
    assert without.prefix.script == ""
    slashed = outcome([replaced(1, b"agi_network_script: /screen")])
    assert isinstance(slashed, Environment)
    assert slashed.prefix.script == "screen"


def test_arguments_are_numbered_and_last() -> None:
    event = outcome([wire([*LINES, b"agi_arg_2: ", b"agi_arg_3: x: y"])])
    assert isinstance(event, Environment)
    assert event.arguments == (b"num=15551230001", b"", b"x: y")
    assert why(replaced(ARGUMENT_AT, b"agi_arg_2: x")) == (
        "line 23 of the environment is not agi_arg_1"
    )
    assert why(wire([*LINES, b"agi_arg_1: again"])) == "line 24 of the environment is not agi_arg_2"
    assert why(wire([*LINES, b"agi_threadid: 1"])) == "line 24 of the environment is not agi_arg_2"


@pytest.mark.parametrize("position", range(ARGUMENT_AT))
def test_any_line_that_is_missing_repeated_or_other_breaks_the_grammar(position: int) -> None:
    key = LINES[position].partition(b":")[0]
    broken = [
        replaced(position, LINES[position], LINES[position]),
        replaced(position, b"X" + LINES[position]),
        replaced(position, key + b":"),
        replaced(position, b"", LINES[position]),
        replaced(position, LINES[position] + b"\r"),
        replaced(position, LINES[position] + b"\0"),
    ]
    if position != 1:  # the script is the one line that may be missing
        broken.append(replaced(position))
    for stream in broken:
        event = outcome([stream])
        late = isinstance(event, MalformedCaller)
        assert late or isinstance(event, str)
        # A repeated line shows where the next one should stand.
        shows_at = position + 1 if stream is broken[0] else position
        assert late == (shows_at >= CALLER_AT)
        assert outcome(one_by_one(stream)) == event


def test_the_end_may_not_come_early() -> None:
    assert why(wire(LINES[:12])) == "line 13 of the environment is not agi_callington"
    assert outcome([wire(LINES[:4])]) == "line 5 of the environment is not agi_language"


def test_limits_are_exact() -> None:
    head = b"agi_calleridname: "
    assert isinstance(outcome([replaced(9, head + b"a" * (1_000 - len(head)))]), Environment)
    assert why(replaced(9, head + b"a" * (1_001 - len(head)))) == (
        "agi_calleridname is longer than 1000 bytes"
    )
    arg = b"agi_arg_1: "
    fits = replaced(ARGUMENT_AT, arg + b"a" * (4_096 - len(arg)))
    assert isinstance(outcome([fits]), Environment)
    over = replaced(ARGUMENT_AT, arg + b"a" * (4_097 - len(arg)))
    assert why(over) == "a line is longer than 4096 bytes"


def test_the_whole_is_limited_in_bytes_and_in_lines() -> None:
    many = [b"agi_arg_%d: x" % n for n in range(1, 60)]
    base = list(LINES[:-1])
    assert isinstance(outcome([wire(base + many[:41])]), Environment)
    assert why(wire(base + many[:42])) == "the environment has more than 64 lines"
    wide = [b"agi_arg_%d: " % n + b"x" * 3_800 for n in range(1, 4)]
    assert why(wire(base + wide)) == "the environment is longer than 8192 bytes"
    assert why(wire(base + wide) + b"y" * 300_000) == "the environment is longer than 8192 bytes"


def test_bytes_behind_the_end_are_kept_for_the_next_codec() -> None:
    reader = EnvironmentReader()
    assert isinstance(reader.receive(wire(LINES) + b"HANG"), Environment)
    assert reader.take_rest() == b"HANG"


def test_no_cut_makes_an_environment_of_a_part() -> None:
    stream = wire(LINES)
    for size in range(len(stream)):
        assert outcome([stream[:size]]) is None
        assert outcome(one_by_one(stream[:size])) is None


def test_a_reader_knows_whether_anything_came() -> None:
    reader = EnvironmentReader()
    assert not reader.started
    reader.receive(b"a")
    assert reader.started
    reader.receive(b"gi_network: yes\n")
    assert reader.started


def test_bytes_that_are_not_text_are_legible_in_the_prefix_and_raw_in_the_number() -> None:
    event = outcome([replaced(3, b"agi_channel: PJSIP/\xff-1")])
    assert isinstance(event, Environment)
    assert event.prefix.channel == "PJSIP/\\xff-1"
    event = outcome([replaced(8, b"agi_callerid: \xff\x1b")])
    assert isinstance(event, Environment)
    assert event.caller_number == b"\xff\x1b"


def test_what_is_no_environment_is_refused_at_its_first_byte() -> None:
    assert outcome([b"G"]) == "line 1 of the environment is not agi_network"
    assert outcome(one_by_one(b"agi_network\r: yes")) == outcome([b"G"])
    assert outcome([b"\n"]) == outcome([b"G"])


@given(
    st.lists(st.binary(max_size=30), min_size=len(LINES), max_size=len(LINES)),
    st.sampled_from(["with a script", "without"]),
)
def test_the_quick_reading_and_the_judge_agree(values: list[bytes], script: str) -> None:
    lines = [
        line.partition(b": ")[0] + b": " + value for line, value in zip(LINES, values, strict=True)
    ]
    stream = wire(lines if script == "with a script" else [lines[0], *lines[2:]])
    quick = _read_plain(stream)
    broken = any(c in value for value in values for c in (b"\n", b"\r", b"\0"))
    prefix = (values[1], values[3], values[6])
    if script == "with a script" and not broken and all(value.isascii() for value in prefix):
        assert quick is not None
    if quick is not None:
        assert _Judge().read(stream) == quick


def with_care(stream: bytes) -> Environment | MalformedCaller | str | None:
    """Judge what has come, as a whole and line by line: all that is quicker must do the same."""
    start = b"agi_network: "
    if stream[: len(start)] != start[: len(stream)]:
        return "line 1 of the environment is not agi_network"
    end = stream.find(b"\n\n", 0, HEADER_LIMIT)
    if end < 0 and len(stream) <= HEADER_LIMIT:
        return None
    try:
        return _Judge().read(stream[: end + 2] if end >= 0 else stream[: HEADER_LIMIT + 1])
    except RemoteProtocolError as error:
        return str(error)


AS_SENT = (environment(1), environment(234_567), wire(LINES))


@given(st.sampled_from(AS_SENT).flatmap(mutated), st.data())
def test_what_is_changed_anywhere_and_cut_anywhere_is_read_as_with_care(
    stream: bytes, data: st.DataObject
) -> None:
    told = with_care(stream)
    assert outcome([stream]) == told
    assert outcome(data.draw(cut(stream))) == told
    # Whatever was read meanwhile, what Asterisk sends is read as before, and quickly.
    for sent in AS_SENT:
        assert _read_plain(sent) == with_care(sent)


@given(st.sampled_from(AS_SENT).flatmap(mutated), st.binary(max_size=20))
def test_what_comes_after_the_end_changes_nothing_and_is_kept(stream: bytes, more: bytes) -> None:
    reader = EnvironmentReader()
    try:
        event = reader.receive(stream + more)
    except RemoteProtocolError:
        return
    if isinstance(event, Environment):
        end = (stream + more).find(b"\n\n") + 2
        assert event == with_care((stream + more)[:end])
        assert reader.take_rest() == (stream + more)[end:]


@given(st.integers(0, 3), st.sampled_from([900, 978, 979, 980, 981, 982, 983, 984, 1_000]))
def test_a_line_of_any_length_is_judged_alike_however_the_last_ones_were(
    which: int, size: int
) -> None:
    assert isinstance(outcome([wire(LINES)]), Environment)
    at = (1, 3, 9, 20)[which]
    line = LINES[at].partition(b": ")[0] + b": " + b"x" * size
    stream = replaced(at, line)
    assert outcome([stream]) == with_care(stream)


hostile = st.one_of(
    st.binary(max_size=80),
    st.lists(st.sampled_from([*LINES, b"", b"HANGUP", b"200 result=0"]), max_size=40).map(wire),
)


@given(st.integers(0, len(LINES)), hostile, st.data())
def test_hostile_bytes_anywhere_end_in_one_of_our_events_however_they_are_cut(
    position: int, bytes_in: bytes, data: st.DataObject
) -> None:
    stream = b"".join(line + b"\n" for line in LINES[:position]) + bytes_in + wire(LINES[position:])
    cut = data.draw(st.integers(0, len(stream)))
    whole = outcome([stream])
    assert outcome([stream[:cut], stream[cut:]]) == whole
    assert outcome(one_by_one(stream)) == whole


@given(st.integers(CALLER_AT, ARGUMENT_AT - 2), st.text(max_size=60))
def test_a_line_break_in_caller_data_never_passes(position: int, injected: str) -> None:
    line = LINES[position] + b"\n" + injected.encode()
    assert isinstance(outcome([replaced(position, line)]), MalformedCaller | None)
