"""A row of the log as the call that it was: numbers opened, callers read, verdicts in our words.

The caller's name was never kept, so it is empty. A number stands in the log as it was read when
it came, and needs no second parse: its class and its digits say the rest. In which order rows
are read is left to `recorded`.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from screener.core.call import Attestation, Call, Load
from screener.core.number import CallerClass, CallerId, NumberPlan
from screener.core.recorded import CallerReader, RecordedCall
from screener.core.settings import Action
from screener.errors import ScreenerError
from screener.storage.keys import Keys
from screener.storage.sealing import Sealer

COUNTED = "recorded:"
"""Stands before the pseudonym (hex) that is the `counter_key` of a caller without identity."""

READ = (
    *("seq", "id", "at", "caller_class", "caller", "number_key", "key_id", "sealed"),
    *("counter_key", "did", "trunk", "source", "attestation", "origid"),
    *("queue_waiting", "operators_logged_in", "operators_ready", "channels_in_use"),
    *("verdict", "would", "reasons", "config", "uniqueid", "linkedid", "sip_call_id"),
    "imported_at",
)
"""The columns that a `RowReader` takes, in this order."""

_MALFORMED = "malformed-caller"
_CACHED = 8_192
_CLASSES = {kind.value: kind for kind in CallerClass}
_ATTESTATIONS = {level.value: level for level in Attestation}
_ACTIONS = {action.value: action for action in Action}


@dataclass(slots=True)
class ReadTally:
    """What a reader met: `unopened` counts rows whose number these keys do not open."""

    unopened: int = 0


class RowReader:
    """Reads rows under one pair of keys and one plan; `tally` counts what could not be opened."""

    def __init__(self, keys: Keys, plan: NumberPlan, tally: ReadTally) -> None:
        self._sealer = Sealer(keys)
        self._reader = CallerReader(plan)
        self._tally = tally
        self._callers: OrderedDict[bytes, tuple[CallerClass, CallerId]] = OrderedDict()

    def call(self, row: Sequence[object]) -> RecordedCall:
        """Return the call of a row, its columns being `READ`."""
        (seq, call_id, at, kind, masked, number_key, key_id, sealed) = row[:8]
        (counter_key, did, trunk, source, attestation, origid) = row[8:14]
        (waiting, logged_in, ready, channels) = row[14:18]
        (verdict, would, reasons, config, uniqueid, linkedid, sip_call_id, imported) = row[18:]
        names = tuple(name for name in _text(reasons).split(",") if name)
        call = Call(
            call_id=_text(call_id),
            caller=self._caller(
                kind, masked, counter_key, _Sealed(number_key, key_id, sealed, _text(call_id))
            ),
            name="",
            did=_text(did),
            trunk=_text(trunk),
            source=_text(source),
            attestation=_ATTESTATIONS.get(_text(attestation), Attestation.NONE),
            origid=_text(origid),
            arrived_at=_number(at),
            uniqueid=_text(uniqueid),
            linkedid=_text(linkedid),
            sip_call_id=_text(sip_call_id),
        )
        return RecordedCall(
            seq=seq if isinstance(seq, int) else 0,
            call=call,
            load=Load(_count(waiting), _count(logged_in), _count(ready), _count(channels)),
            action=_ACTIONS.get(_text(verdict), Action.ADMIT),
            would=_ACTIONS.get(_text(would), Action.ADMIT),
            reasons=names,
            config=_text(config),
            imported=imported is not None,
            malformed=_MALFORMED in names,
        )

    def _caller(
        self, kind_word: object, masked: object, counter_key: object, sealed: "_Sealed"
    ) -> CallerId:
        kind, shown = _CLASSES.get(_text(kind_word), CallerClass.ABSENT), _text(masked)
        if not isinstance(sealed.number_key, bytes):
            counted = COUNTED + counter_key.hex() if isinstance(counter_key, bytes) else ""
            return CallerId(kind, "", counted, "", shown, "")
        known = self._callers.get(sealed.number_key)
        # Another class under the same number: the numbering plans were renewed in between.
        if known is not None and known[0] is kind:
            return known[1]
        identity = self._open(sealed)
        if not identity:
            self._tally.unopened += 1
            return CallerId(kind, "", COUNTED + sealed.number_key.hex(), "", shown, "")
        caller = self._reader.read(kind, identity, shown)
        self._callers[sealed.number_key] = kind, caller
        if len(self._callers) > _CACHED:
            self._callers.popitem(last=False)
        return caller

    def _open(self, sealed: "_Sealed") -> str:
        if not isinstance(sealed.sealed, bytes):
            return ""
        try:
            return self._sealer.unseal(sealed.sealed, sealed.call_id, _text(sealed.key_id))
        except (ScreenerError, UnicodeDecodeError):
            return ""


@dataclass(frozen=True, slots=True)
class _Sealed:
    """What a row holds of a number, and the call that it is bound to."""

    number_key: object
    key_id: object
    sealed: object
    call_id: str


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _count(value: object) -> int | None:
    return value if isinstance(value, int) else None
