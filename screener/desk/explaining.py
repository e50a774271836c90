"""A call of the log explained: what its groups were capped at, and what the agent would say now.

The caller's number is opened to ask the agent and shown to nobody. The call itself in sentences is
`call_in_words`.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from screener.adapters.control_client import ask
from screener.config.load import Config
from screener.core.call import Attestation, Facts
from screener.core.number import NumberPlan
from screener.desk.call_in_words import Caps
from screener.errors import ScreenerError
from screener.storage.call_log import CallLog

_VOUCHED = {Attestation.FULL, Attestation.PARTIAL, Attestation.GATEWAY}


def now_in_words(told: dict[str, Any]) -> str:
    """Return what the agent would say of the caller now, as one sentence."""
    reasons = ", ".join(str(name) for name in told["reasons"])
    return (
        f"A call like it now: {told['verdict']} (enforcing every rule: {told['would']}), because "
        f"of {reasons}, with a score of {told['score']:.2f} at {told['pressure']} load, under the "
        f"configuration {told['config']}."
    )


def facts_of(call: dict[str, Any], identity: str) -> Facts:
    """Return a recorded call as the wire would tell it again; the caller's name was not kept."""
    attestation = str(call["attestation"] or "")
    vouched = attestation in _VOUCHED
    failed = attestation == Attestation.FAILED
    return Facts(
        number=identity.removeprefix("short:"),
        presentation="allowed",
        did=call["did"] or "",
        trunk=call["trunk"] or "",
        source=call["source"] or "",
        attestation=attestation if vouched else "",
        verification="success" if vouched else "failed" if failed else "",
        origid=call["origid"] or "",
    )


def caps_of(call: dict[str, Any], config: Config) -> Caps | None:
    """Return the groups' caps where the configuration at hand is the one that judged the call."""
    same = call["config"] == config.settings.config_hash
    return config.settings.groups if same else None


def said_now(
    log: CallLog, call: dict[str, Any], config: Config
) -> tuple[dict[str, Any] | None, str]:
    """Return what the agent would say of the caller now, or why that is not known."""
    try:
        keys = log.keys(Path(config.storage.keys))
        identity = log.caller_of(str(call["id"]), keys)
        if not identity:
            return None, "the call names no caller whom the agent could know"
        facts = facts_of(call, identity)
        if NumberPlan(config.settings.region).read(facts.number).identity != identity:
            return None, "in the region of this configuration the number is another one"
        told = ask(config.control.socket, {"op": "explain", "facts": asdict(facts)})
    except ScreenerError as error:
        return None, str(error)
    told.pop("ok", None)
    return told, ""
