"""The incidents that are kept when an agent ends: lines of JSON in a file of the storage folder.

The agent writes an incident down when it begins, while it goes on and when it is over; the last
line of an incident counts. No caller's number is kept, masked neither. What an incident is, and
how it is told, is `service.incidents`'.
"""

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

from screener.errors import ScreenerError

INCIDENT_FILE = "incidents.jsonl"
MOST_KEPT = 1_000
LINE_LIMIT = 65_536
"""Bytes of one incident; what is longer is not kept."""
SPARE_LINES = 200
"""Lines of incidents told anew, or forgotten, that the file may hold before it is written anew."""

Told = Mapping[str, object]

log = logging.getLogger("screener.incidents")


class IncidentBook:
    """The kept incidents of one storage folder; blocks while it reads and writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()

    def keep_or_tell(self, incident: Told) -> None:
        """Write down what is known of an incident now; where that fails, the log is told."""
        try:
            with self._lock:
                self.keep(incident)
        except ScreenerError as error:
            log.warning("INCIDENT-UNKEPT %s", error)

    def keep(self, incident: Told) -> None:
        """Write down what is known of an incident now; raises ScreenerError where that fails."""
        line = json.dumps(_without_numbers(incident), allow_nan=False, separators=(",", ":"))
        if len(line) >= LINE_LIMIT:
            return
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(handle, "ab") as file:
                file.write(_before(self._path) + line.encode() + b"\n")
            self._shorten()
        except OSError as error:
            raise ScreenerError(
                f"incidents cannot be kept in {self._path}: {error.strerror}"
            ) from None

    def read(self) -> list[dict[str, object]]:
        """Return the kept incidents, newest first; lines that are none are left out.

        Raises ScreenerError where the file cannot be read.
        """
        try:
            with self._path.open("rb") as file:
                return _newest_first(file.read())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ScreenerError(f"{self._path} cannot be read: {error.strerror}") from None

    def _shorten(self) -> None:
        """Write the file anew where it holds much that no longer counts."""
        data = self._path.read_bytes()
        kept = _newest_first(data)[:MOST_KEPT]
        if data.count(b"\n") <= len(kept) + SPARE_LINES:
            return
        fresh = self._path.with_suffix(".new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            for incident in reversed(kept):
                file.write(json.dumps(incident, separators=(",", ":")).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)


def _before(path: Path) -> bytes:
    """Return a line end where a killed agent left a line without one."""
    with path.open("rb") as file:
        if not file.seek(0, os.SEEK_END):
            return b""
        file.seek(-1, os.SEEK_END)
        return b"" if file.read(1) == b"\n" else b"\n"


def _newest_first(data: bytes) -> list[dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for line in data.split(b"\n"):
        incident = _read(line)
        if incident is not None:
            found[str(incident["id"])] = incident
    return sorted(found.values(), key=_began, reverse=True)


def _read(line: bytes) -> dict[str, object] | None:
    if not line or len(line) > LINE_LIMIT:
        return None
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return None
    is_one = isinstance(told, dict) and isinstance(told.get("id"), str)
    return told if is_one and isinstance(told.get("began"), float | int) else None


def _began(incident: Told) -> float:
    began = incident["began"]
    return began if isinstance(began, float | int) else 0.0


def _without_numbers(incident: Told) -> Told:
    marks = incident.get("marks")
    if not isinstance(marks, list):
        return incident
    kept = [one for one in marks if not (isinstance(one, Mapping) and one.get("kind") == "number")]
    return {**incident, "marks": kept}
