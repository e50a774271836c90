from typing import Any

import pytest

from screener.web.api.document import document
from screener.web.api.pages import ROUTES

DOCUMENT = document(ROUTES)


def operation(method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][path][method]
    return found


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    found: set[str] = set()

    def look(part: object) -> None:
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                found.add(part["$ref"].rpartition("/")[2])
            for inner in part.values():
                look(inner)
        elif isinstance(part, list):
            for inner in part:
                look(inner)

    look(DOCUMENT)
    assert found == set(DOCUMENT["components"]["schemas"])


def test_filters_are_parameters_with_their_bounds() -> None:
    told = {one["name"]: one for one in operation("get", "/api/v1/calls")["parameters"]}
    assert told["limit"]["schema"]["maximum"] == 1_000
    assert told["limit"]["schema"]["default"] == 50
    assert told["number"]["schema"]["pattern"] == "^[0-9a-f]{32}$"
    assert "default" not in told["number"]["schema"]
    assert {one["in"] for one in told.values()} == {"query"}


def test_parts_of_an_address_are_required() -> None:
    told = operation("get", "/api/v1/calls/{id}")["parameters"]
    assert [(one["name"], one["in"], one["required"]) for one in told] == [("id", "path", True)]


def test_a_body_is_required_json() -> None:
    told = operation("post", "/api/v1/pause")["requestBody"]
    assert told["required"] is True
    assert list(told["content"]) == ["application/json"]
    assert "requestBody" not in operation("delete", "/api/v1/pause")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_answer_has_a_shape_and_every_refusal_the_same(route: Any) -> None:  # noqa: ANN401 - pytest's ids
    told = operation(route.method.lower(), route.path)["responses"]
    shapes = {
        code: one["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for code, one in told.items()
    }
    assert shapes.pop("200") == route.answer.__name__
    assert set(shapes.values()) == {"Refused"}
    assert {int(code) for code in shapes} == set(route.statuses())


def test_what_is_sent_and_told_has_no_unknown_fields() -> None:
    open_ones = {"Status"}
    for name, schema in DOCUMENT["components"]["schemas"].items():
        if schema["type"] == "object" and name not in open_ones:
            assert schema["additionalProperties"] is False, name
