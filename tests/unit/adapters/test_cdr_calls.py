from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from screener.adapters.call_files import CallFile
from screener.adapters.cdr_calls import CdrCalls
from screener.adapters.line_problems import LineProblems
from screener.adapters.wall_clock import WallClock
from screener.core.outcome import Event
from screener.core.past_call import PastLeg
from screener.errors import ScreenerError
from tests.unit.call_records import PERSON, START, a_leg, cdr_line, wall


def read(
    folder: Path, text: str, *contexts: str, zone: str = "UTC", since: float | None = None
) -> tuple[list[PastLeg], CdrCalls]:
    path = folder / "Master.csv"
    path.write_text(text)
    with CallFile(path) as file:
        calls = CdrCalls(
            file, WallClock(ZoneInfo(zone)), LineProblems(path), contexts=contexts, since=since
        )
        return list(calls.legs()), calls


def test_an_inbound_call_is_read(tmp_path: Path) -> None:
    legs, _ = read(tmp_path, cdr_line())
    assert legs == [a_leg(f"{START}.7")]


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (cdr_line(), Event.ANSWERED),
        (cdr_line(dstchannel=""), Event.ABANDONED),
        (cdr_line(dstchannel="", lastapp="VoiceMail"), Event.ABANDONED),
        (cdr_line(disposition="NO ANSWER"), Event.ABANDONED),
        (cdr_line(disposition="BUSY", lastapp="Dial"), None),
        (cdr_line(disposition="FAILED", lastapp="Congestion"), None),
    ],
)
def test_what_became_of_a_leg(tmp_path: Path, line: str, event: Event | None) -> None:
    ((leg,), _) = read(tmp_path, line)
    assert leg.event is event


@pytest.mark.parametrize(
    ("channel", "trunk"),
    [
        ("PJSIP/trunk-a-0000001a", "trunk-a"),
        ("SIP/provider-00000012", "provider"),
        ("SIP/192.0.2.7-00000012", "192.0.2.7"),
        ("IAX2/peer-123", "peer"),
        ("DAHDI/i1/6515550142-3", "i1"),
        ("DAHDI/1-1", "1"),
        ("no channel", ""),
        ("", ""),
        ("PJSIP/a\x1b[2Jb-0000001a", "a?[2Jb"),
    ],
)
def test_the_trunk_is_the_endpoint_of_the_channel(tmp_path: Path, channel: str, trunk: str) -> None:
    ((leg,), _) = read(tmp_path, cdr_line(channel=channel))
    assert leg.trunk == trunk


def test_a_number_never_stands_as_the_trunk(tmp_path: Path) -> None:
    line = cdr_line(channel=f"SIP/{PERSON}-0000001a")
    ((leg,), _) = read(tmp_path, line, "from-trunk")
    assert leg.trunk == ""


@pytest.mark.parametrize(
    ("src", "clid", "number", "withheld"),
    [
        ("anonymous", "", "anonymous", False),
        ("", '"" <>', "", False),
        ("", f'"Ann" <{PERSON}>', PERSON, False),
        (PERSON, f'"Anonymous" <{PERSON}>', PERSON, True),
        (PERSON, f"Private <{PERSON}>", PERSON, True),
        (PERSON, f'"Unknown" <{PERSON}>', PERSON, False),
        ("9" * 999, "", "9" * 256, False),
    ],
)
def test_who_called_is_told_by_the_number_and_the_name_beside_it(
    tmp_path: Path, src: str, clid: str, number: str, withheld: bool
) -> None:
    ((leg,), _) = read(tmp_path, cdr_line(src=src, clid=clid))
    assert (leg.number, leg.withheld) == (number, withheld)


@pytest.mark.parametrize(
    ("dst", "did"),
    [
        ("+16515392200", "+16515392200"),
        ("600", "600"),
        ("s", ""),
        ("h", ""),
        ("*97", ""),
        ("=1+1", ""),
    ],
)
def test_what_was_dialled_is_kept_where_it_is_a_number(tmp_path: Path, dst: str, did: str) -> None:
    ((leg,), _) = read(tmp_path, cdr_line(dst=dst))
    assert leg.did == did


