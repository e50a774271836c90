"""The live page's cards: each figure as words, with a meter where there is a most of it.

Pure: from what the hub knows. What the words stand in is `live_cards.html`'s.
"""

from dataclasses import dataclass

from screener.config.load import Config
from screener.core.incident import Ruled
from screener.core.settings import Action, Level
from screener.web.charts import RULED_WORDS, class_of
from screener.web.hub import RATE_S, Snapshot

UNKNOWN = "not known"
MINUTE_S, HOUR_S = 60, 3600

_DONE = {Action.CHALLENGE: (Ruled.CHALLENGE,), Action.DROP: (Ruled.BUSY, Ruled.REFUSE)}
"""What is done where a call is challenged, or dropped."""

LEVELS = {
    Level.CALM: "almost all callers are let in",
    Level.RISING: "unknown callers are challenged",
    Level.FULL: "places go to the best scores first",
}


@dataclass(frozen=True, slots=True)
class Meter:
    """How much of something is taken: from `much` on it is much, from `too_much` on too much."""

    label: str
    value: float
    most: float
    much: float
    too_much: float


@dataclass(frozen=True, slots=True)
class Card:
    """One figure: what it is, its value, more words about it, a colour's class, a meter."""

    name: str
    value: str
    more: str = ""
    kind: str = ""
    meter: Meter | None = None


def cards(snapshot: Snapshot, config: Config) -> list[Card]:
    """Return the cards, the calls' first."""
    return [*_call_cards(snapshot), *_site_cards(snapshot, config), *_agent_cards(snapshot)]


def _call_cards(snapshot: Snapshot) -> list[Card]:
    last = snapshot.last
    if last.calls is None:
        return [Card("Calls a second", UNKNOWN, "no agent told of calls in the last 10 s")]
    would = ", ".join(
        f"{action} {last.per_s(action):.1f}"
        for action in (Action.CHALLENGE, Action.DROP)
        if last.per_s(action) != sum(last.per_s(one) for one in _DONE[action])
    )
    more = f"over {RATE_S} s" + (f"; enforcing would {would}" if would else "")
    total = last.calls.total / last.seconds
    return [
        Card("Calls a second", f"{total:.1f}", more),
        *(
            Card(f"{word.capitalize()}, a second", f"{last.per_s(kind):.1f}", kind=class_of(kind))
            for kind, word in RULED_WORDS.items()
        ),
    ]


def _site_cards(snapshot: Snapshot, config: Config) -> list[Card]:
    status = snapshot.status
    if status is None:
        return []
    queue, channels = status.queue, config.settings.site.channels
    wait = "" if queue.longest_wait_s is None else f"longest wait {span(queue.longest_wait_s)}"
    told = [
        Card(
            "Waiting for an operator",
            UNKNOWN if snapshot.waiting is None else f"{snapshot.waiting}",
            wait or (f"the queues are not seen: {queue.why}" if queue.state == "stale" else ""),
        )
    ]
    if queue.busy is not None:
        told.append(_share("Operators busy", queue.busy, queue.logged_in or 0, 0.95))
    if snapshot.channels is not None:
        told.append(_share("Channels in use", snapshot.channels, channels, 0.8))
    if status.taken is not None and status.places is not None:
        told.append(_share("Captcha lane", status.taken, status.places, 0.85))
    marks = config.settings.pressure
    parts = ", ".join(f"{name} {value:.2f}" for name, value in status.parts.items() if value)
    told.append(
        Card(
            "Pressure",
            status.level,
            LEVELS[status.level] + (f" (by {parts})" if parts else ""),
            {Level.RISING: "challenge", Level.FULL: "drop"}.get(status.level, ""),
            Meter("Pressure", status.pressure, 1.0, marks.rising_at, marks.full_at),
        )
    )
    return told


def _share(name: str, taken: int, most: int, much: float) -> Card:
    value = f"{taken} of {most}"
    whole = max(most, 1)
    return Card(name, value, meter=Meter(f"{name}: {value}", taken, whole, much * whole, whole))


def _agent_cards(snapshot: Snapshot) -> list[Card]:
    told = []
    calls = snapshot.minute.calls
    half, worst = (calls.latency_ms(0.5), calls.latency_ms(0.99)) if calls else (None, None)
    if half is not None and worst is not None:
        more = f"half of the last minute's; 99 of 100 within {worst:.2g} ms"
        told.append(Card("Verdict within", f"{half:.2g} ms", more))
    status = snapshot.status
    if status and status.faults:
        told.append(
            Card("Let through after a fault", f"{status.faults}", "since its start", "challenge")
        )
    if status and status.not_recorded:
        told.append(Card("Calls not recorded", f"{status.not_recorded}", "see its log", "drop"))
    return told


def span(seconds: float) -> str:
    """Return a time in words: `40 s`, `5 min 20 s`, `1 h 5 min`."""
    whole = int(seconds)
    if whole < MINUTE_S:
        return f"{whole} s"
    if whole < HOUR_S:
        return f"{whole // MINUTE_S} min" + (f" {whole % MINUTE_S} s" if whole % MINUTE_S else "")
    return f"{whole // HOUR_S} h" + (
        f" {whole % HOUR_S // MINUTE_S} min" if whole % HOUR_S >= MINUTE_S else ""
    )
