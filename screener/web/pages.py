"""All pages of the web admin in one table; a page that stands in none of these is not served."""

from screener.web import (
    account_page,
    calls_pages,
    incident_pages,
    live_pages,
    signing_in,
    tokens_page,
    users_page,
)
from screener.web.api import pages as api_pages
from screener.web.page import Page


def all_pages() -> tuple[Page, ...]:
    """Return every page there is."""
    return (
        *signing_in.PAGES,
        *live_pages.PAGES,
        *calls_pages.PAGES,
        *incident_pages.PAGES,
        *account_page.PAGES,
        *users_page.PAGES,
        *tokens_page.PAGES,
        *api_pages.PAGES,
    )
