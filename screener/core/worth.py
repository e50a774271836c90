"""What a passed challenge, and a call again after a busy tone, tell in a crowd under attack.

Both are worth the logarithm of how much more often people do it than this attack's machines do.
How often those do is learned from the crowd itself: what people are expected to do is taken away
from what was seen (`Crowd.asked`, `passed`, `busied`, `returned`). A person passes with
`PEOPLE_PASS` and calls again soon after a busy tone with `redial_share`; both are assumed.
"""

from math import log, sqrt

PEOPLE_PASS = 0.93
"""97 % of people pass in two tries, less those who hang up on it or cannot press keys."""
MOST = 9.0
"""Nobody is surer than 8,000 to 1 by one such piece of evidence."""

_LEAST_ASKED = 5.0
"""From so many challenges on a crowd may be shown to be people."""
MORE_PEOPLE = 3.0
MOST_PEOPLE = 0.9
"""How far the number of people in a crowd may be misjudged before its passes count as machines'."""

_MACHINES_PASS, _PASS_WEIGHT = 0.003, 6.0
_MACHINES_RETURN, _RETURN_WEIGHT = 0.10, 10.0
"""What is believed of machines before they were seen, and after how many of them half of it."""


def leniency(asked: float, passed: float) -> float:
    """Return how many times the calls that are usual a crowd may bring whose callers pass.

    1 where machines fail or nothing is known yet, up to `MORE_PEOPLE` where all pass as people do.
    """
    if asked < _LEAST_ASKED:
        return 1.0
    surely = (passed - sqrt(passed)) / asked
    return 1.0 + (MORE_PEOPLE - 1.0) * min(max((surely - 0.5) / 0.25, 0.0), 1.0)


def of_pass(asked: float, passed: float, people: float) -> float:
    """Return what a pass is worth where `people` is the share of people among those asked.

    There may be `MORE_PEOPLE` times as many of them as expected.
    """
    people = min(MORE_PEOPLE * people, MOST_PEOPLE)
    machines = asked * (1.0 - people)
    by_people = PEOPLE_PASS * asked * people
    return _worth(PEOPLE_PASS, passed - by_people, machines, _MACHINES_PASS, _PASS_WEIGHT)


def of_return(busied: float, returned: float, people: float, redial_share: float) -> float:
    """Return what calling again soon after a busy tone is worth, in the same way."""
    machines = busied * (1.0 - people)
    by_people = redial_share * busied * people
    return _worth(redial_share, returned - by_people, machines, _MACHINES_RETURN, _RETURN_WEIGHT)


def _worth(of_people: float, did: float, machines: float, before: float, weight: float) -> float:
    share = (max(did, 0.0) + before * weight) / (max(machines, 0.0) + weight)
    return min(max(log(of_people / share), 0.0), MOST)
