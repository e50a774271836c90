import json
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import LocalProtocolError
from screener.protocol import ari_requests as ari
from screener.protocol.ari import CHANNEL, EVENT_TYPES

CHANNELS = st.from_regex(CHANNEL, fullmatch=True)


@pytest.mark.parametrize(
    ("request_", "method", "target"),
    [
        (ari.answer("17.2"), "POST", "/ari/channels/17.2/answer"),
        (ari.ring("17.2"), "POST", "/ari/channels/17.2/ring"),
        (ari.stop_ring("17.2"), "DELETE", "/ari/channels/17.2/ring"),
        (ari.music("17.2"), "POST", "/ari/channels/17.2/moh"),
        (ari.stop_music("17.2"), "DELETE", "/ari/channels/17.2/moh"),
        (
            ari.play("17.2", "ours-17.2", ("vm-press", "digits/4")),
            "POST",
            "/ari/channels/17.2/play?media=sound:vm-press,sound:digits/4&playbackId=ours-17.2",
        ),
        (ari.stop_playing("ours-17.2"), "DELETE", "/ari/playbacks/ours-17.2"),
        (
            ari.leave("17.2", "screener-captcha", "passed"),
            "POST",
            "/ari/channels/17.2/continue?context=screener-captcha&extension=passed&priority=1",
        ),
        (ari.look_for("channels"), "OPTIONS", "/ari/channels"),
        (ari.list_channels("screener"), "GET", "/ari/applications/screener"),
        (ari.list_sounds(), "GET", "/ari/sounds"),
        (
            ari.get_variable("17.2", "SCREENER_ID"),
            "GET",
            "/ari/channels/17.2/variable?variable=SCREENER_ID",
        ),
    ],
)
def test_a_request_as_asterisk_has_it(request_: ari.Request, method: str, target: str) -> None:
    assert (request_.method, request_.target, request_.body) == (method, target, b"")


def test_the_events_of_ours_and_no_others_are_asked_for() -> None:
    asked = ari.ask_events("screener")
    assert asked[:2] == ("PUT", "/ari/applications/screener/eventFilter")
    assert json.loads(asked.body) == {"allowed": [{"type": one} for one in EVENT_TYPES]}
    assert ari.events_target("screener") == "/ari/events?app=screener&subscribeAll=false"


@given(CHANNELS)
def test_a_channel_stays_one_part_of_the_path_and_no_part_of_the_query(channel: str) -> None:
    split = urlsplit(ari.play(channel, channel, ("vm-press",)).target)
    parts = split.path.split("/")
    assert parts[:3] == ["", "ari", "channels"]
    assert unquote(parts[3]) == channel
    assert parts[3] not in {".", ".."}
    assert parts[4:] == ["play"]
    assert parse_qs(split.query) == {"media": ["sound:vm-press"], "playbackId": [channel]}


BAD = ["", ".", "..", "a/b", "a?b", "a b", "a\n", "a\0", "a#b", "a%2fb", "é", "a&b=c", "x" * 200]


@pytest.mark.parametrize("name", BAD)
def test_what_names_no_channel_goes_into_no_request(name: str) -> None:
    for make in (ari.answer, ari.stop_playing, ari.music):
        with pytest.raises(LocalProtocolError):
            make(name)


@pytest.mark.parametrize("name", [*BAD, "a,b", "sound:a", "../a", "/etc/passwd"])
def test_what_names_no_sound_context_or_application_goes_into_no_request(name: str) -> None:
    with pytest.raises(LocalProtocolError):
        ari.leave("17.2", name, "passed")
    with pytest.raises(LocalProtocolError):
        ari.leave("17.2", "screener-captcha", name)
    with pytest.raises(LocalProtocolError):
        ari.events_target(name)
    if name != "a/b":
        with pytest.raises(LocalProtocolError):
            ari.play("17.2", "p", (name,))
