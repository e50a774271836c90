"""The API's routes about the site as a whole: state, figures, incidents, audit, configuration."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import ConfigDict, Field, ValidationError

from screener.config.files import MAX_CONFIG_BYTES
from screener.config.load import Config, parse_config
from screener.desk.auditing import Places, page_of, verify
from screener.desk.cells import shown
from screener.desk.counting import Ends, as_data
from screener.desk.incidents import known_incidents
from screener.desk.moments import moment, span
from screener.desk.web_log import web_calls
from screener.errors import ConfigError
from screener.storage.deeds import LOG_BOOK, REVIEW_BOOK, Entry, Sought
from screener.storage.log_stats import By
from screener.storage.log_stats import Stats as Counted
from screener.web.api.route import ApiError, ApiRoute, Asked
from screener.web.api.shapes import At, Given, Limit, Moment, Open, Place, Told, Word, Written
from screener.web.page import Role
from screener.web.site import Site

LARGEST_TEXT = 1_048_576
"""Characters of a configuration that is checked: its lists may stand in files."""


class Status(Told):
    """The state of the running agent, as `screener status -o json` tells it."""

    model_config = ConfigDict(extra="allow", frozen=True)

    version: str
    ready: bool
    mode: str
    config: str
    up_since: At
    pressure: Open
    incident: Open
    verdicts: dict[str, int]
    would: dict[str, int]
    faults: dict[str, int]


class StatsQuery(Given):
    """Of which span, and by what."""

    since: Moment = "24h"
    until: Moment | None = None
    by: By | None = None


class Figures(Told):
    """What is counted of some calls, shares from 0 to 1, times in seconds."""

    calls: int
    imported: int
    faults: int
    verdicts: dict[str, int]
    would: dict[str, int]
    treatments: dict[str, int]
    outcomes: dict[str, int]
    pass_rate: float | None
    mean_wait_s: float | None
    mean_talk_s: float | None


class Stats(Figures):
    """The figures of the span, and of each group where one was asked for."""

    since: At | None
    until: At | None
    wait_p80_s: float | None
    latency_ms: dict[str, float | None]
    reasons: dict[str, int]
    answered_callers_dropped: int | None
    answered_callers_would_drop: int | None
    groups: dict[str, Figures]


class IncidentsQuery(Given):
    """How many."""

    last: Annotated[int, Field(ge=1, le=1_000, description="The newest so many."), Written] = 10


class Mark(Told):
    """What marks an incident, and its share of the unwanted calls."""

    kind: str
    what: str
    share: float
    cadence: str


class Incident(Told):
    """One attack that an agent noticed; `ended` is null while it lasts.

    `cut` says that no agent watched to its end: `ended` is when it was last seen.
    """

    id: str
    began: At
    ended: At | None
    calls: int
    unwanted: int
    limited: int
    peak_per_minute: int
    verdicts: dict[str, int]
    would: dict[str, int]
    challenges: dict[str, int]
    marks: list[Mark]
    done: list[str]
    cut: bool = False


class Incidents(Told):
    """Incidents, newest first, those of earlier runs too.

    `away` says why no agent told of its own; empty where one did.
    """

    incidents: list[Incident]
    away: str


class AuditQuery(Given):
    """Which deeds; what is left out asks for nothing."""

    who: Annotated[Word | None, Field(description="Stands somewhere in the name.")] = None
    what: Word | None = None
    since: Moment | None = None
    before_log: Place | None = None
    before_review: Place | None = None
    limit: Limit = 50


class DeedDone(Told):
    """One entry of the audit; `target` is a call's id, a pseudonym, a list or a review's number."""

    book: str
    place: int
    at: At
    who: str
    what: str
    reason: str
    target: str
    digest: str


class AuditTold(Told):
    """Deeds, newest first; `before` asks for the next page, null after the last."""

    deeds: list[DeedDone]
    before: dict[str, int] | None


class Wholeness(Told):
    """Whether the audit is whole: the entries of each book that is, and where one is not."""

    whole: dict[str, int]
    wrong: list[str]


class ConfigTold(Told):
    """The configuration in the file, every value of it; entries of lists are counted."""

    hash: str
    effective: Open


class CheckBody(Given):
    """The text of a configuration file."""

    text: Annotated[str, Field(max_length=LARGEST_TEXT)]


class ConfigProblem(Told):
    """One thing that is wrong in the text; lines and columns from 1, 0 for the whole of it."""

    line: int
    column: int
    text: str


class Checked(Told):
    """Whether the text would be taken, its hash then, and what is wrong with it."""

    good: bool
    hash: str | None
    problems: list[ConfigProblem]


async def show_status(asked: Asked) -> Status:
    """Ask the agent how it is."""
    told = await asked.visit.site.ask({"op": "status"})
    return Status.model_validate({name: value for name, value in told.items() if name != "ok"})


async def show_stats(asked: Asked) -> Stats:
    """Count the calls of a span."""
    query: StatsQuery = asked.query
    site = asked.visit.site
    ends = span(query.since, query.until or "", site.wall())
    found = await site.read(_counted, site.config, ends, query.by)
    return Stats.model_validate(as_data(found, *ends))


async def list_incidents(asked: Asked) -> Incidents:
    """Show which attacks were noticed."""
    site = asked.visit.site
    known = await site.run(known_incidents, site.config, asked.query.last)
    told = [incident for one in known.incidents if (incident := _incident(one)) is not None]
    return Incidents(incidents=told, away=known.away)


async def list_deeds(asked: Asked) -> AuditTold:
    """Show the audit."""
    site = asked.visit.site
    return await site.run(_audit, asked.query, site.config, site.wall())


async def verify_audit(asked: Asked) -> Wholeness:
    """Go through both books."""
    site = asked.visit.site
    verified = await site.run(verify, site.config)
    return Wholeness(whole=verified.whole, wrong=list(verified.wrong))


async def show_config(asked: Asked) -> ConfigTold:
    """Show the configuration."""
    config = asked.visit.site.config
    return ConfigTold(hash=config.settings.config_hash, effective=config.effective())


async def check_config(asked: Asked) -> Checked:
    """Check a configuration's text, as if it stood in the file's place."""
    text: str = asked.body.text
    if len(text.encode("utf-8", "replace")) > MAX_CONFIG_BYTES:
        raise ApiError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the text is too long for a file")
    return await asked.visit.site.run(_checked, text, asked.visit.site)


def _counted(config: Config, ends: Ends, by: By | None) -> Counted:
    with web_calls(config) as log:
        return log.stats(*ends, by)


def _incident(told: Mapping[str, object]) -> Incident | None:
    """Return an incident; None where another version of the agent kept it in another shape."""
    try:
        return Incident.model_validate(
            {name: told[name] for name in Incident.model_fields if name in told}
        )
    except ValidationError:
        return None


def _audit(query: AuditQuery, config: Config, now: float) -> AuditTold:
    since = moment(query.since or "", "since", now)
    asked = {LOG_BOOK: query.before_log, REVIEW_BOOK: query.before_review}
    before: Places = {book: place for book, place in asked.items() if place is not None}
    sought = Sought(query.who or "", query.what or "", since)
    page = page_of(config, sought, limit=query.limit, before=before)
    return AuditTold(deeds=[_deed(one) for one in page.deeds], before=page.before)


def _deed(entry: Entry) -> DeedDone:
    return DeedDone(
        book=entry.book,
        place=entry.place,
        at=entry.at,
        who=shown(entry.who),
        what=shown(entry.what),
        reason=shown(entry.reason),
        target=shown(entry.target),
        digest=entry.digest,
    )


def _checked(text: str, site: Site) -> Checked:
    name, folder = _place(site)
    try:
        config = parse_config(text, name, folder)
    except ConfigError as error:
        return Checked(good=False, hash=None, problems=_problems(error, name))
    return Checked(good=True, hash=config.settings.config_hash, problems=[])


def _place(site: Site) -> tuple[str, Any]:
    path = site.path
    if path is None:
        raise ApiError(HTTPStatus.CONFLICT, "no configuration file is in use here")
    return str(path), path.parent


def _problems(error: ConfigError, name: str) -> list[ConfigProblem]:
    return [
        ConfigProblem(
            line=place.line if place.file == name else 0,
            column=place.column if place.file == name else 0,
            text=text if place.file == name else f"{place}: {text}",
        )
        for place, text in error.problems
    ]


ROUTES = (
    ApiRoute("GET", "/api/v1/status", Role.VIEWER, "The agent's state", show_status, Status),
    ApiRoute(
        *("GET", "/api/v1/stats", Role.VIEWER, "The figures of a span", show_stats, Stats),
        query=StatsQuery,
        is_slow=True,
    ),
    ApiRoute(
        *("GET", "/api/v1/incidents", Role.VIEWER, "Attacks that were noticed"),
        *(list_incidents, Incidents),
        query=IncidentsQuery,
    ),
    ApiRoute(
        *("GET", "/api/v1/audit", Role.REVIEWER, "Who did what", list_deeds, AuditTold),
        query=AuditQuery,
        is_slow=True,
    ),
    ApiRoute(
        *("GET", "/api/v1/audit/whole", Role.REVIEWER, "Whether the audit is whole"),
        *(verify_audit, Wholeness),
        is_slow=True,
    ),
    ApiRoute(
        *("GET", "/api/v1/config", Role.ADMIN, "The configuration in effect"),
        *(show_config, ConfigTold),
    ),
    ApiRoute(
        *("POST", "/api/v1/config/check", Role.ADMIN),
        *("What is wrong with a configuration's text, by line", check_config, Checked),
        body=CheckBody,
        refusals=(HTTPStatus.CONFLICT,),
        # A character may take twelve bytes in JSON.
        most_bytes=4 * 1024 * 1024,
        is_slow=True,
    ),
)
