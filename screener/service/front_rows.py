"""What a proxy in front refused, as one decision that stands for many calls of the same key.

Such a row has the reason `refused-in-front`, which block it was, and in the words of its one
signal how many calls it stands for. What was never asked (called number, load, of all but a denied
trunk the trunk) is empty.
"""

from screener.core.call import Attestation, Call, Load
from screener.core.decision import Decision
from screener.core.engine import Engine
from screener.core.front_key import is_prefix, masked_key, trunk_of
from screener.core.number import CallerClass, CallerId
from screener.core.policy import Verdict
from screener.core.score import Score
from screener.core.settings import Action, Treatment
from screener.core.signals import Signal
from screener.service.screening import new_call_id

IN_FRONT = "refused-in-front"


def row_of(engine: Engine, key: str, times: int, kind: str, now: float) -> Decision:
    """Return the decision that tells of `times` calls refused in front under a key by a block."""
    trunk = trunk_of(key)
    if is_prefix(key):
        caller = CallerId(CallerClass.ABSENT, "", "", "", masked_key(key), "")
    else:
        caller = engine.plan.read("" if trunk else key)
    call = Call(new_call_id(), caller, "", "", trunk, "", Attestation.NONE, "", now)
    calls = "1 call" if times == 1 else f"{times} calls"
    signal = Signal(IN_FRONT, "front", 0.0, f"{calls} refused in front of Asterisk, by {kind}")
    pressure = engine.pressure(Load(), now)
    settings = engine.settings
    verdict = Verdict(
        *(Action.DROP, Action.DROP, 0, (IN_FRONT, f"front-{kind}")),
        *(Score(0.0, 0.0, (signal,)), pressure, settings.policy.thresholds[pressure.level]),
        settings.mode,
        *(settings.config_hash, Treatment.REFUSE, settings.policy.refuse_code),
    )
    return Decision(call, Load(), verdict)
