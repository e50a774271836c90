"""The ARI wire, outbound: each request that we make, as its method, path and body.

What goes into one is a channel's id that Asterisk gave or a word of ours; both are checked once
more here, so that no request can become another. Replies are read by `ari`, sent by
`adapters.ari_link`.
"""

import json
import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote, urlencode

from screener.errors import LocalProtocolError
from screener.protocol.ari import CHANNEL, EVENT_TYPES

_WORD = re.compile(r"[A-Za-z0-9_-]{1,80}")
_SOUND = re.compile(r"[A-Za-z0-9_-]{1,40}(/[A-Za-z0-9_-]{1,40}){0,3}")


class Request(NamedTuple):
    """One request: its method, its path with the query, quoted, and its JSON body if any."""

    method: str
    target: str
    body: bytes = b""


def events_target(app: str) -> str:
    """Return the path of the event stream, which registers the application."""
    return f"/ari/events?{urlencode({'app': _word(app), 'subscribeAll': 'false'})}"


def ask_events(app: str) -> Request:
    """Have Asterisk send the events of ours and no others."""
    allowed = [{"type": one} for one in EVENT_TYPES]
    body = json.dumps({"allowed": allowed}).encode()
    return Request("PUT", f"/ari/applications/{_word(app)}/eventFilter", body)


def look_for(part: str) -> Request:
    """Ask whether a part of the interface is there, such as `channels`; 404 where it is not."""
    return Request("OPTIONS", f"/ari/{_word(part)}")


def list_channels(app: str) -> Request:
    """Ask which channels the application holds; read by `read_channels`."""
    return Request("GET", f"/ari/applications/{_word(app)}")


def list_sounds() -> Request:
    """Ask which sounds there are, in all languages; read by `read_sounds`."""
    return Request("GET", "/ari/sounds")


def get_variable(channel: str, name: str) -> Request:
    """Ask for a channel's variable; read by `read_variable`."""
    return _on_channel("GET", channel, "variable", variable=_word(name))


def answer(channel: str) -> Request:
    """Answer the call."""
    return _on_channel("POST", channel, "answer")


def ring(channel: str) -> Request:
    """Let the caller hear a ringing tone."""
    return _on_channel("POST", channel, "ring")


def stop_ring(channel: str) -> Request:
    """End the ringing tone; no error where there is none."""
    return _on_channel("DELETE", channel, "ring")


def music(channel: str) -> Request:
    """Let the caller hear music on hold."""
    return _on_channel("POST", channel, "moh")


def stop_music(channel: str) -> Request:
    """End the music; no error where there is none."""
    return _on_channel("DELETE", channel, "moh")


def play(channel: str, playback: str, sounds: Iterable[str]) -> Request:
    """Play sounds one after another, in the channel's language, under a name of ours."""
    media = ",".join(f"sound:{_sound(name)}" for name in sounds)
    return _on_channel("POST", channel, "play", media=media, playbackId=_channel(playback))


def stop_playing(playback: str) -> Request:
    """End what plays under a name of ours; 404 where it is over."""
    return Request("DELETE", f"/ari/playbacks/{quote(_channel(playback), safe='')}")


def leave(channel: str, context: str, extension: str) -> Request:
    """Send the call back into the dialplan; comes after whatever plays."""
    place = {"context": _word(context), "extension": _word(extension), "priority": "1"}
    return _on_channel("POST", channel, "continue", **place)


def _on_channel(method: str, channel: str, what: str, **query: str) -> Request:
    target = f"/ari/channels/{quote(_channel(channel), safe='')}/{what}"
    return Request(method, f"{target}?{urlencode(query, safe=':,/')}" if query else target)


def _channel(name: str) -> str:
    return _checked(CHANNEL, name, "a channel or a playback")


def _word(name: str) -> str:
    return _checked(_WORD, name, "an application, a variable, a context or an extension")


def _sound(name: str) -> str:
    return _checked(_SOUND, name, "a sound")


def _checked(pattern: re.Pattern[str], name: str, what: str) -> str:
    if not pattern.fullmatch(name):
        raise LocalProtocolError(f"what was to name {what} does not")
    return name
