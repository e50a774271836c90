"""All pages of the web admin in one table; a page that stands in none of these is not served."""

from screener.web import (
    account_page,
    audit_pages,
    calls_pages,
    incident_pages,
    list_files_page,
    list_pages,
    live_pages,
    metrics_page,
    signing_in,
    tokens_page,
    tune_apply,
    tune_history,
    tune_pages,
    tune_replay,
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
        *list_pages.PAGES,
        *list_files_page.PAGES,
        *audit_pages.PAGES,
        *tune_pages.PAGES,
        *tune_replay.PAGES,
        *tune_apply.PAGES,
        *tune_history.PAGES,
        *account_page.PAGES,
        *users_page.PAGES,
        *tokens_page.PAGES,
        *metrics_page.PAGES,
        *api_pages.PAGES,
    )
