"""The incidents of a site: those that the running agent knows, and those kept from runs before.

What an incident's words are is left to `service.incidents`, how it is shown to who asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from screener.adapters.control_client import ask
from screener.config.load import Config
from screener.errors import MissingPartError
from screener.service.incidents import MOST_TOLD
from screener.storage.incident_book import INCIDENT_FILE, IncidentBook

Incident = Mapping[str, object]

_LATEST = 253_402_300_799.0
"""The last second of the year 9999; a later moment is none (time.gmtime)."""


@dataclass(frozen=True, slots=True)
class Known:
    """Incidents, newest first; `away` says why no agent told of its own, empty where one did."""

    incidents: tuple[Incident, ...]
    away: str = ""


def known_incidents(config: Config, last: int = MOST_TOLD) -> Known:
    """Return at most `last` incidents; what the running agent tells of one counts.

    Of one that no agent watches to its end, `ended` is when it was last seen, and `cut` is true.
    Raises ScreenerError where the agent refuses, or what is kept cannot be read.
    """
    kept = IncidentBook(Path(config.storage.folder) / INCIDENT_FILE).read()
    away, told = "", []
    try:
        reply = ask(config.control.socket, {"op": "incidents", "last": last}).get("incidents")
        told = [one for one in reply if isinstance(one, dict)] if isinstance(reply, list) else []
    except MissingPartError as error:
        away = str(error)
    running = {one.get("id") for one in told}
    before = [_ended(one) for one in kept if one.get("id") not in running]
    found = sorted([*told, *before], key=_began, reverse=True)
    return Known(tuple(found[:last]), away)


def _ended(incident: Incident) -> Incident:
    if incident.get("ended") is not None:
        return incident
    return {**incident, "ended": incident.get("seen"), "cut": True}


def _began(incident: Incident) -> float:
    began = incident.get("began")
    return float(began) if isinstance(began, float | int) and 0 <= began <= _LATEST else 0.0
