"""The whole API: the table of its routes, their pages, and the document that tells of them."""

from screener.web.api import calls, reviews, site
from screener.web.api.document import document
from screener.web.api.route import ApiRoute, Asked
from screener.web.api.serving import Gate, page_of
from screener.web.api.shapes import Open, Told
from screener.web.page import Page, Role


class Document(Told):
    """An OpenAPI document (https://spec.openapis.org/oas/v3.1.0)."""

    openapi: str
    info: Open
    servers: list[Open]
    security: list[Open]
    paths: dict[str, Open]
    components: Open


async def show_document(_asked: Asked) -> Document:
    """Tell of all routes."""
    return _DOCUMENT


ROUTES: tuple[ApiRoute, ...] = (
    *site.ROUTES,
    *calls.ROUTES,
    *reviews.ROUTES,
    ApiRoute(
        *("GET", "/api/v1/openapi.json", Role.VIEWER, "This document", show_document, Document)
    ),
)

_DOCUMENT = Document.model_validate(document(ROUTES))
_GATE = Gate()

PAGES: tuple[Page, ...] = tuple(page_of(route, _GATE) for route in ROUTES)
