"""A decision in the words of the dialplan: the channel variables that carry a verdict.

Values are enumerated words, numbers and ids of ours; no caller data goes back to Asterisk,
where a dialplan might evaluate it. `asterisk/screener.conf` reads them.
"""

from collections.abc import Mapping
from typing import NamedTuple

from screener.core.decision import Decision
from screener.core.lane import watchdog_s
from screener.core.settings import Action, Settings
from screener.service.decimals import two_places

REASONS_TOLD = 3


class Route(NamedTuple):
    """Over what a challenged caller is asked: `lane` is `ari`, with the Stasis `app`, or `agi`."""

    lane: str
    app: str = ""


def variables_of(
    decision: Decision, settings: Settings, route: Route | None = None
) -> Mapping[str, str]:
    """Return the `SCREENER_*` channel variables of a decision made under the settings.

    Without a route the dialplan asks a challenged caller by itself.
    """
    verdict = decision.verdict
    told = {
        "SCREENER_VERDICT": verdict.action._value_,
        "SCREENER_WOULD": verdict.would._value_,
        "SCREENER_SCORE": two_places(verdict.score.total),
        "SCREENER_REASON": ".".join(verdict.reasons[:REASONS_TOLD]),
        "SCREENER_ID": decision.call.call_id,
        "SCREENER_PRIO": str(verdict.priority),
    }
    if verdict.treatment is not None:
        told["SCREENER_TREATMENT"] = verdict.treatment._value_
    if verdict.sip_code:
        told["SCREENER_CODE"] = str(verdict.sip_code)
    if verdict.action is Action.CHALLENGE:
        told |= _of_captcha(decision, settings, route)
    return told


def _of_captcha(decision: Decision, settings: Settings, route: Route | None) -> dict[str, str]:
    verdict, captcha = decision.verdict, settings.captcha
    silent = captcha.silent_places if verdict.no_key else 0
    told = {
        "SCREENER_CAPTCHA": decision.captcha,
        "SCREENER_LIMIT": str(watchdog_s(captcha)),
        "SCREENER_PASS_PRIO": str(verdict.once_passed),
        "SCREENER_SILENT": str(silent),
    }
    if route is not None:
        told["SCREENER_LANE"] = route.lane
        if route.app:
            told["SCREENER_APP"] = route.app
    return told


def open_answer(call_id: str) -> Mapping[str, str]:
    """Return the variables of a call that a fault of ours lets pass."""
    return {
        "SCREENER_VERDICT": "admit",
        "SCREENER_WOULD": "admit",
        "SCREENER_REASON": "screener-error",
        "SCREENER_ID": call_id,
    }
