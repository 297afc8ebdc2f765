"""``/openapi.json`` and ``/docs``: the whole API, made from the same declarations that serve it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from speedtolead import __version__
from speedtolead.service.intake.fields import LeadBody
from speedtolead.web.endpoint import Endpoint

DOCUMENT = web.AppKey("openapi", dict[str, Any])
_REF = "#/components/schemas/{model}"
_TITLES = {
    200: "Done",
    201: "Made",
    202: "Accepted: stored, and on its way",
    204: "Done",
    400: "The body cannot be read",
    401: "No key, or one that is not in force",
    403: "Not with this key",
    404: "No such thing in this account",
    409: "Not with this one as it is; `code` says why",
    413: "The body is too large",
    415: "Neither JSON nor a form",
    422: "Refused; `code` says why",
    503: "Could not be stored; try again after `Retry-After`",
}


def document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    endpoints = list(endpoints)
    models = {
        model
        for endpoint in endpoints
        for model in (endpoint.body, endpoint.query, *endpoint.responses.values())
        if isinstance(model, type)
    }
    inputs = {model for e in endpoints for model in (e.body, e.query) if model is not None}
    named = [(model, "validation" if model in inputs else "serialization") for model in models]
    named.sort(key=lambda pair: pair[0].__name__)
    schemas, definitions = models_json_schema(named, ref_template=_REF)  # type: ignore[arg-type]
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        place = paths.setdefault(endpoint.path, {})
        place[endpoint.method.lower()] = _operation(endpoint, schemas, definitions)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Speed to Lead", "version": __version__, "description": _ABOUT},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}],
    }


_ABOUT = (
    "Post leads, follow each one to the call, read the numbers. A source's key posts and reads that "
    "source's leads; an account's key may do all of the account. Errors are problem+json with a stable code."
)


def _operation(endpoint: Endpoint, schemas: Any, definitions: Any) -> dict[str, Any]:
    operation: dict[str, Any] = {"summary": endpoint.summary, "operationId": endpoint.handler.__name__}
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", endpoint.path)
    ]
    if endpoint.query is not None:
        parameters += _query_parameters(endpoint.query, definitions)
    if parameters:
        operation["parameters"] = parameters
    if endpoint.body is not None:
        schema = _or_list(endpoint, schemas[endpoint.body, "validation"])
        content = {"application/json": {"schema": schema}}
        if endpoint.body is LeadBody:
            content["application/x-www-form-urlencoded"] = {"schema": schema}
        operation["requestBody"] = {"required": True, "content": content}
    operation["responses"] = {
        str(status): _response(endpoint, status, model, schemas)
        for status, model in sorted(endpoint.responses.items())
    }
    return operation


def _query_parameters(model: type[BaseModel], definitions: Any) -> list[dict[str, Any]]:
    schema = definitions["$defs"][model.__name__]
    required = set(schema.get("required", []))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": inner}
        for name, inner in schema["properties"].items()
    ]


def _response(endpoint: Endpoint, status: int, model: type[BaseModel] | str, schemas: Any) -> dict[str, Any]:
    response: dict[str, Any] = {"description": _TITLES.get(status, "Answer")}
    kind = endpoint.content if status < 400 else "application/problem+json"
    if isinstance(model, type):
        schema = schemas[model, "serialization"]
        response["content"] = {kind: {"schema": _or_list(endpoint, schema) if status < 400 else schema}}
    elif status == 200:
        response["content"] = {kind: {"schema": {"type": "string"}}}
    return response


def _or_list(endpoint: Endpoint, schema: Any) -> Any:
    if endpoint.most is None:
        return schema
    return {"anyOf": [schema, {"type": "array", "items": schema, "minItems": 1, "maxItems": endpoint.most}]}


async def show(request: web.Request) -> web.Response:
    return web.Response(text=json.dumps(request.app[DOCUMENT]), content_type="application/json")
