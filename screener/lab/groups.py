"""Who calls in a trial: groups of people and of machines, each with its numbers and its pace.

Pure and seeded: the same seed gives the same callers. Playing them over SIP is left to `play`,
what came of them is counted by `watch`.
"""

import random
from dataclasses import dataclass

DAY = 86_400.0
AREA_CODES = ("218", "320", "507", "612", "651", "763", "952")


@dataclass(frozen=True, slots=True)
class Caller:
    """One call to come: the caller's number and how many seconds it would talk."""

    number: str
    talk_s: float


@dataclass(frozen=True, slots=True)
class Group:
    """Calls of one kind: `rate` a second from `start` to `stop`, both shares of the trial.

    `key` marks the calls on the wire (in the SIP Call-ID). `listens` says whether its callers
    hear a captcha's digits and press them; `unwanted` whether these are not people.
    """

    key: str
    title: str
    rate: float
    start: float
    stop: float
    callers: tuple[Caller, ...]
    listens: bool = False
    unwanted: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """A whole trial: the groups, and the history that makes some callers known beforehand."""

    groups: tuple[Group, ...]
    history: tuple[dict[str, object], ...]


def mixed_trial(seconds: float, now: float, seed: int = 2016) -> Trial:
    """Return a trial of people with and without history, redialling people and two floods."""
    rng = random.Random(seed)  # noqa: S311 - a trial wants the same callers each time, no secret
    known = _numbers(rng, 40)
    redialling = _numbers(rng, max(int(seconds / 8), 1))

    def group(key: str, title: str, rate: float, span: tuple[float, float]) -> Group:
        count = max(int(rate * seconds * (span[1] - span[0])), 1)
        pools = {
            "known": known,
            "new": _numbers(rng, count),
            "redial": redialling,
            "one": _numbers(rng, 1),
            "random": _numbers(rng, count, unallocated=0.3),
        }
        pool, unwanted = pools[key], key in {"one", "random"}
        callers = tuple(
            Caller(pool[place % len(pool)], rng.uniform(2.0, 6.0)) for place in range(count)
        )
        return Group(key, title, rate, *span, callers, not unwanted, unwanted)

    return Trial(
        groups=(
            group("known", "people with history", 0.8, (0.0, 1.0)),
            group("new", "people without history", 0.3, (0.0, 1.0)),
            group("redial", "people who redial", 0.4, (0.2, 0.95)),
            group("one", "flood from one number", 4.0, (0.15, 0.8)),
            group("random", "flood of random numbers", 8.0, (0.25, 0.8)),
        ),
        history=tuple(_history(known, now)),
    )


def _numbers(rng: random.Random, count: int, *, unallocated: float = 0.0) -> list[str]:
    """Draw numbers of the region; a share of them such as no one can have (area code 0xx)."""
    drawn = []
    for _ in range(count):
        area = f"0{rng.randrange(10, 99)}" if rng.random() < unallocated else rng.choice(AREA_CODES)
        drawn.append(f"+1{area}{rng.randrange(2_000_000, 9_999_999)}")
    return drawn


def _history(numbers: list[str], now: float) -> list[dict[str, object]]:
    """Say that each number was served twice in the last months, a fortnight apart."""
    return [
        {"caller": number, "at": now - days * DAY, "outcome": "answered", "talk_s": 120.0}
        for days in (20, 6)
        for number in numbers
    ]
