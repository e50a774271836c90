"""The two secret keys of a site, in a file of their own: made at first start, refused if exposed.

Whoever has this file can find and read every number in the log; whoever has only the database
can do neither. The file says in which way pseudonyms are made, and that never changes: a caller
must be found by the name of years ago. What the keys are used for is left to `pseudonyms` and
`sealing`.
"""

import base64
import binascii
import json
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from screener.errors import ScreenerError

KEY_BYTES = 32
_LARGEST_FILE = 4_096
_ID_BYTES = 4
_LONGEST_WORD = 40


class Way(StrEnum):
    """How pseudonyms are made with their key."""

    HMAC_SHA256 = "hmac-sha-256"
    """RFC 2104 over FIPS 180-4: of files without a word."""
    BLAKE2B = "blake2b"
    """RFC 7693, keyed: in half the time. Of files made from now on."""


_FIELDS = {Way.HMAC_SHA256: "pseudonym", Way.BLAKE2B: "pseudonym_key"}
"""What the key is called in the file. A program from before there was a choice looks for the first
one, and refuses a file whose pseudonyms it would make in another way."""


@dataclass(frozen=True, slots=True)
class Keys:
    """`key_id` names the pair in every row; `pseudonym` is for pseudonyms, `seal` for AES-256."""

    key_id: str
    pseudonym: bytes = field(repr=False)
    seal: bytes = field(repr=False)
    way: Way = field(default=Way.HMAC_SHA256, repr=False)


def load_or_make_keys(path: Path) -> Keys:
    """Return the keys of the file, made now where there is none.

    Raises ScreenerError where the file is not this user's alone or holds no keys, and OSError
    where it can neither be read nor made.
    """
    try:
        return load_keys(path)
    except FileNotFoundError:
        _make(path)
        return load_keys(path)


def load_keys(path: Path) -> Keys:
    """Return the keys of the file; raises as `load_or_make_keys`, OSError where there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if path.is_symlink():
            raise ScreenerError(f"{path} is a link: name the key file itself") from error
        raise
    try:
        _refuse_exposed(path, os.fstat(descriptor))
        return _parse(path, os.read(descriptor, _LARGEST_FILE))
    finally:
        os.close(descriptor)


def _refuse_exposed(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ScreenerError(f"{path} is no regular file: the keys need one of their own")
    if status.st_uid != os.geteuid():
        raise ScreenerError(
            f"{path} belongs to user {status.st_uid}, not to user {os.geteuid()} who runs this: "
            f"chown {os.geteuid()} it"
        )
    if status.st_mode & 0o077:
        raise ScreenerError(
            f"{path} has mode {stat.S_IMODE(status.st_mode):04o}: others could read the keys; "
            "chmod 600 it"
        )


def _parse(path: Path, content: bytes) -> Keys:
    try:
        held = json.loads(content)
        way = _way(path, held)
        keys = Keys(
            str(held["key_id"]),
            base64.b64decode(held[_FIELDS[way]], validate=True),
            base64.b64decode(held["seal"], validate=True),
            way,
        )
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        keys = None
    if keys is None or len(keys.pseudonym) != KEY_BYTES or len(keys.seal) != KEY_BYTES:
        # The cause is not chained: a decoder's message can quote what it could not read.
        raise ScreenerError(f"{path} holds no keys: restore it, or remove it to begin anew")
    return keys


def _way(path: Path, held: dict[str, object]) -> Way:
    told = held.get("pseudonyms", Way.HMAC_SHA256)
    if not isinstance(told, str):
        raise TypeError("no word")
    try:
        return Way(told)
    except ValueError:
        raise ScreenerError(
            f"{path} asks for pseudonyms made by {told[:_LONGEST_WORD]!r}, which this version "
            "cannot make: run the version that made it, or a later one"
        ) from None


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = {
        "key_id": secrets.token_hex(_ID_BYTES),
        "pseudonyms": Way.BLAKE2B.value,
        _FIELDS[Way.BLAKE2B]: base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode(),
        "seal": base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode(),
    }
    draft = path.with_name(f"{path.name}.{secrets.token_hex(_ID_BYTES)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(json.dumps(content).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        # A link never replaces: of two agents that start at once, both use the first one's keys.
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
