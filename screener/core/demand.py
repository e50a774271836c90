"""How many calls of people there are just now, and which crowds are far above their share of them.

Looked at anew about once a second, as it goes through all crowds but those of prefixes. The
crowds that swelled least tell the demand (`swelling`). What the joint crowds (who, attestation,
trunk) leave unexplained of a swollen `who` falls on all its callers: so an attack that spreads
over many small crowds is seen before each of them shows it.
"""

from collections.abc import Iterable

from screener.core.crowd import KNOWN, NEW, Crowd
from screener.core.records import record
from screener.core.settings import CrowdSettings
from screener.core.swelling import (
    BELIEF,
    LEAST_EXPECTED,
    People,
    Share,
    excess,
    expected,
    log_odds,
    people_of,
)
from screener.core.worth import leniency

BY_WHO, BY_ATTESTATION, BY_TRUNK = "w", "a", "t"
JOINT, BY_DID, BY_PREFIX = "j", "d", "p"
SIDES = (BY_WHO, BY_ATTESTATION, BY_TRUNK)
"""Each of these ways to part the calls parts all of them."""

PRIOR_CALLS = 30.0
PRIOR_KNOWN = 0.40
_PRIOR_WHO = {BY_WHO + "withheld": 0.04, BY_WHO + "anonymous": 0.02, BY_WHO + "absent": 0.01}
"""How calls part before any were seen, and for how many calls that stands (assumed)."""
_PRIOR_OTHER = 0.005
_OF_KNOWN, _OF_NEW = BY_WHO + KNOWN, BY_WHO + NEW
_PRIOR_REST = 0.90
"""Of known and new callers together."""


@record
class Doubt:
    """How much likelier than usual a crowd's calls are unwanted, and people's share in them."""

    points: float = 0.0
    people: float = 1.0

    def outweighs(self, other: "Doubt") -> bool:
        """Say whether it is the greater doubt; of equals the one with more people counts more."""
        if self.points != other.points:
            return self.points > other.points
        return self.people > other.people


NO_DOUBT = Doubt()

_FEW_KNOWN = 0.1
"""Below this share of known callers they do not tell the demand."""


@record
class Belief:
    """What is believed before calls were seen: calls a second, the most of them, known's share."""

    per_s: float
    most_per_s: float
    known: float


@record
class Demand:
    """The calls of people in both windows as of `at`; what swells, each crowd with its doubt.

    `swollen_per_s` are the calls of people in all crowds that swell, `flood_per_s` all calls in
    them, 1/s.
    """

    at: float
    fast: People
    slow: People
    usual_calls: float
    known: float
    swollen: dict[str, Doubt]
    swollen_per_s: float
    flood_per_s: float


def key_of(kind: str, *parts: str) -> str:
    """Return the key of a crowd."""
    # No part holds a control character (`call.inert`): keys cannot collide.
    return kind + "\x1f".join(parts)


def who_in(key: str) -> str:
    """Return what is known of the callers of a crowd, from its key."""
    return key[1:].split("\x1f", 1)[0]


def prior_of(key: str, settings: CrowdSettings) -> float:
    """Return the log-odds that usually speak for the callers of a crowd."""
    return settings.odds_known if who_in(key) == KNOWN else settings.odds


def share_of(key: str, crowd: Crowd, calls: float, usual_calls: float, known: float) -> Share:
    """Return a crowd's part in all calls, `usual_calls` of which taught what is usual.

    `known` is the share of known callers that is believed in before any calls were seen.
    """
    usual = crowd.usual
    if key[0] == BY_WHO:
        usual += PRIOR_CALLS * _prior_share(key, known)
    return Share(calls, usual / (usual_calls + PRIOR_CALLS), usual)


def _prior_share(of_who: str, known: float) -> float:
    if of_who == _OF_KNOWN:
        return known
    return _PRIOR_REST - known if of_who == _OF_NEW else _PRIOR_WHO.get(of_who, _PRIOR_OTHER)


def doubt_of(  # noqa: PLR0917 - all are of one crowd
    one: Share,
    slow: Share,
    demand: Demand,
    key: str,
    settings: CrowdSettings,
    lenient: float = 1.0,
) -> Doubt:
    """Return the doubt about a crowd from its part in the calls of both windows.

    It may bring `lenient` times the calls that are usual.
    """
    if lenient > 1.0:
        one = Share(one.calls, one.usual * lenient, one.taught_by)
        slow = Share(slow.calls, slow.usual * lenient, slow.taught_by)
    usual = expected(one, demand.fast)
    if one.calls <= settings.still * usual:
        return NO_DOUBT  # also where it swelled lately: what is past is no reason for doubt
    prior, found = prior_of(key, settings), NO_DOUBT
    over = excess(one, demand.fast, settings.sure)
    if over > 0.0:
        found = Doubt(log_odds(over, usual) + prior, min(usual / one.calls, 1.0))
    over = excess(slow, demand.slow, settings.sure)
    if over > 0.0:
        usual = expected(slow, demand.slow)
        points = log_odds(over, usual) + prior
        if points > found.points:
            found = Doubt(points, min(usual / slow.calls, 1.0))
    return found


