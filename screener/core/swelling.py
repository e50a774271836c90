"""How far a crowd is above its share of the calls, and how likely one of its calls is unwanted.

The share of a crowd is compared, not its size: a rush of people swells all crowds alike, an
attack those that it chose. How many calls of people there are just now is told by the crowds
that swelled least (`people_of`). The odds that a call is unwanted are those of the excess to what
is expected, less what chance alone does. Points are log-odds, as everywhere.
"""

from collections.abc import Iterable
from math import log, sqrt

from screener.core.records import record

UNTOUCHED = 0.35
"""The crowds that swelled least tell the demand, as many as usually make this share of calls."""
LEAST_UNTOUCHED = 0.12
"""Fewer do where the next ones are far above them."""
FAR_ABOVE = 2.0
_CHOSEN = 2.0
"""How much less sure the demand is for being told by the least: chance chose those."""
LEAST_EXPECTED = 0.5
"""Calls that any crowd may bring in a window, whatever is usual."""


@record
class People:
    """How many calls of people there are in a window, and from how many calls that is told."""

    calls: float
    told_by: float


@record
class Share:
    """A crowd's calls in a window, its usual share of all, and the calls that taught that."""

    calls: float
    usual: float
    taught_by: float


BELIEF = 3.0
"""For so many calls stands what is believed of the demand before any is seen."""


def people_of(shares: Iterable[Share], believed: float) -> People:
    """Return how many calls of people there are in all, from crowds that together are all calls.

    `believed` is how many calls the window is expected to bring where nothing was seen yet.
    """
    known = [one for one in shares if one.usual > 0.0]
    known.sort(key=lambda one: one.calls / one.usual)
    calls = told = 0.0
    for one in known:
        far = one.calls * told > FAR_ABOVE * calls * one.usual
        if told >= UNTOUCHED or (told >= LEAST_UNTOUCHED and far):
            break
        calls += one.calls
        told += one.usual
    # Where more was seen than was believed, the belief stands for what was seen.
    most = max(believed, BELIEF, calls / told if told else 0.0)
    calls += BELIEF
    return People((calls + sqrt(calls)) / (told + BELIEF / most), calls)


def expected(one: Share, people: People) -> float:
    """Return how many calls of people a crowd is expected to bring in the window."""
    return max(people.calls * one.usual, LEAST_EXPECTED)


def excess(one: Share, people: People, sure: float) -> float:
    """Return how many calls of a crowd are more than people and chance explain; 0 where none.

    `sure` is how many standard deviations chance is allowed: of the crowd's own calls (Poisson),
    of what tells the demand, and of what taught the usual share.
    """
    usual = expected(one, people)
    over = one.calls - usual
    if over <= 0.0:
        return 0.0
    variance = usual + usual * usual * (
        _CHOSEN / max(people.told_by, 1.0) + 1.0 / max(one.taught_by, 1.0)
    )
    return max(over - sure * sqrt(variance), 0.0)


def log_odds(unwanted: float, wanted: float) -> float:
    """Return the logarithm of the odds of so many unwanted to so many wanted calls."""
    return log(max(unwanted, 1e-9) / max(wanted, 1e-9))
