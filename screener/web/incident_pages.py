"""The incidents: which attacks were noticed, and all that is known of one."""

from aiohttp import web

from screener.desk.incidents import Known, known_incidents
from screener.web.incident_view import view_of
from screener.web.page import Page, Role, Visit


async def incidents(visit: Visit) -> web.Response:
    """List the incidents, the newest first."""
    known = await _known(visit)
    now = visit.site.wall()
    views = [view_of(one, now) for one in known.incidents]
    return visit.page("incidents.html", views=views, away=known.away)


async def incident(visit: Visit) -> web.Response:
    """Show one incident."""
    known = await _known(visit)
    number = visit.request.match_info["number"]
    told = next((one for one in known.incidents if one.get("id") == number), None)
    if told is None:
        return visit.page(
            "refused.html", status=404, title="No such incident", text="It is not known any more."
        )
    return visit.page("incident.html", view=view_of(told, visit.site.wall()), away=known.away)


async def _known(visit: Visit) -> Known:
    return await visit.site.run(known_incidents, visit.site.config)


PAGES = (
    Page("GET", "/incidents", Role.VIEWER, incidents),
    Page("GET", "/incidents/{number:[0-9]{8}-[0-9]{6}}", Role.VIEWER, incident),
)
