"""The API's routes about recorded calls: found, shown, explained, and their numbers revealed.

Numbers are masked, but for the one that somebody reveals with a reason. A number is searched for
by its pseudonym, so that none ever stands in an address.
"""

from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field

from screener.config.load import Config
from screener.core.number import NumberPlan
from screener.core.outcome import Event
from screener.core.settings import Action
from screener.desk.call_in_words import in_words
from screener.desk.explaining import caps_of, said_now
from screener.desk.finding import call_of, newest_calls
from screener.desk.log_reading import keys_for
from screener.desk.moments import span
from screener.desk.revealing import reveal
from screener.desk.web_log import reads_central, web_calls, web_log_of
from screener.errors import UsageError
from screener.storage.log_query import Filter, Page
from screener.storage.pseudonyms import pseudonyms_of
from screener.storage.subjects import Asker
from screener.web.api.route import ApiRoute, Asked
from screener.web.api.shapes import (
    PSEUDONYM,
    At,
    Given,
    Limit,
    Moment,
    NeededReason,
    Open,
    Told,
    Word,
    Written,
)
from screener.web.page import Role

Pseudonym = Annotated[str, Field(pattern=PSEUDONYM, description="As of `POST /pseudonym`.")]
Masked = Annotated[
    str,
    Field(
        min_length=1,
        max_length=40,
        # No more digits in a row than a masked number shows: no address holds a whole one.
        pattern="^([0-9]{0,5}[^0-9])*[0-9]{0,5}$",
        description="A caller as it is shown, masked; `*` stands for any text.",
    ),
]


Before = Annotated[
    int,
    Field(
        ge=-(10**15),
        le=10**15,
        description="Only older calls: the `before` of the page before. Imported ones are below 1.",
    ),
    Written,
]


class CallsQuery(Given):
    """Which calls; what is left out asks for nothing."""

    since: Moment | None = None
    until: Moment | None = None
    verdict: Action | None = None
    would: Action | None = None
    reason: Word | None = None
    number: Pseudonym | None = None
    prefix: Pseudonym | None = None
    did: Word | None = None
    trunk: Word | None = None
    outcome: Event | None = None
    caller: Masked | None = None
    edge: Annotated[
        Word | None, Field(description="Who decided it; only where all edges' calls are shown.")
    ] = None
    before: Before | None = None
    limit: Limit = 50


class Signal(Told):
    """One piece of evidence; `counts` says whether it took effect."""

    name: str
    group: str
    points: float
    counts: bool
    reason: str


class Became(Told):
    """One thing that became of a call; `talk_s` are the seconds of talk."""

    at: At
    event: str
    talk_s: float


Outcomes = list[Became]
Signals = list[Signal]
Texts = list[str]


class Call(Told):
    """A recorded call with all that is kept of it but the caller's number, which is masked.

    `edge` is who decided it, where the calls of all edges are shown (`web.log`), otherwise null.
    """

    seq: int
    id: str
    at: At
    caller_class: str | None
    caller: str | None
    did: str | None
    trunk: str | None
    source: str | None
    attestation: str | None
    origid: str | None
    verdict: str
    would: str
    treatment: str | None
    sip_code: int | None
    priority: int | None
    reasons: Texts
    score: float | None
    would_score: float | None
    signals: Signals
    pressure: str | None
    pressure_value: float | None
    pressure_queue: float | None
    pressure_channels: float | None
    pressure_arrivals: float | None
    challenge_from: float | None
    drop_from: float | None
    mode: str | None
    config: str | None
    list: str | None
    queue_waiting: int | None
    operators_logged_in: int | None
    operators_ready: int | None
    channels_in_use: int | None
    latency_ms: float | None
    uniqueid: str | None
    linkedid: str | None
    sip_call_id: str | None
    error: str | None
    imported_at: At | None
    outcomes: Outcomes
    edge: str | None = None


class Calls(Told):
    """Calls, newest first; `before` asks for the next page, null after the last."""

    calls: list[Call]
    before: int | None


class Cap(Told):
    """How much a group of signals may count at least and at most."""

    low: float
    high: float


class Explanation(Told):
    """Why a call was decided so.

    `caps` of the groups are null where the configuration has changed since. `now` is what the
    agent would say of the caller now; where that is not known, `now_unknown` says why.
    """

    words: list[str]
    caps: dict[str, Cap] | None
    now: Open | None
    now_unknown: str


