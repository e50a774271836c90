"""The OpenAPI 3.1 document of the API, made from the table of routes: the two cannot differ.

Written for tools; people read `docs/web.md`.
"""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from screener import __version__
from screener.web.api.route import ApiRoute
from screener.web.api.serving import JSON, PATH_PARTS
from screener.web.api.shapes import Refused

VERSION = "3.1.0"
_REFS = "#/components/schemas/{model}"
_TOKEN = "token"  # noqa: S105 - the name of a scheme

_PARTS: dict[str, dict[str, Any]] = {
    "id": {"type": "string", "description": "A call's id, from the log."},
    "number": {"type": "integer", "minimum": 1, "maximum": 999_999_999},
}

Object = dict[str, Any]
Modes = dict[tuple[type[BaseModel], JsonSchemaMode], Object]


def document(routes: Iterable[ApiRoute]) -> Object:
    """Return the document of the routes."""
    table = tuple(routes)
    schemas, definitions = _schemas(table)
    paths: dict[str, Object] = {}
    for route in table:
        operations = paths.setdefault(route.path, {})
        operations[route.method.lower()] = _operation(route, schemas, definitions)
    for route in table:
        if route.query is not None:  # told as parameters
            definitions.pop(_name_of(schemas[route.query, "validation"]), None)
    return {
        "openapi": VERSION,
        "info": {
            "title": "Screener",
            "version": __version__,
            "description": "What people do with a site, for programs. Numbers are masked but in "
            "what `reveal` answers.",
        },
        "servers": [{"url": "/"}],
        "security": [{_TOKEN: []}],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {
                _TOKEN: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of the account page. The session of a browser does as "
                    "well, with its secret in the header X-CSRF for what changes anything.",
                }
            },
        },
    }


def _schemas(routes: tuple[ApiRoute, ...]) -> tuple[Modes, Object]:
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(Refused, "serialization")]
    for route in routes:
        wanted.append((route.answer, "serialization"))
        wanted += [(model, "validation") for model in (route.query, route.body) if model]
    found, whole = models_json_schema(list(dict.fromkeys(wanted)), ref_template=_REFS)
    # pydantic's own types of what it returns are wider than what it returns.
    return dict(found), dict(whole["$defs"])  # type: ignore[arg-type]


def _operation(route: ApiRoute, schemas: Modes, definitions: Object) -> Object:
    told: Object = {
        "operationId": route.name,
        "summary": route.summary,
        "description": f"Needs the role {route.role}.",
        "responses": {
            "200": _response("Done", schemas[route.answer, "serialization"]),
            **{
                str(status.value): _response(status.phrase, schemas[Refused, "serialization"])
                for status in route.statuses()
            },
        },
    }
    if parameters := [*_path_parameters(route), *_query_parameters(route, schemas, definitions)]:
        told["parameters"] = parameters
    if route.body is not None:
        schema = schemas[route.body, "validation"]
        told["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    return told


def _response(text: str, schema: Object) -> Object:
    return {"description": text, "content": {JSON: {"schema": schema}}}


def _path_parameters(route: ApiRoute) -> Iterable[Object]:
    for name, pattern in PATH_PARTS.items():
        if f"{{{name}}}" in route.path:
            part = _PARTS[name]
            shape = part if part["type"] == "integer" else {**part, "pattern": pattern}
            yield {"name": name, "in": "path", "required": True, "schema": shape}


def _query_parameters(route: ApiRoute, schemas: Modes, definitions: Object) -> Iterable[Object]:
    if route.query is None:
        return
    model = definitions[_name_of(schemas[route.query, "validation"])]
    for name, schema in model["properties"].items():
        told: Object = {"name": name, "in": "query", "schema": _plain(schema)}
        if name in model.get("required", ()):
            told["required"] = True
        yield told


def _name_of(reference: Object) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _plain(schema: Object) -> Object:
    """Return the schema without the null that stands for a parameter that is left out."""
    kept = {name: value for name, value in schema.items() if name not in {"title", "anyOf"}}
    if kept.get("default", ...) is None:
        del kept["default"]
    choices = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    return {**choices[0], **kept} if choices else kept
