"""The site at a moment, for `explain` and the status: open or closed, its load, what is usual."""

from datetime import datetime

from screener.core.call import Load
from screener.core.engine import Engine
from screener.core.hours import MOST_DAYS
from screener.core.usual import QUARTER_S
from screener.service.describe import Described


def describe_site(engine: Engine, now: float) -> Described:
    """Return it as JSON-safe data; moments are on the site's own clock.

    `opens` only where it is closed; `usual_calls` a quarter-hour, 0 where that is not known,
    only where it is learned.
    """
    hours, usual = engine.hours, engine.usual
    told: Described = {"state": "open" if hours.is_open(now) else "closed"}
    if told["state"] == "closed":
        opens = hours.next_opening(now)
        told["opens"] = (
            f"not in the next {MOST_DAYS} days"
            if opens is None
            else datetime.fromtimestamp(opens, hours.zone).strftime("%a %Y-%m-%d %H:%M %Z")
        )
    if usual is not None:
        told["usual_calls"] = round(usual.per_s(now) * QUARTER_S, 1)
    return told


def describe_admission(engine: Engine) -> Described:
    """Return, JSON-safe, the cap on calls a second (0: none) and who was turned away above it."""
    return {"cap": engine.admission.cap, "turned_away": engine.admission.turned_away}


def describe_pressure(engine: Engine, load: Load, now: float) -> Described:
    """Return, JSON-safe, the pressure of the load and of recent arrivals, from 0 (calm) to 1."""
    pressure = engine.pressure(load, now)
    parts = {"queue": pressure.queue, "channels": pressure.channels, "arrivals": pressure.arrivals}
    return {
        "level": pressure.level.value,
        "value": round(pressure.value, 3),
        **{name: round(part, 3) for name, part in parts.items()},
    }
