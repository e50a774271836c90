"""All pages about calls, in the order in which their routes are looked at."""

from screener.web import (
    call_deeds,
    call_page,
    calls_export,
    calls_list,
    calls_saved,
    calls_stream,
)

PAGES = (
    *calls_list.PAGES,
    *calls_stream.PAGES,
    *calls_export.PAGES,
    *calls_saved.PAGES,
    *call_deeds.PAGES,
    *call_page.PAGES,
)
