"""All pages of the web admin in one table; a page that stands in none of these is not served."""

from screener.web import live_pages, signing_in
from screener.web.page import Page


def all_pages() -> tuple[Page, ...]:
    """Return every page there is."""
    return (*signing_in.PAGES, *live_pages.PAGES)
