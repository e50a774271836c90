"""A decision in the words of the decision stream, for its wire and for the simulator alike.

The stream has fewer words than the dialplan (`service.answer`): of a drop only whether to come
again, of a challenge one priority, and another for who does not pass but stays on the line.
"""

from screener.core.decision import Decision
from screener.core.settings import Action, Treatment
from screener.sim.model import Ruling

_CHALLENGE = Action.CHALLENGE
_DROP, _BUSY, _REFUSE = Action.DROP, Treatment.BUSY, Treatment.REFUSE
"""Looked up once: a member of an enumeration by its name takes 0.15 us in Python 3.11."""


def ruling_of(decision: Decision) -> Ruling:
    """Return what the other side is told to do with the call.

    A refusal with an announcement is told as a plain one: the stream has no word for it.
    """
    verdict = decision.verdict
    treatment = None
    if verdict.action is _DROP:
        treatment = _BUSY if verdict.treatment is _BUSY else _REFUSE
    asked = verdict.action is _CHALLENGE
    return Ruling(
        verdict.action,
        verdict.once_passed if asked else verdict.priority,
        treatment,
        0 if asked and verdict.no_key else None,
        verdict.reasons[0],
    )
