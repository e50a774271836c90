"""A decision as one row of the log, and a row as plain data again.

Numbers leave this module only as pseudonyms and sealed; the caller's name is not kept. Where
rows are put is left to `decision_log`, finding them to `log_query`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from screener.core.call import Call
from screener.core.decision import Decision
from screener.core.number import CallerId
from screener.core.past_call import PastCall
from screener.core.policy import Verdict
from screener.core.signals import Signal
from screener.storage.facets import HOUR_S, facets_of, retention_facet
from screener.storage.keys import Keys
from screener.storage.log_kinds import SHARED, Kind, Value
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
SELDOM = ("list", "counter_key", "error", "imported_at")
TEXTS = ("origid", "linkedid", "id", "did", "uniqueid", "sip_call_id", "source", "signals")
"""What is text of ASCII in nearly every call and its own: written to a spill file as one."""
OWN = (*TEXTS, *(name for name in _TOLD if name not in {*TEXTS, *SHARED, *SELDOM}))
COLUMNS = (*OWN, *SHARED, *SELDOM)
"""In the order of a row's values: what is its own, what it shares, and what most rows lack."""

_FORMER_SELDOM = ("treatment", "sip_code", "list", "counter_key", "error", "imported_at")
FORMER_TEXTS = (
    *("id", "caller_class", "did", "trunk", "source", "attestation", "origid", "verdict", "would"),
    *("reasons", "pressure", "mode", "config", "uniqueid", "linkedid", "sip_call_id"),
)
FORMER_COLUMNS = (
    (*(name for name in _TOLD if name not in _FORMER_SELDOM), *_FORMER_SELDOM),
    (
        *FORMER_TEXTS,
        *(name for name in _TOLD if name not in {*FORMER_TEXTS, *_FORMER_SELDOM}),
        *_FORMER_SELDOM,
    ),
)
"""The orders before, the oldest first; spill files of then may still be there."""

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
_MOST_PREFIXES = 4_096
_MOST_SIGNALS = 1_024
_MOST_KINDS = 1_024
"""What is remembered of earlier calls, for as many sorts of them."""
_Told = tuple[str | float | tuple[str, ...] | None, ...]
_LACKING: Final[tuple[Value, ...]] = (None,) * len(SELDOM)
_OWN: Final = len(OWN)
_OFTEN: Final = len(OWN) + len(SHARED)
_AT: Final = OWN.index("at")
_CALLER: Final = OWN.index("caller")
_DID: Final = OWN.index("did")
_VERDICT: Final = SHARED.index("verdict")
_WOULD: Final = SHARED.index("would")
_REASONS: Final = SHARED.index("reasons")
_TRUNK: Final = SHARED.index("trunk")
_IMPORTED_AT: Final = SELDOM.index("imported_at")
_HOUR_S: Final = float(HOUR_S)


