import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import RemoteProtocolError
from screener.protocol.ari import (
    EVENT_TYPES,
    Entered,
    HungUp,
    Left,
    Played,
    Pressed,
    Replaced,
    read_channels,
    read_event,
    read_sounds,
    read_variable,
)

CHANNEL = "1795330146.1"
NUMBER = "+16515550142"
NAME = "Eve \r\n\x1b[31m\u202e"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def event(kind: str, channel: str = CHANNEL, **more: object) -> dict[str, object]:
    """Return an event as Asterisk 22 sends it, with what a caller says of itself."""
    of_caller = {"name": NAME, "number": NUMBER}
    place = {"context": "from-trunk", "exten": NUMBER, "priority": 2}
    return {
        "type": kind,
        "timestamp": "2026-11-22T06:49:06.972+0000",
        "channel": {
            "id": channel,
            "name": "PJSIP/trunk-00000001",
            "state": "Ring",
            "caller": of_caller,
            "connected": of_caller,
            "dialplan": place,
            "language": "en",
        },
        "application": "screener",
        **more,
    }


def playback(target: object = f"channel:{CHANNEL}", state: str = "done") -> dict[str, object]:
    return {"playback": {"id": "p-1", "target_uri": target, "state": state, "language": "en"}}


EVENTS = [
    (event("StasisStart", args=["0a1b2c"]), Entered(CHANNEL, "0a1b2c")),
    (event("StasisStart", args=[]), Entered(CHANNEL, "")),
    (event("StasisStart", args=["a b"]), Entered(CHANNEL, "")),
    (event("StasisStart", args=[7]), Entered(CHANNEL, "")),
    (event("StasisStart"), Entered(CHANNEL, "")),
    (event("ChannelDtmfReceived", digit="#"), Pressed(CHANNEL, "#")),
    (event("ChannelHangupRequest", cause=16), HungUp(CHANNEL)),
    (event("ChannelDestroyed", cause=16), HungUp(CHANNEL)),
    (event("StasisEnd"), Left(CHANNEL)),
    (event("PlaybackFinished") | playback(), Played(CHANNEL, "p-1", failed=False)),
    (event("PlaybackFinished") | playback(state="failed"), Played(CHANNEL, "p-1", failed=True)),
    ({"type": "ApplicationReplaced", "application": "screener"}, Replaced()),
    (event("ChannelVarset", value=NUMBER), None),
    ({"message": "no event at all"}, None),
    ({"type": ["StasisStart"]}, None),
]


@pytest.mark.parametrize(("sent", "read"), EVENTS)
def test_an_event_is_read_and_nothing_of_the_caller_kept(
    sent: dict[str, object], read: object
) -> None:
    text = json.dumps(sent)
    assert read_event(text) == read
    assert read_event(text.encode()) == read
    assert "5550142" not in repr(read)


@pytest.mark.parametrize(
    "broken",
    [
        *(
            event(kind, channel="")
            for kind in EVENT_TYPES
            if kind.startswith(("Stasis", "Channel"))
        ),
        event("StasisEnd", channel="../7"),
        event("StasisEnd", channel="1.2\n"),
        event("StasisEnd", channel="1" * 151),
        {"type": "StasisEnd", "channel": CHANNEL},
        {"type": "StasisStart"},
        event("ChannelDtmfReceived", digit="44"),
        event("ChannelDtmfReceived", digit=""),
        event("ChannelDtmfReceived", digit=4),
        event("ChannelDtmfReceived"),
        event("PlaybackFinished"),
        event("PlaybackFinished", playback={}),
        event("PlaybackFinished") | playback("bridge:1"),
        event("PlaybackFinished") | playback("channel:.."),
        event("PlaybackFinished") | playback(None),
    ],
)
def test_an_event_of_ours_without_what_it_must_hold_is_refused(broken: object) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        read_event(json.dumps(broken))
    assert "5550142" not in str(caught.value)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"7", b"\xff", b"{}{}", b"[" * 60_000, "nul"])
def test_what_is_no_json_object_is_refused(text: bytes | str) -> None:
    with pytest.raises(RemoteProtocolError):
        read_event(text)


def test_an_event_that_was_cut_anywhere_is_refused() -> None:
    whole = json.dumps(event("StasisStart", args=["0a1b2c"]))
    for end in range(len(whole)):
        with pytest.raises(RemoteProtocolError):
            read_event(whole[:end])


@given(
    JSON, st.sampled_from(EVENT_TYPES), st.sampled_from(["channel", "playback", "digit", "args"])
)
def test_whatever_json_comes_it_is_read_or_refused(value: object, kind: str, key: str) -> None:
    for sent in (value, event(kind) | {key: value}, event(kind) | {"channel": {"id": value}}):
        try:
            read_event(json.dumps(sent))
        except RemoteProtocolError:
            continue


@given(JSON)
def test_whatever_reply_comes_it_is_read_or_refused(value: object) -> None:
    sent = json.dumps(value).encode()
    for read in (read_channels, read_variable, read_sounds):
        try:
            read(sent)
        except RemoteProtocolError:
            continue


def test_the_channels_of_an_application_are_those_with_an_id_of_our_grammar() -> None:
    told = {"name": "screener", "channel_ids": [CHANNEL, "host-17.2", "", "../x", 7, None]}
    assert read_channels(json.dumps(told).encode()) == (CHANNEL, "host-17.2")


@pytest.mark.parametrize(
    ("value", "read"),
    [("0a1b2c", "0a1b2c"), ("", ""), ("a b", ""), ("a" * 65, ""), (None, ""), (7, "")],
)
def test_a_variable_holds_a_call_id_or_none(value: object, read: str) -> None:
    assert read_variable(json.dumps({"value": value}).encode()) == read


def test_sounds_are_told_by_language() -> None:
    listed = [
        {"id": "digits/4", "formats": [{"language": "en", "format": "gsm"}]},
        {
            "id": "vm-press",
            "formats": [
                {"language": "en", "format": "gsm"},
                {"language": "en", "format": "wav"},
                {"language": "de", "format": "gsm"},
            ],
        },
    ]
    assert read_sounds(json.dumps(listed).encode()) == {
        "en": {"digits/4", "vm-press"},
        "de": {"vm-press"},
    }


@pytest.mark.parametrize("text", [b"{}", b"[7]", b'[{"id":"x"}]', b'[{"formats":[{}]}]', b"7"])
def test_a_misshaped_list_of_sounds_is_refused_or_empty(text: bytes) -> None:
    if text == b"{}":
        assert read_sounds(text) == {}
        return
    with pytest.raises(RemoteProtocolError):
        read_sounds(text)