def test_only_calls_from_outside_are_taken_and_the_others_counted(tmp_path: Path) -> None:
    text = (
        cdr_line()
        + cdr_line(dcontext="from-internal") * 2
        + cdr_line(channel="Local/201@from-queue-0000001;1")
        + cdr_line(dcontext="ext-queues", src="201", channel="PJSIP/201-0000001b")
        + cdr_line(dcontext="from-trunk-pjsip-provider")
    )
    legs, calls = read(tmp_path, text)
    assert len(legs) == 2
    assert calls.other_contexts == {"from-internal": 2}
    assert calls.telephones == 2
    assert calls.records == 6


def test_contexts_that_are_named_are_the_only_ones(tmp_path: Path) -> None:
    legs, calls = read(tmp_path, cdr_line() + cdr_line(dcontext="kunden"), "kunden", "partner")
    assert len(legs) == 1
    assert calls.other_contexts == {"from-trunk": 1}


def test_where_no_record_is_inbound_the_contexts_are_listed(tmp_path: Path) -> None:
    text = cdr_line(dcontext="kunden") * 3 + cdr_line(dcontext="b\x1b[2Jad")
    with pytest.raises(ScreenerError) as refused:
        read(tmp_path, text)
    assert "say with --context" in str(refused.value)
    assert str(refused.value).endswith("\n  kunden: 3\n  b?[2Jad: 1")


def test_older_ones_are_left_out_and_counted(tmp_path: Path) -> None:
    legs, calls = read(tmp_path, cdr_line() + cdr_line(START + 10), since=START + 5.0)
    assert [leg.at for leg in legs] == [START + 10]
    assert calls.older == 1


def test_without_a_unique_id_the_same_call_has_the_same_key(tmp_path: Path) -> None:
    text = cdr_line(more=()) * 2 + cdr_line(START + 1, more=())
    legs, _ = read(tmp_path, text)
    assert legs[0].key == legs[1].key
    assert legs[0].key < legs[2].key
    assert PERSON not in legs[0].key
    assert legs[0].uniqueid == ""


def test_times_of_another_zone_are_found_out_by_the_unique_ids(tmp_path: Path) -> None:
    text = "".join(cdr_line(START + second) for second in range(20))
    with pytest.raises(ScreenerError, match=r"times of 20 calls lie 1 h before .* --timezone"):
        read(tmp_path, text, zone="Europe/Berlin")
    with pytest.raises(ScreenerError, match=r"lie 6 h after"):
        read(tmp_path, text, zone="America/Chicago")


def test_a_few_records_that_began_later_are_no_other_zone(tmp_path: Path) -> None:
    text = "".join(cdr_line(START + second) for second in range(20))
    forked = cdr_line(START, start=wall(START + 1_800), more=(f"{START}.7",))
    legs, _ = read(tmp_path, text + forked)
    assert len(legs) == 21


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no records"),
        ("\n", "holds no records"),
        (cdr_line(start="2023-02-30 10:00:00"), "Master.csv:1:1: the start is no moment"),
        (cdr_line() + "x,y\n", "Master.csv:2:1: 2 columns"),
        (cdr_line() + "x" * 70_000 + "\n", "Master.csv:2:1: the line is longer than 65536 bytes"),
        ("\0" * 1_000 + "\n", "1 columns that are not those of a CDR"),
    ],
)
def test_a_file_with_anything_wrong_is_refused_at_its_end(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(ScreenerError) as refused:
        read(tmp_path, text)
    assert said in str(refused.value)


def test_a_record_that_ends_within_quotes_is_one_that_is_still_written(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    path.write_text(cdr_line() + '"","+1651\n')
    with CallFile(path) as file:
        calls = CdrCalls(file, WallClock(ZoneInfo("UTC")), LineProblems(path))
        assert len(list(calls.legs())) == 1
        assert file.unfinished
