"""The ARI wire, inbound: JSON events into a few frozen ones of ours, and what replies tell.

An event holds what a caller says of itself (number, name, called extension): none of it is kept,
only what Asterisk itself gave, and that by a strict grammar. JSON frames safely whatever a caller
writes into it. Requests are `ari_requests`'; hearing and sending are left to `adapters.ari_link`.
"""

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from screener.errors import RemoteProtocolError

EVENT_LIMIT = 65_536
"""Bytes of one event; Asterisk's own stay below 2,000 (caller data is cut at 79 bytes a field)."""

REPLY_LIMIT = 4_194_304
"""Bytes of one reply; the largest lists all sounds of all languages (38 KB for one, measured)."""

CHANNEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@:+-]{0,149}")
_CALL = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_KEYS = frozenset("0123456789*#ABCD")


class Entered(NamedTuple):
    """A channel came into the application; `call_id` is empty where none of ours was given."""

    channel: str
    call_id: str


class Pressed(NamedTuple):
    """A caller pressed a key (and let it go): one of 0-9, *, #, A-D."""

    channel: str
    key: str


class Played(NamedTuple):
    """What was played on a channel is over; `failed` if none of it could be."""

    channel: str
    playback: str
    failed: bool


class HungUp(NamedTuple):
    """The caller is gone."""

    channel: str


class Left(NamedTuple):
    """The channel is no longer in the application: gone, continued, or taken back."""

    channel: str


class Replaced(NamedTuple):
    """Somebody else registered under the application's name: no more events will come."""


Event = Entered | Pressed | Played | HungUp | Left | Replaced


def read_event(data: bytes | str) -> Event | None:
    """Return an event of ours, or None for one that is none of those.

    Raises:
        RemoteProtocolError: No JSON object, or one of ours without what it must hold.
    """
    event = _object(data)
    kind = event.get("type")
    read = _READERS.get(kind) if isinstance(kind, str) else None
    return read(event) if read else None


def read_channels(data: bytes) -> tuple[str, ...]:
    """Return the channels that an application holds, those with an id of our grammar."""
    channels = _object(data).get("channel_ids")
    if not isinstance(channels, list):
        raise RemoteProtocolError("an application tells no channels")
    return tuple(one for one in channels if isinstance(one, str) and CHANNEL.fullmatch(one))


def read_variable(data: bytes) -> str:
    """Return the call id that a channel's variable holds, empty where it holds none."""
    return _call_id([_object(data).get("value")])


def read_sounds(data: bytes) -> dict[str, frozenset[str]]:
    """Return the names of the sounds that there are, by language."""
    found: dict[str, set[str]] = {}
    try:
        for sound in _json(data):
            for one in sound["formats"]:
                found.setdefault(str(one["language"]), set()).add(str(sound["id"]))
    except (TypeError, KeyError) as error:
        raise RemoteProtocolError("a list of sounds is misshaped") from error
    return {language: frozenset(names) for language, names in found.items()}


def _json(data: bytes | str) -> Any:  # noqa: ANN401 - whatever it is, its reader looks
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise RemoteProtocolError("what Asterisk sent is no JSON") from error


def _object(data: bytes | str) -> dict[str, Any]:
    found = _json(data)
    if not isinstance(found, dict):
        raise RemoteProtocolError("what Asterisk sent is no JSON object")
    return found


def _channel(event: dict[str, Any]) -> str:
    channel = event.get("channel")
    found = channel.get("id") if isinstance(channel, dict) else None
    if not isinstance(found, str) or not CHANNEL.fullmatch(found):
        raise RemoteProtocolError("an event's channel has no id that could be one")
    return found


def _call_id(args: object) -> str:
    first = args[0] if isinstance(args, list) and args else None
    return first if isinstance(first, str) and _CALL.fullmatch(first) else ""


def _pressed(event: dict[str, Any]) -> Pressed:
    key = event.get("digit")
    if not isinstance(key, str) or key not in _KEYS:
        raise RemoteProtocolError("a key that no telephone has")
    return Pressed(_channel(event), key)


def _played(event: dict[str, Any]) -> Played:
    playback = event.get("playback")
    if isinstance(playback, dict):
        target, name = playback.get("target_uri"), playback.get("id")
        if isinstance(target, str) and isinstance(name, str) and CHANNEL.fullmatch(name):
            kind, _, channel = target.partition(":")
            if kind == "channel" and CHANNEL.fullmatch(channel):
                return Played(channel, name, playback.get("state") == "failed")
    raise RemoteProtocolError("a playback without its name or channel")


_READERS: dict[str, Callable[[dict[str, Any]], Event]] = {
    "StasisStart": lambda event: Entered(_channel(event), _call_id(event.get("args"))),
    "StasisEnd": lambda event: Left(_channel(event)),
    "ChannelDtmfReceived": _pressed,
    "ChannelHangupRequest": lambda event: HungUp(_channel(event)),
    "ChannelDestroyed": lambda event: HungUp(_channel(event)),
    "PlaybackFinished": _played,
    "ApplicationReplaced": lambda _: Replaced(),
}

EVENT_TYPES = tuple(_READERS)
"""What Asterisk need send, by its own names."""
