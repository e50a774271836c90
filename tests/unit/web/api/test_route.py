from http import HTTPStatus

import pytest

from screener.web.api.pages import ROUTES
from screener.web.api.route import ApiError, ApiRoute
from screener.web.api.shapes import Problem


def route(name: str) -> ApiRoute:
    return next(one for one in ROUTES if one.name == name)


@pytest.mark.parametrize(
    ("name", "status", "told"),
    [
        ("show_call", HTTPStatus.NOT_FOUND, True),
        ("list_calls", HTTPStatus.NOT_FOUND, False),
        ("list_calls", HTTPStatus.TOO_MANY_REQUESTS, True),
        ("pause_screening", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, True),
        ("pause_screening", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, True),
        ("resume_screening", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, False),
        ("undo_review", HTTPStatus.CONFLICT, True),
        ("show_status", HTTPStatus.SERVICE_UNAVAILABLE, True),
    ],
)
def test_a_route_tells_what_it_may_refuse(name: str, status: HTTPStatus, told: bool) -> None:
    assert (status in route(name).statuses()) is told


def test_an_error_keeps_its_status_and_parts() -> None:
    part = Problem(where="query.x", text="is not known here")
    error = ApiError(HTTPStatus.NOT_FOUND, "nothing there", (part,))
    assert (error.status, str(error), error.problems) == (404, "nothing there", (part,))
