"""What the tests of the engine share: a person, a good end of a call, a full trunk."""

from screener.core.call import Load
from screener.core.engine import Engine
from screener.core.outcome import Event, Outcome
from tests.builders import DAY, NOW

SERVED = Outcome(Event.ANSWERED, talk_s=90.0)
FULL_TRUNK = Load(queue_waiting=60, operators_logged_in=8, channels_in_use=46)
PERSON = "+16515550142"


def known(engine: Engine, number: str = PERSON) -> None:
    """Let a caller have been served on two days."""
    for days in (20, 6):
        engine.learn(number, SERVED, at=NOW - days * DAY)
