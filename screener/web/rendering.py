"""Templates to HTML: everything is escaped, a missing value is an error, times are told in UTC.

The templates stand in `templates/`; what each is given is its page's business.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from screener import __version__

if TYPE_CHECKING:
    from screener.web.page import Visit


def utc(seconds: float) -> str:
    """Return a moment in seconds since 1970 as `2026-11-22 08:00:00`, UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))


def moment(seconds: float | None) -> Markup:
    """Return a moment as a `time` element; a dash for none."""
    if seconds is None:
        return Markup("&ndash;")
    machine = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    return Markup('<time datetime="{}">{}</time>').format(machine, utc(seconds))


def clock(seconds: float) -> Markup:
    """Return a moment of today as a `time` element that shows the time alone."""
    machine = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    return Markup('<time datetime="{}">{}</time>').format(machine, machine[11:19])


def grouped(number: float) -> str:
    """Return a whole number with its thousands apart."""
    return f"{number:,.0f}"


_ENVIRONMENT = Environment(
    loader=PackageLoader("screener.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_ENVIRONMENT.filters.update(clock=clock, moment=moment, utc=utc, grouped=grouped)
_ENVIRONMENT.globals.update(version=__version__)


def fragment(template: str, **values: object) -> str:
    """Return a template that stands in no page of its own, filled with the values alone."""
    return _ENVIRONMENT.get_template(template).render(**values)


def render(template: str, visit: "Visit", values: Mapping[str, object]) -> str:
    """Return the template filled with the visit's and the page's values.

    Every template may use `visit`, `user`, `site`, `csrf_field`, `tell`, `path` and `notices`. Only
    `base.html` calls `tell`: what a fragment took would be told nowhere.
    """
    field = Markup('<input type="hidden" name="csrf" value="{}">').format(visit.csrf)
    return _ENVIRONMENT.get_template(template).render(
        visit=visit,
        user=visit.user,
        site=visit.site,
        csrf_field=field,
        tell=visit.tell,
        path=visit.request.path,
        notices=visit.site.notices() if visit.user else [],
        **values,
    )