class Revealed(Told):
    """The whole number of a call."""

    id: str
    number: str


class RevealBody(Given):
    """Why the number is needed."""

    reason: NeededReason


class Number(Given):
    """A telephone number."""

    number: Annotated[str, Field(min_length=2, max_length=60, examples=["+16515550142"])]


class Pseudonyms(Told):
    """What stands for a caller and its prefix in filters; null where it names nobody."""

    number: str | None
    prefix: str | None


async def list_calls(asked: Asked) -> Calls:
    """Find calls."""
    query: CallsQuery = asked.query
    site = asked.visit.site
    found = await site.read(_found, query, site.config, site.wall())
    return Calls.model_validate({"calls": found.calls, "before": found.before})


async def show_call(asked: Asked) -> Call:
    """Show one call."""
    site = asked.visit.site
    return Call.model_validate(await site.read(_call, asked.path["id"], site.config))


async def explain_call(asked: Asked) -> Explanation:
    """Explain one call."""
    site = asked.visit.site
    return await site.read(_explained, asked.path["id"], site.config)


async def reveal_number(asked: Asked) -> Revealed:
    """Reveal one call's number."""
    site, body = asked.visit.site, asked.body
    asker = Asker(asked.visit.who, body.reason, site.wall())
    number = await site.read(reveal, site.config, asked.path["id"], asker)
    return Revealed(id=asked.path["id"], number=number)


async def find_pseudonym(asked: Asked) -> Pseudonyms:
    """Turn a number into what finds its calls."""
    site = asked.visit.site
    return await site.read(_pseudonyms, asked.body.number, site.config)


def _found(query: CallsQuery, config: Config, now: float) -> Page:
    if query.edge and not reads_central(config):
        raise UsageError("edge: this log is all of one edge")
    since, until = span(query.since or "", query.until or "", now)
    wanted = Filter(
        since,
        until,
        query.verdict or "",
        query.would or "",
        query.reason or "",
        bytes.fromhex(query.number) if query.number else None,
        bytes.fromhex(query.prefix) if query.prefix else None,
        query.did or "",
        query.trunk or "",
        query.outcome or "",
        query.caller or "",
        query.edge or "",
    )
    with web_calls(config) as log:
        return newest_calls(log, wanted, query.limit, query.before)


def _call(call_id: str, config: Config) -> dict[str, object]:
    with web_log_of(config, call_id) as log:
        return call_of(log, call_id)


def _explained(call_id: str, config: Config) -> Explanation:
    with web_log_of(config, call_id) as log:
        call: dict[str, Any] = dict(call_of(log, call_id))
        now, why_not = said_now(log, call, config)
    caps = caps_of(call, config)
    told = None if caps is None else {name: Cap(**asdict(cap)) for name, cap in caps.items()}
    return Explanation(words=[*in_words(call, caps)], caps=told, now=now, now_unknown=why_not)


def _pseudonyms(number: str, config: Config) -> Pseudonyms:
    caller = NumberPlan(config.settings.region).read(number)
    with web_calls(config) as log:
        found = pseudonyms_of(caller, keys_for(log, config, lambda _: None))
    return Pseudonyms(
        number=found.number.hex() if found.number else None,
        prefix=found.prefix.hex() if found.prefix else None,
    )


ROUTES = (
    ApiRoute(
        *("GET", "/api/v1/calls", Role.VIEWER, "Recorded calls, newest first", list_calls, Calls),
        query=CallsQuery,
        is_slow=True,
    ),
    ApiRoute("GET", "/api/v1/calls/{id}", Role.VIEWER, "One recorded call", show_call, Call),
    ApiRoute(
        *("GET", "/api/v1/calls/{id}/explanation", Role.VIEWER),
        *("Why a call was decided so, and what would be now", explain_call, Explanation),
    ),
    ApiRoute(
        *("POST", "/api/v1/calls/{id}/reveal", Role.REVIEWER),
        *("Reveal a call's whole number; audited", reveal_number, Revealed),
        body=RevealBody,
    ),
    ApiRoute(
        *("POST", "/api/v1/pseudonym", Role.VIEWER),
        *("What to filter calls with for a number", find_pseudonym, Pseudonyms),
        body=Number,
    ),
)
