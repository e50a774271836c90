"""A decision in the words of the dialplan: the channel variables that carry a verdict.

Values are enumerated words, numbers and ids of ours; no caller data goes back to Asterisk,
where a dialplan might evaluate it. `asterisk/screener.conf` reads them.
"""

from collections.abc import Mapping

from screener.core.decision import Decision

REASONS_TOLD = 3


def variables_of(decision: Decision) -> Mapping[str, str]:
    """Return the `SCREENER_*` channel variables of a decision."""
    verdict = decision.verdict
    told = {
        "SCREENER_VERDICT": verdict.action.value,
        "SCREENER_WOULD": verdict.would.value,
        "SCREENER_SCORE": f"{verdict.score.total:.2f}",
        "SCREENER_REASON": ".".join(verdict.reasons[:REASONS_TOLD]),
        "SCREENER_ID": decision.call.call_id,
        "SCREENER_PRIO": str(verdict.priority),
    }
    if verdict.treatment is not None:
        told["SCREENER_TREATMENT"] = verdict.treatment.value
    if verdict.sip_code:
        told["SCREENER_CODE"] = str(verdict.sip_code)
    if decision.captcha:
        told["SCREENER_CAPTCHA"] = decision.captcha
    return told


def open_answer(call_id: str) -> Mapping[str, str]:
    """Return the variables of a call that a fault of ours lets pass."""
    return {
        "SCREENER_VERDICT": "admit",
        "SCREENER_WOULD": "admit",
        "SCREENER_REASON": "screener-error",
        "SCREENER_ID": call_id,
    }