def look_around(
    few: dict[str, Crowd],
    all_usual: float,
    believed: Belief,
    settings: CrowdSettings,
    now: float,
) -> Demand:
    """Estimate the demand from all crowds and from what is believed before any was seen."""
    known, per_s = believed.known, believed.per_s
    taught = all_usual >= settings.least_taught
    sides: dict[str, list[tuple[str, Crowd]]] = {side: [] for side in SIDES}
    for entry in few.items():
        ours = sides.get(entry[0][0])
        if ours is not None:
            ours.append(entry)
    fast, slow = [], []
    for side in SIDES if taught else (BY_WHO,):
        of_fast = [share_of(key, crowd, crowd.fast, all_usual, known) for key, crowd in sides[side]]
        of_slow = [
            Share(crowd.slow, share.usual, share.taught_by)
            for share, (_, crowd) in zip(of_fast, sides[side], strict=True)
        ]
        fast.append(people_of(of_fast, per_s * settings.fast))
        slow.append(people_of(of_slow, per_s * settings.slow))
    if not taught and known < _FEW_KNOWN:
        # Nothing tells people from machines yet but what the operators can take.
        fast.append(People(believed.most_per_s * settings.fast, BELIEF))
        slow.append(People(believed.most_per_s * settings.slow, BELIEF))
    fewest, fewest_slow = _fewest(fast), _fewest(slow)
    demand = Demand(now, fewest, fewest_slow, all_usual, known, {}, 0.0, 0.0)
    swollen = _doubted(few, demand, settings) if taught else {}
    people = _total(
        expected(share_of(key, few[key], few[key].slow, all_usual, known), demand.slow)
        for key in swollen
    )
    of_who = _unexplained(few, swollen, demand, settings)
    people += _total(doubt_people for _, doubt_people in of_who.values())
    flood = _total(few[key].fast for key in swollen)
    for key in of_who:
        explained = _total(few[one].fast for one in swollen if who_in(one) == key[1:])
        flood += few[key].fast - explained
    return Demand(
        *(now, fewest, fewest_slow, all_usual, known),
        swollen | {key: doubt for key, (doubt, _) in of_who.items()},
        people / settings.slow,
        flood / settings.fast,
    )


def _fewest(found: list[People]) -> People:
    """Return the estimate of the fewest calls, of equals that which is told by the fewest."""
    least = found[0]
    for one in found:
        if one.calls < least.calls or (one.calls == least.calls and one.told_by < least.told_by):
            least = one
    return least


def _total(parts: Iterable[float]) -> float:
    """Return the sum, a float also of no parts: compiled code holds a name to one type."""
    return sum(parts, 0.0)


def _doubted(few: dict[str, Crowd], demand: Demand, settings: CrowdSettings) -> dict[str, Doubt]:
    """Return the doubt about each joint crowd that there is doubt about."""
    found = {}
    # Most crowds are as usual, and this is all that is reckoned for them.
    by_usual = settings.still * demand.fast.calls / (demand.usual_calls + PRIOR_CALLS)
    least = settings.still * LEAST_EXPECTED
    for key, crowd in few.items():
        if crowd.fast <= least or crowd.fast <= by_usual * crowd.usual or key[0] != JOINT:
            continue
        one = share_of(key, crowd, crowd.fast, demand.usual_calls, demand.known)
        lenient = leniency(crowd.asked, crowd.passed)
        slow = Share(crowd.slow, one.usual, one.taught_by)
        doubt = doubt_of(one, slow, demand, key, settings, lenient)
        if doubt.points > 0.0:
            found[key] = doubt
    return found


def _unexplained(
    few: dict[str, Crowd], swollen: dict[str, Doubt], demand: Demand, settings: CrowdSettings
) -> dict[str, tuple[Doubt, float]]:
    """Return the doubt about each `who` that its swollen joint crowds leave, and its people."""
    found = {}
    # The known are protected: how many of them call usually must be learned, or believed.
    unsure = demand.usual_calls < settings.least_taught and demand.known < _FEW_KNOWN
    for key, crowd in few.items():
        if key[0] != BY_WHO or (key[1:] == KNOWN and unsure):
            continue
        one = share_of(key, crowd, crowd.fast, demand.usual_calls, demand.known)
        fast, slow, usual = crowd.fast, crowd.slow, one.usual
        for joint in swollen:
            if who_in(joint) == key[1:]:
                its = few[joint]
                fast -= its.fast
                slow -= its.slow
                usual -= share_of(joint, its, 0.0, demand.usual_calls, demand.known).usual
        left = Share(max(fast, 0.0), max(usual, 0.0), one.taught_by)
        lately = Share(max(slow, 0.0), left.usual, left.taught_by)
        doubt = doubt_of(left, lately, demand, key, settings)
        if doubt.points > 0.0:
            found[key] = doubt, expected(left, demand.slow)
    return found
