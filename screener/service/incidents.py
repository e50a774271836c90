"""Incidents told: lines in the log when one begins, while it goes on and when it is over.

`step` is called time and again, whether or not calls come; the engine's watch says what is.
The same description is what commands and other programs get over the control socket.
"""

import logging
from collections.abc import Callable, Iterable, Mapping

from screener.core.engine import Engine
from screener.core.incident import Incident, Ruled
from screener.core.incident_watch import IncidentWatch
from screener.core.incident_words import Mark, deeds_of, marks_of
from screener.core.outcome import ENDS_OF_CHALLENGE
from screener.core.settings import SEVERITY, Mode
from screener.errors import ScreenerError
from screener.ports import Clock
from screener.service.describe import Described

log = logging.getLogger("screener.incidents")

GOES_ON_S = 300.0
"""How often a lasting incident is told again, seconds."""
MOST_TOLD = 1_000

_CHALLENGES = sorted(event.value for event in ENDS_OF_CHALLENGE)
_FIGURES = ("calls", "unwanted", "peak_per_minute")


class Incidents:
    """Tells of the incidents that an engine's watch sees; `engine` returns the one in force.

    `keep` is given what is known of an incident, JSON-safe, whenever the log is told of it; `seen`
    in it is when. It must not wait.
    """

    def __init__(
        self,
        engine: Callable[[], Engine],
        clock: Clock,
        keep: Callable[[Described], None] = lambda _incident: None,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._keep = keep
        self._told: Incident | None = None
        self._told_at = 0.0

    def step(self) -> None:
        """Let time pass, and log what is new."""
        now, watch = self._clock(), self._watch()
        if self._told is not None and self._told is not watch.active:
            log.warning("INCIDENT-ENDED %s", self._line(self._told, now))
            self._keep(self.as_seen(self._told))
            self._told = None
        if watch.active is None:
            return
        if self._told is None:
            self._told, self._told_at = watch.active, now
            log.warning("INCIDENT-BEGAN %s", self._line(watch.active, now))
            self._keep(self.as_seen(watch.active))
        elif now - self._told_at >= GOES_ON_S:
            self._told_at = now
            log.warning("INCIDENT-GOES-ON %s", self._line(watch.active, now))
            self._keep(self.as_seen(watch.active))

    def snapshot(self) -> Described:
        """Return what is under way, JSON-safe, for the status."""
        watch = self._watch()
        begun: Described = {"since_start": watch.begun}
        if watch.active is None:
            return {"state": "none", **begun}
        told = self._describe(watch.active)
        return {
            "state": "active",
            **{name: told[name] for name in ("id", "began", *_FIGURES)},
            "excess_per_s": round(watch.excess_per_s(self._clock()), 3),
            "marks": "; ".join(map(str, self._marks(watch.active))),
            "done": "; ".join(self._deeds(watch.active)),
            **begun,
        }

    @property
    def under_way(self) -> Incident | None:
        """Return the incident that was told to have begun and not to have ended."""
        return self._told

    def as_seen(self, incident: Incident) -> Described:
        """Return what is known of it now, as it is kept."""
        return {**self._describe(incident), "seen": round(self._clock(), 3)}

    def told(self, last: int | None = None) -> list[Described]:
        """Return the incidents of this run, JSON-safe, newest first; at most `last` of them."""
        watch = self._watch()
        known = [*watch.recent, *([watch.active] if watch.active else [])][::-1]
        return [self._describe(incident) for incident in known[:last]]

    def answer(self, request: Mapping[str, object]) -> Described:
        """Answer who asks over the control socket; raises ScreenerError where `last` is none."""
        last = request.get("last")
        if last is not None and (type(last) is not int or not 1 <= last <= MOST_TOLD):
            raise ScreenerError(f"incidents: last must be a whole number, 1 to {MOST_TOLD}")
        return {"incidents": self.told(last if isinstance(last, int) else None)}

    def _watch(self) -> IncidentWatch:
        """Return the watch as of now."""
        watch = self._engine().incidents
        watch.pass_time(self._clock())
        return watch

    def _describe(self, incident: Incident) -> Described:
        return {
            "id": incident.name,
            "began": round(incident.began, 3),
            "ended": None if incident.ended is None else round(incident.ended, 3),
            "calls": incident.calls,
            "unwanted": round(incident.unwanted),
            "limited": incident.limited,
            "peak_per_minute": incident.peak,
            "verdicts": {one.value: incident.ruled.get(one, 0) for one in Ruled},
            "would": {one.value: incident.would.get(one, 0) for one in SEVERITY},
            "challenges": {name: incident.challenges.get(name, 0) for name in _CHALLENGES},
            "marks": [
                {**one._asdict(), "share": round(one.share, 3)} for one in self._marks(incident)
            ],
            "done": list(self._deeds(incident)),
        }

    def _line(self, incident: Incident, now: float) -> "_Line":
        told = self._describe(incident)
        watch = self._engine().incidents
        told["excess_per_s"] = round(watch.excess_per_s(now), 3)
        marks = "; ".join(map(str, self._marks(incident)))
        return _Line(told, marks, "; ".join(self._deeds(incident)))

    def _marks(self, incident: Incident) -> tuple[Mark, ...]:
        return marks_of(incident, self._engine().plan.prefix_tail)

    def _deeds(self, incident: Incident) -> tuple[str, ...]:
        observing = self._engine().settings.mode is not Mode.ENFORCE
        return deeds_of(incident, observing=observing)


class _Line:
    """What a line says: as text, and, where machines read the log, as the fields of it."""

    def __init__(self, fields: Described, marks: str, done: str) -> None:
        self.fields = fields
        self._marks, self._done = marks, done

    def __str__(self) -> str:
        """Return the figures as `name=value`, the words in quotes."""
        told, lasted = self.fields, ""
        began, ended = told["began"], told["ended"]
        if isinstance(began, float) and isinstance(ended, float):
            lasted = f" lasted_s={ended - began:.0f}"
        figures = " ".join(f"{name}={told[name]}" for name in (*_FIGURES, "excess_per_s"))
        ruled = " ".join(f"{name}={count}" for name, count in _counts(told["verdicts"]))
        ends = " ".join(f"{name}={count}" for name, count in _counts(told["challenges"]))
        return (
            f"id={told['id']}{lasted} {figures} {ruled} {ends} "
            f'marks="{_quoted(self._marks)}" done="{_quoted(self._done)}"'
        )


def _counts(value: object) -> Iterable[tuple[str, object]]:
    return value.items() if isinstance(value, dict) else ()


def _quoted(text: str) -> str:
    return text.replace('"', "_") or "-"
