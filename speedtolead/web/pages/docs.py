"""The API's documentation, from the same document as ``/openapi.json``.

Owns: its reading order, and an example for each operation. Must not know: what an operation does; whatever is added
to the API appears here by itself.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from speedtolead.web import auth, openapi
from speedtolead.web.pages import render
from speedtolead.web.services import SERVICES

_REF = "#/components/schemas/"
_BODIES: dict[str, dict[str, Any]] = {
    "post_lead": {
        "phone": "+12125550142",
        "first_name": "Ada",
        "state": "NY",
        "consent": {"channels": ["call"], "text": "I agree to be called."},
    },
    "preview_permits": {
        "campaign": "auto",
        "channel": "call",
        "phone": "+12155550142",
        "state": "PA",
        "postal_code": "19103",
        "consent": {"channels": ["call"], "text": "I agree to be called."},
    },
    "suppress": {"phone": "+12125550142", "reason": "asked not to be contacted"},
    "set_agent_state": {"state": "available"},
    "report_outcome": {"kind": "sale", "value": "1200.00"},
    "act_on_return": {"action": "credit", "note": "on the next invoice"},
    "send_returns": {"source": "partner"},
    "dry_run": {
        "mapping": {"fields": {"phone": "mobile", "consent.channels": {"const": ["call"]}}},
        "body": {"mobile": "+12125550142"},
    },
}
_LIMITS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "maxItems": "at most {} items",
    "pattern": "matches {}",
}


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: str
    required: bool
    about: str
    model: str | None
    """The model that this field holds, if any; it has a table of its own."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    about: str
    kind: str
    model: str | None


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    method: str
    path: str
    summary: str
    parameters: list[Field]
    body: list[Field]
    body_types: list[str]
    answers: list[Answer]
    curl: str


@dataclass(frozen=True, slots=True)
class Model:
    name: str
    about: str
    fields: list[Field]


async def show(request: web.Request) -> web.Response:
    document = request.app[openapi.DOCUMENT]
    return render.page(
        request,
        "docs.html",
        await auth.session_of(request),
        info=document["info"],
        url=request.app[SERVICES].public_url,
        operations=operations(document, request.app[SERVICES].public_url),
        models=models(document),
    )


def operations(document: dict[str, Any], url: str) -> list[Operation]:
    return [
        _operation(document, url, path, method, one)
        for path, methods in document["paths"].items()
        for method, one in methods.items()
    ]


def models(document: dict[str, Any]) -> list[Model]:
    """Those that a body or an answer refers to."""
    referred = {ref.removeprefix(_REF) for ref in re.findall(_REF + r"\w+", json.dumps(document))}
    return [
        Model(name, schema.get("description") or _values(schema), _fields(schema))
        for name, schema in sorted(document["components"]["schemas"].items())
        if name in referred
    ]


def _operation(document: dict[str, Any], url: str, path: str, method: str, one: dict[str, Any]) -> Operation:
    content = one.get("requestBody", {}).get("content", {})
    schema = next((_resolved(document, kind["schema"]) for kind in content.values()), None)
    example = _body(document, one["operationId"], schema)
    return Operation(
        name=one["operationId"],
        method=method.upper(),
        path=path,
        summary=one["summary"],
        parameters=[_field(p["name"], p["schema"], p["required"], p["in"]) for p in one.get("parameters", [])],
        body=_fields(schema) if schema else [],
        body_types=list(content),
        answers=[_answer(status, answer) for status, answer in one["responses"].items()],
        curl=_curl(url + path, method.upper(), example),
    )


def _answer(status: str, answer: dict[str, Any]) -> Answer:
    for kind, content in answer.get("content", {}).items():
        return Answer(status, answer["description"], kind, _model(content["schema"]))
    return Answer(status, answer["description"], "", None)


def _fields(schema: dict[str, Any]) -> list[Field]:
    required = set(schema.get("required", []))
    return [_field(name, inner, name in required) for name, inner in schema.get("properties", {}).items()]


def _field(name: str, schema: dict[str, Any], required: bool, place: str = "") -> Field:
    about = [f"in {place}" if place == "path" else "", schema.get("description", ""), *_limits(schema)]
    if isinstance(schema.get("default"), str | int | float):
        about.append(f"default {json.dumps(schema['default'])}")
    return Field(name, _type(schema), required, "; ".join(filter(None, about)), _model(schema))


def _values(schema: dict[str, Any]) -> str:
    return f"One of {', '.join(map(str, schema['enum']))}." if "enum" in schema else ""


def _limits(schema: dict[str, Any]) -> list[str]:
    shapes = [schema, *schema.get("anyOf", [])]
    return [words.format(shape[name]) for shape in shapes for name, words in _LIMITS.items() if name in shape]


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_REF)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(inner) for inner in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    kind = str(schema.get("type", "any"))
    return f"{kind} ({schema['format']})" if "format" in schema else kind


def _model(schema: dict[str, Any]) -> str | None:
    """The model that is named anywhere in a schema."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_REF)
    inner = [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]
    return next(filter(None, map(_model, inner)), None)


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = _model(schema)
    found: dict[str, Any] = document["components"]["schemas"][name] if name else schema
    return found


def _body(document: dict[str, Any], operation: str, schema: dict[str, Any] | None) -> Any:
    if schema is None:
        return None
    return _BODIES.get(operation) or _example(document, schema)


def _example(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    """Something of the right shape: the required fields only."""
    shape = _resolved(document, schema) if "$ref" in schema else schema
    if "anyOf" in shape:
        return _example(document, shape["anyOf"][0])
    if "properties" in shape:
        required = shape.get("required", [])
        return {name: _example(document, shape["properties"][name]) for name in required}
    if "enum" in shape:
        return shape["enum"][0]
    by_type: dict[str, Any] = {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}
    return by_type.get(shape.get("type", ""), "…")


def _curl(address: str, method: str, body: Any) -> str:
    how = "" if method == "GET" else f"-X {method} "
    lines = [f"curl {how}{_filled(address)}", "  -H 'Authorization: Bearer KEY'"]
    if body is not None:
        lines += ["  -H 'Content-Type: application/json'", f"  -d '{json.dumps(body, ensure_ascii=False)}'"]
    return " \\\n".join(lines)


def _filled(address: str) -> str:
    """``{lead_id}`` reads LEAD_ID."""
    return re.sub(r"{(\w+)}", lambda match: match[1].upper(), address)
