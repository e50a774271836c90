"""A decision as plain data for every output: log, feed, `explain`, tables. Numbers are masked.

The one place that spells the fields, so that log words and JSON keys are the same everywhere.
"""

from screener.core.decision import Decision
from screener.core.score import Score

Described = dict[str, object]


def describe(decision: Decision) -> Described:
    """Return the decision as JSON-safe data without the caller's number or name."""
    call, load, verdict = decision.call, decision.load, decision.verdict
    return {
        "id": call.call_id,
        "at": round(call.arrived_at, 3),
        "verdict": verdict.action.value,
        "would": verdict.would.value,
        "treatment": verdict.treatment.value if verdict.treatment else None,
        "priority": verdict.priority,
        "reasons": list(verdict.reasons),
        "score": round(verdict.score.total, 3),
        "would_score": round(verdict.score.would, 3),
        "signals": describe_signals(verdict.score),
        "caller": call.caller.masked,
        "caller_class": call.caller.kind.value,
        "did": call.did,
        "trunk": call.trunk,
        "attestation": call.attestation.value,
        "pressure": verdict.pressure.level.value,
        "pressure_value": round(verdict.pressure.value, 3),
        "queue_waiting": load.queue_waiting,
        "channels_in_use": load.channels_in_use,
        "challenge_from": verdict.thresholds.challenge,
        "drop_from": verdict.thresholds.drop,
        "mode": verdict.mode.value,
        "config": verdict.config_hash,
        "list": decision.list_hit.list_name if decision.list_hit else None,
        "latency_ms": round(decision.latency_s * 1000.0, 3),
        "uniqueid": call.uniqueid,
        "linkedid": call.linkedid,
        "sip_call_id": call.sip_call_id,
    }


def describe_signals(score: Score) -> list[Described]:
    """Return the parts of a score, in the order in which they were found."""
    return [
        {
            "name": part.name,
            "group": part.group,
            "points": round(part.points, 3),
            "counts": part.counts,
            "reason": part.reason,
        }
        for part in score.signals
    ]
