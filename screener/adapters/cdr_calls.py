"""The inbound calls of a CDR file: which records they are, when they were, how they ended.

Records of one call come as several legs under one key; putting them together is left to
storage. The columns are `protocol.cdr`'s.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b

from screener.adapters.call_files import LINE_LIMIT, NUMBER_LIMIT, CallFile
from screener.adapters.line_problems import LineProblems
from screener.adapters.wall_clock import WallClock
from screener.core.call import NAME_LIMIT, inert
from screener.core.outcome import Event
from screener.core.past_call import WITHHELD_NAMES, PastLeg
from screener.errors import ScreenerError
from screener.protocol.cdr import CdrDecoder, CdrRow

INBOUND = (
    *("from-trunk", "from-pstn", "from-did", "from-external", "from-sip-external", "from-provider"),
    *("from-dahdi", "from-zaptel", "from-outside", "from-carrier", "incoming", "inbound"),
    *("ext-queues", "ext-did", "ext-group", "ivr-", "timeconditions", "app-announcement"),
)
"""How contexts begin in which calls from outside are handled, unless the admin names his."""

MOST_CONTEXTS = 1_000
_CONTEXTS_TOLD = 20
_DIALLED = re.compile(r"\+?[0-9]{3,20}")
_CLID = re.compile(r'\s*"?(?P<name>.*?)"?\s*<(?P<number>[^<>]*)>\s*')
_CHANNEL = re.compile(r"[^/]+/(?P<endpoint>[^/]+?)(?:-[0-9a-f]{1,10})?(?:;[12])?(?:/.*)?")
_QUARTER_S = 900
_SHARP_S = 5
_ODD_SHARE = 0.1


class CdrCalls:
    """Reads one file; all figures are whole when `legs` has ended."""

    def __init__(
        self,
        file: CallFile,
        clock: WallClock,
        problems: LineProblems,
        *,
        contexts: Sequence[str] = (),
        since: float | None = None,
    ) -> None:
        self.records = 0
        self.older = 0
        self.telephones = 0
        self.other_contexts: Counter[str] = Counter()
        self._file = file
        self._clock = clock
        self._problems = problems
        self._named = frozenset(contexts)
        self._since = since
        self._inbound: dict[str, bool] = {}
        self._taken = 0
        self._quarters: Counter[int] = Counter()

    def legs(self) -> Iterator[PastLeg]:
        """Yield every leg of every inbound call.

        Raises ScreenerError at the end where lines were broken, no record was inbound, or the
        times are not of this zone.
        """
        decoder = CdrDecoder()
        for place, record in decoder.records(self._file.lines()):
            if isinstance(record, str):
                self._problems.add(place, record)
                continue
            self.records += 1
            if not self._is_inbound(record):
                continue
            try:
                leg = self._leg(record)
            except ValueError:
                self._problems.add(place, "the start is no moment of the calendar")
                continue
            if self._since is not None and leg.at < self._since:
                self.older += 1
            else:
                self._taken += 1
                yield leg
        self._file.unfinished |= decoder.cut
        self._check()

    def _is_inbound(self, record: CdrRow) -> bool:
        context = record.dcontext
        known = self._inbound.get(context)
        if known is None:
            known = context in self._named if self._named else context.startswith(INBOUND)
            if len(self._inbound) < MOST_CONTEXTS:
                self._inbound[context] = known
        if not known:
            told = inert(context, NAME_LIMIT)
            if told in self.other_contexts or len(self.other_contexts) < MOST_CONTEXTS:
                self.other_contexts[told] += 1
            return False
        if record.channel.startswith("Local/") or (
            not self._named and _endpoint(record.channel) == record.src
        ):
            self.telephones += 1
            return False
        return True

    def _leg(self, record: CdrRow) -> PastLeg:
        began = _began(record.uniqueid)
        at = self._clock.read(record.start, began)
        if began is not None:
            self._compare(at, began)
        number, withheld = _caller(record)
        return PastLeg(
            record.uniqueid or _key(record),
            at,
            number,
            withheld,
            record.dst if _DIALLED.fullmatch(record.dst) else "",
            trunk_of(record),
            record.uniqueid,
            record.linkedid,
            _event(record),
            record.billsec if record.dstchannel else 0.0,
            at + record.duration,
        )

    def _compare(self, at: float, began: int) -> None:
        quarters = round((at - began) / _QUARTER_S)
        if abs(at - began - quarters * _QUARTER_S) <= _SHARP_S:
            self._quarters[quarters if abs(quarters) < MOST_CONTEXTS else MOST_CONTEXTS] += 1

    def _check(self) -> None:
        for line in self._file.too_long:
            self._problems.add(line, f"the line is longer than {LINE_LIMIT} bytes")
        self._problems.check()
        if not self.records:
            raise ScreenerError(f"{self._file.path} holds no records")
        if not self._taken and not self.older:
            raise ScreenerError(self._no_context())
        off = self._quarters.total() - self._quarters[0]
        if off > _ODD_SHARE * self._quarters.total():
            del self._quarters[0]
            raise ScreenerError(self._wrong_zone(self._quarters.most_common(1)[0][0], off))

    def _no_context(self) -> str:
        found = self.other_contexts.most_common(_CONTEXTS_TOLD)
        listed = "".join(f"\n  {name or '(none)'}: {count}" for name, count in found)
        return (
            f"{self._file.path}: none of the {self.records} records is an inbound call; say with "
            f"--context in which contexts of your dialplan calls from outside come in. Contexts "
            f"and their records:{listed}"
        )

    def _wrong_zone(self, quarters: int, off: int) -> str:
        hours = abs(quarters) * _QUARTER_S / 3_600.0
        return (
            f"{self._file.path}: the times of {off} calls lie {hours:g} h "
            f"{'after' if quarters > 0 else 'before'} what their uniqueids say, so they are not "
            "of this time zone: name theirs with --timezone (UTC where cdr.conf says usegmtime=yes)"
        )


def trunk_of(record: CdrRow) -> str:
    """Return the endpoint that a call came in by; empty where that is the caller's number."""
    endpoint = _endpoint(record.channel)
    return "" if endpoint == record.src else inert(endpoint, NAME_LIMIT)


def _endpoint(channel: str) -> str:
    found = _CHANNEL.fullmatch(channel)
    return found["endpoint"] if found else ""


def _caller(record: CdrRow) -> tuple[str, bool]:
    found = _CLID.fullmatch(record.clid[:NUMBER_LIMIT])
    name, beside = (found["name"], found["number"]) if found else ("", "")
    return (record.src or beside)[:NUMBER_LIMIT], name.strip().lower() in WITHHELD_NAMES


def _event(record: CdrRow) -> Event | None:
    if record.disposition == "ANSWERED":
        return Event.ANSWERED if record.dstchannel else Event.ABANDONED
    return Event.ABANDONED if record.lastapp == "Queue" else None


def _began(uniqueid: str) -> int | None:
    return int(uniqueid.rpartition(".")[0].rpartition("-")[2]) if uniqueid else None


def _key(record: CdrRow) -> str:
    """Return what stands for a call without a unique id; it sorts by time, as those do."""
    told = f"{record.start}|{record.src}|{record.channel}".encode("utf-8", "replace")
    return f"{record.start} {blake2b(told, digest_size=16).hexdigest()}"
