"""A file that is sealed as a whole: cut, mixed, reordered or changed, it is refused.

Each chunk is AES-256-GCM under a key made for this one file, with its place and whether it is
the last one as nonce (the STREAM construction: Hoang, Reyhanitabar, Rogaway and Vizar, 2015).
What stands in the chunks is left to `state_file`.
"""

import json
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from screener.errors import ScreenerError
from screener.storage.keys import KEY_BYTES, Keys

VERSION = 1
LARGEST_CHUNK = 16 * 1024 * 1024
"""Bytes; what claims to be larger was not written here."""

_LARGEST_HEADER = 512
_LENGTH_BYTES = 4
_PLACE_BYTES = 11
_FILE_ID_BYTES = 16
_KIND = "screener-state"


class SealedFileError(ScreenerError):
    """The file is not one that these keys sealed, or no longer a whole one."""


def write_sealed(path: Path, keys: Keys, chunks: Iterable[bytes]) -> int:
    """Put the chunks into the file, all or nothing, and return its size in bytes.

    What stood there stays until the new file is whole and on the disk. Raises OSError.
    """
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _write(file, keys, chunks)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    return size


def read_sealed(path: Path, keys: Keys) -> Iterator[bytes]:
    """Yield the chunks; believe none of them before the last has come without an error.

    Raises SealedFileError, and OSError where the file cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise SealedFileError(f"{path} is no regular file")
        header = file.readline(_LARGEST_HEADER)
        cipher = AESGCM(_key_of(path, header, keys))
        for place, sealed in enumerate(_frames(path, file)):
            for is_last in (False, True):
                with suppress(InvalidTag):
                    chunk = cipher.decrypt(_nonce(place, is_last=is_last), sealed, header)
                    break
            else:
                raise SealedFileError(f"{path} was changed, or is not of these keys")
            if is_last:
                if file.read(1):
                    raise SealedFileError(f"{path} goes on after its end")
                return
            yield chunk
    raise SealedFileError(f"{path} ends too early")


def _write(file: BinaryIO, keys: Keys, chunks: Iterable[bytes]) -> None:
    file_id = os.urandom(_FILE_ID_BYTES)
    told = {"kind": _KIND, "version": VERSION, "key_id": keys.key_id, "file": file_id.hex()}
    header = json.dumps(told).encode() + b"\n"
    cipher = AESGCM(_file_key(keys, file_id))
    file.write(header)
    place = 0
    for chunk in chunks:
        _put(file, cipher.encrypt(_nonce(place, is_last=False), chunk, header))
        place += 1
    _put(file, cipher.encrypt(_nonce(place, is_last=True), b"", header))


def _put(file: BinaryIO, sealed: bytes) -> None:
    file.write(len(sealed).to_bytes(_LENGTH_BYTES, "big"))
    file.write(sealed)


def _frames(path: Path, file: BinaryIO) -> Iterator[bytes]:
    while length := file.read(_LENGTH_BYTES):
        size = int.from_bytes(length, "big")
        if len(length) < _LENGTH_BYTES or size > LARGEST_CHUNK:
            raise SealedFileError(f"{path} ends in the middle, or was changed")
        sealed = file.read(size)
        if len(sealed) < size:
            raise SealedFileError(f"{path} ends in the middle, or was changed")
        yield sealed


def _key_of(path: Path, header: bytes, keys: Keys) -> bytes:
    try:
        told = json.loads(header)
        kind, version, key_id = told["kind"], told["version"], told["key_id"]
        file_id = bytes.fromhex(told["file"])
    except (ValueError, KeyError, TypeError):
        kind = version = key_id = None
        file_id = b""
    if kind != _KIND:
        raise SealedFileError(f"{path} is no state of an agent")
    if version != VERSION:
        raise SealedFileError(f"{path} is of another version; this program knows {VERSION}")
    if key_id != keys.key_id:
        raise SealedFileError(f"{path} is sealed with other keys than {keys.key_id}")
    return _file_key(keys, file_id)


def _file_key(keys: Keys, file_id: bytes) -> bytes:
    # A key of its own for every file: places can be nonces, and no chunk fits another file.
    return HKDF(SHA256(), KEY_BYTES, salt=file_id, info=_KIND.encode()).derive(keys.seal)


def _nonce(place: int, *, is_last: bool) -> bytes:
    return place.to_bytes(_PLACE_BYTES, "big") + bytes([is_last])


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
