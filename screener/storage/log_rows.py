"""A decision as one row of the log, and a row as plain data again.

Numbers leave this module only as pseudonyms and sealed; the caller's name is not kept. Where
rows are put is left to `decision_log`, finding them to `log_query`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from screener.core.decision import Decision
from screener.core.number import CallerId
from screener.core.past_call import PastCall
from screener.core.signals import Signal
from screener.storage.facets import HOUR_S, facets_of, retention_facet
from screener.storage.keys import Keys
from screener.storage.pseudonyms import Namer
from screener.storage.sealing import Sealer

_TOLD = (
    *("id", "at", "caller_class", "caller", "number_key", "prefix_key", "key_id", "sealed"),
    "counter_key",
    *("did", "trunk", "source", "attestation", "origid"),
    *("verdict", "would", "treatment", "sip_code", "priority", "reasons"),
    *("score", "would_score", "signals"),
    *("pressure", "pressure_value", "pressure_queue", "pressure_channels", "pressure_arrivals"),
    *("challenge_from", "drop_from", "mode", "config", "list"),
    *("queue_waiting", "operators_logged_in", "operators_ready", "channels_in_use"),
    *("latency_ms", "uniqueid", "linkedid", "sip_call_id", "error", "imported_at"),
)
SELDOM = ("treatment", "sip_code", "list", "counter_key", "error", "imported_at")
TEXTS = (
    *("id", "caller_class", "did", "trunk", "source", "attestation", "origid", "verdict", "would"),
    *("reasons", "pressure", "mode", "config", "uniqueid", "linkedid", "sip_call_id"),
)
"""What is text of ASCII in nearly every call, none of it long: written to a spill file as one."""
COLUMNS = (*TEXTS, *(name for name in _TOLD if name not in {*TEXTS, *SELDOM}), *SELDOM)
"""In the order of a row's values: those that most rows lack stand last."""
FORMER_COLUMNS = (*(name for name in _TOLD if name not in SELDOM), *SELDOM)
"""The order before; spill files of then may still be there."""

SECRET = frozenset({"number_key", "prefix_key", "key_id", "sealed", "counter_key"})
"""Columns that are shown to nobody."""

SHOWN = ("seq", *(name for name in _TOLD if name not in SECRET))


_ALL = (1 << len(COLUMNS)) - 1


@lru_cache(maxsize=64)
def insert(told: int = _ALL) -> str:
    """Return the statement that writes a row's seq and those of its values whose bits are set.

    The first column is the lowest bit; the rest stay NULL.
    """
    names = [name for place, name in enumerate(COLUMNS) if told >> place & 1]
    return (
        f"INSERT INTO calls ({', '.join(('seq', *names))}) "  # noqa: S608 - our own column names
        f"VALUES (?{', ?' * len(names)})"
    )


IMPORTED = "imported"
"""The reason and the mode of calls that were brought in from other logs."""

_ID_BYTES = 8

Value = str | bytes | int | float | None


_AT, _VERDICT, _WOULD = COLUMNS.index("at"), COLUMNS.index("verdict"), COLUMNS.index("would")
_REASONS, _CALLER = COLUMNS.index("reasons"), COLUMNS.index("caller")
_DID, _TRUNK = COLUMNS.index("did"), COLUMNS.index("trunk")
_IMPORTED_AT = COLUMNS.index("imported_at")