Sort = tuple[Value | Kind | bool, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """What is written of one call: values of `OWN`, of `SHARED` and of `SELDOM`.

    `seldom` is empty where the row lacks all of these.
    """

    own: tuple[Value, ...]
    kind: Kind
    seldom: tuple[Value, ...] = ()

    @property
    def values(self) -> tuple[Value, ...]:
        """A value for each of `COLUMNS`."""
        return self.own + self.kind.values + (self.seldom or _LACKING)

    @property
    def sort(self) -> Sort:
        """What its features follow from: rows of the same sort have the same."""
        own, at = self.own, self.own[_AT]
        hour = at // _HOUR_S if isinstance(at, float) else at
        return hour, self.kind, own[_DID], own[_CALLER], self._is_kept

    @property
    def facets(self) -> frozenset[str]:
        """Its features; raises ValueError or OverflowError where it tells no moment."""
        own, shared = self.own, self.kind.values
        at = own[_AT]
        return _facets(
            (at if isinstance(at, float | int) else 0.0) // HOUR_S,
            _text(shared[_VERDICT]),
            _text(shared[_WOULD]),
            _text(shared[_REASONS]),
            _text(own[_DID]),
            _text(shared[_TRUNK]),
            _text(own[_CALLER]),
            self._is_kept,
        )

    @property
    def _is_kept(self) -> bool:
        return not self.seldom or self.seldom[_IMPORTED_AT] is None

    def __eq__(self, other: object) -> bool:
        """Rows are told apart by their values."""
        return isinstance(other, Row) and self.values == other.values

    def __hash__(self) -> int:
        """Return what goes with that."""
        return hash(self.values)


def row_of(values: tuple[Value, ...]) -> Row:
    """Return the row that has these values, one for each of `COLUMNS`."""
    seldom = values[_OFTEN:]
    return Row(values[:_OWN], Kind(values[_OWN:_OFTEN]), () if seldom == _LACKING else seldom)


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
        self._prefix_keys: dict[str, bytes] = {}
        self._signals: dict[tuple[Signal, ...], str] = {}
        self._kinds: dict[_Told, Kind] = {}

    def of_decision(self, decision: Decision) -> Row:
        """Return the row of a decided call."""
        call, load, verdict = decision.call, decision.load, decision.verdict
        pressure, caller, score = verdict.pressure, call.caller, verdict.score
        number_key, prefix_key, key_id, sealed, counter_key = self._secret(caller, call.call_id)
        hit = decision.list_hit
        return Row(
            (
                call.origid,
                call.linkedid,
                call.call_id,
                call.did,
                call.uniqueid,
                call.sip_call_id,
                call.source,
                self._signals.get(score.signals) or self._signals_text(score.signals),
                call.arrived_at,
                caller.masked,
                number_key,
                prefix_key,
                sealed,
                score.total,
                score.would,
                pressure.value,
                pressure.queue,
                pressure.channels,
                pressure.arrivals,
                load.queue_waiting,
                load.operators_logged_in,
                load.operators_ready,
                load.channels_in_use,
                int(decision.latency_s * 1e6 + 0.5) / 1000.0,  # `round` goes by text
            ),
            self._kind_of(call, verdict, key_id),
            (hit.list_name if hit else None, counter_key, None, None) if hit or counter_key else (),
        )

    def _kind_of(self, call: Call, verdict: Verdict, key_id: str | None) -> Kind:
        """Return what the call shares; members of enumerations are told apart as texts are."""
        thresholds, level = verdict.thresholds, verdict.pressure.level
        told: _Told = (
            call.caller.kind,
            call.trunk,
            call.attestation,
            verdict.action,
            verdict.would,
            verdict.reasons,
            level,
            verdict.mode,
            verdict.config_hash,
            key_id,
            verdict.treatment,
            verdict.sip_code,
            verdict.priority,
            thresholds.challenge,
            thresholds.drop,
        )
        kind = self._kinds.get(told)
        if kind is None:
            if len(self._kinds) >= _MOST_KINDS:
                del self._kinds[next(iter(self._kinds))]
            kind = self._kinds[told] = Kind(
                (
                    call.caller.kind._value_,
                    call.trunk,
                    call.attestation._value_,
                    verdict.action._value_,
                    verdict.would._value_,
                    ",".join(verdict.reasons),
                    level._value_,
                    verdict.mode._value_,
                    verdict.config_hash,
                    key_id,
                    verdict.treatment._value_ if verdict.treatment else None,
                    verdict.sip_code or None,
                    verdict.priority,
                    thresholds.challenge,
                    thresholds.drop,
                )
            )
        return kind

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
        return row_of(tuple(told.get(name) for name in COLUMNS))

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
        return row_of(tuple(told.get(name) for name in COLUMNS))

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
        prefix = None
        if caller.prefix:
            prefix = self._prefix_keys.get(caller.prefix)
            if prefix is None:
                if len(self._prefix_keys) >= _MOST_PREFIXES:
                    self._prefix_keys.clear()
                prefix = self._namer.name("prefix", caller.prefix)
                self._prefix_keys[caller.prefix] = prefix
        sealed = self._sealer.seal(caller.identity, call_id)
        return number, prefix, self._key_id, sealed, None

    def _signals_text(self, signals: tuple[Signal, ...]) -> str:
        """Return signals as the log keeps them, and remember it: most calls have the same few."""
        if len(self._signals) >= _MOST_SIGNALS:
            self._signals.clear()
        parts = [
            [part.name, part.group, round(part.points, 3), int(part.counts), part.reason]
            for part in signals
        ]
        text = json.dumps(parts, separators=(",", ":"))
        self._signals[signals] = text
        return text


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


def read_row(row: Sequence[object]) -> dict[str, object]:
    """Return the columns `SHOWN` of a call under the names that every output uses."""
    told = dict(zip(SHOWN, row, strict=True))
    told["reasons"] = str(told["reasons"]).split(",")
    told["signals"] = [
        {"name": name, "group": group, "points": points, "counts": bool(counts), "reason": reason}
        for name, group, points, counts, reason in json.loads(str(told["signals"] or "[]"))
    ]
    return told