@dataclass(frozen=True, slots=True)
class Row:
    """What is written of one call: a value for each of `COLUMNS`."""

    values: tuple[Value, ...]

    @property
    def facets(self) -> frozenset[str]:
        """Its features; raises ValueError or OverflowError where it tells no moment."""
        values = self.values
        at = values[_AT]
        return _facets(
            (at if isinstance(at, float | int) else 0.0) // HOUR_S,
            _text(values[_VERDICT]),
            _text(values[_WOULD]),
            _text(values[_REASONS]),
            _text(values[_DID]),
            _text(values[_TRUNK]),
            _text(values[_CALLER]),
            values[_IMPORTED_AT] is None,
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """A call that a fault of ours let pass before there was a decision; `error` is its type."""

    call_id: str
    at: float
    uniqueid: str
    error: str


class RowMaker:
    """Makes rows under one pair of keys."""

    def __init__(self, keys: Keys) -> None:
        self._key_id = keys.key_id
        self._namer = Namer(keys)
        self._sealer = Sealer(keys)
        # Numbers are new in a flood, and their first digits are not.
        self._prefix_key = lru_cache(maxsize=4_096)(partial(self._namer.name, "prefix"))

    def of_decision(self, decision: Decision) -> Row:
        """Return the row of a decided call."""
        call, load, verdict = decision.call, decision.load, decision.verdict
        pressure, caller, score = verdict.pressure, call.caller, verdict.score
        number_key, prefix_key, key_id, sealed, counter_key = self._secret(caller, call.call_id)
        return Row(
            (
                call.call_id,
                caller.kind._value_,
                call.did,
                call.trunk,
                call.source,
                call.attestation._value_,
                call.origid,
                verdict.action._value_,
                verdict.would._value_,
                ",".join(verdict.reasons),
                pressure.level._value_,
                verdict.mode._value_,
                verdict.config_hash,
                call.uniqueid,
                call.linkedid,
                call.sip_call_id,
                call.arrived_at,
                caller.masked,
                number_key,
                prefix_key,
                key_id,
                sealed,
                verdict.priority,
                score.total,
                score.would,
                _signals_text(score.signals),
                pressure.value,
                pressure.queue,
                pressure.channels,
                pressure.arrivals,
                verdict.thresholds.challenge,
                verdict.thresholds.drop,
                load.queue_waiting,
                load.operators_logged_in,
                load.operators_ready,
                load.channels_in_use,
                int(decision.latency_s * 1e6 + 0.5) / 1000.0,  # `round` goes by text
                verdict.treatment._value_ if verdict.treatment else None,
                verdict.sip_code or None,
                decision.list_hit.list_name if decision.list_hit else None,
                counter_key,
                None,  # error
                None,  # imported_at
            )
        )

    def of_fault(self, fault: Fault) -> Row:
        """Return the row of a call that was let pass undecided."""
        told: Mapping[str, Value] = {
            "id": fault.call_id,
            "at": fault.at,
            "verdict": "admit",
            "would": "admit",
            "reasons": "screener-error",
            "uniqueid": fault.uniqueid,
            "error": fault.error,
        }
        return Row(tuple(told.get(name) for name in COLUMNS))

    def of_past(self, call: PastCall, caller: CallerId, now: float) -> Row:
        """Return the row of a call of earlier days that another log tells of, brought in at `now`.

        Its id is the same whenever the call is brought in.
        """
        call_id = self._namer.name("import", call.key)[:_ID_BYTES].hex()
        names = ("number_key", "prefix_key", "key_id", "sealed", "counter_key")
        told: Mapping[str, Value] = {
            "id": call_id,
            "at": call.at,
            "did": call.did,
            "trunk": call.trunk,
            "caller_class": caller.kind.value,
            "caller": caller.masked,
            **dict(zip(names, self._secret(caller, call_id), strict=True)),
            "verdict": "admit",
            "would": "admit",
            "reasons": IMPORTED,
            "mode": IMPORTED,
            "uniqueid": call.uniqueid,
            "linkedid": call.linkedid,
            "imported_at": now,
        }
        return Row(tuple(told.get(name) for name in COLUMNS))

    def _secret(
        self, caller: CallerId, call_id: str
    ) -> tuple[bytes | None, bytes | None, str | None, bytes | None, bytes | None]:
        """Return number_key, prefix_key, key_id, sealed and counter_key."""
        if not caller.identity:
            # Kept so that the limits that counted the caller can be counted again.
            key = caller.counter_key
            counted = self._namer.name("counter", key) if key else None
            return None, None, self._key_id if key else None, None, counted
        number = self._namer.name("number", caller.identity)
        prefix = self._prefix_key(caller.prefix) if caller.prefix else None
        sealed = self._sealer.seal(caller.identity, call_id)
        return number, prefix, self._key_id, sealed, None


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


@lru_cache(maxsize=4_096)
def _facets(  # noqa: PLR0913, PLR0917 - a call by place is half the cost of one by name here
    hour: float,
    verdict: str,
    would: str,
    reasons: str,
    did: str,
    trunk: str,
    masked: str,
    is_kept: bool,  # noqa: FBT001
) -> frozenset[str]:
    """Return the features of a call; most calls of an hour share them with others.

    How long an imported one is kept goes by another time than its own: it has no such feature.
    """
    found = facets_of(hour * HOUR_S, verdict, would, reasons, did=did, trunk=trunk, caller=masked)
    if is_kept:
        found.add(retention_facet(verdict, would))
    return frozenset(found)


@lru_cache(maxsize=1_024)
def _signals_text(signals: tuple[Signal, ...]) -> str:
    """Return signals as the log keeps them; most calls have the same few (6 us of 30 a row)."""
    parts = [
        [part.name, part.group, round(part.points, 3), int(part.counts), part.reason]
        for part in signals
    ]
    return json.dumps(parts, separators=(",", ":"))


def read_row(row: Sequence[object]) -> dict[str, object]:
    """Return the columns `SHOWN` of a call under the names that every output uses."""
    told = dict(zip(SHOWN, row, strict=True))
    told["reasons"] = str(told["reasons"]).split(",")
    told["signals"] = [
        {"name": name, "group": group, "points": points, "counts": bool(counts), "reason": reason}
        for name, group, points, counts, reason in json.loads(str(told["signals"] or "[]"))
    ]
    return told
