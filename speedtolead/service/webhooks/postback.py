"""Postbacks: what became of a lead, told to its vendor in the vendor's own words.

Owns: what a template may name, how each value is escaped in it, and the request that comes of it. Must not know:
when it is sent, or how often. Nothing of a person is sent that the template does not name. A template that fails on
a lead makes no request (``Unmakable``): the delivery is given up, and can be told again with a better template.

In a template, each empty where it is not known:

* ``event``, ``at`` (ISO 8601), ``timestamp`` (seconds), ``message_id`` (the same on every try), ``reason``
* ``lead``: ``lead_id``, ``external_id``, ``cost``, ``received_at``, ``source``, ``campaign``, ``status``,
  ``phone``, ``email``, ``first_name``, ``last_name``, ``city``, ``state``, ``postal_code``, and ``attributes``
* ``outcome``: ``outcome_id``, ``kind``, ``value``, ``occurred_at``
* ``claim``: ``return_id``, ``amount``
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from jinja2 import ChainableUndefined, StrictUndefined, Template, TemplateError, Undefined, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.service.times import iso

LONGEST_URL = 8000
LEAD_FIELDS = (
    *("lead_id", "external_id", "cost", "received_at", "source", "campaign", "status"),
    *("phone", "email", "first_name", "last_name", "city", "state", "postal_code"),
)
OUTCOME_FIELDS = ("outcome_id", "kind", "value", "occurred_at")
CLAIM_FIELDS = ("return_id", "amount")
_MONEY = frozenset({"cost", "value", "amount"})
_CONTENT_TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
_MAKABLE = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem),
    *(nodes.Slice, nodes.Filter, nodes.Keyword, nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand),
    *(nodes.And, nodes.Or, nodes.Not, nodes.Test, nodes.EvalContextModifier),
)
"""No loops and no sums: a template is as long as what it names."""


class Unmakable(SpeedToLeadError):
    """No request can be made of this event; the message names no value."""

    code = "postback_template"


@dataclass(frozen=True, slots=True)
class Postback:
    """How a vendor wants to be told: templates of the address and the body."""

    method: str
    url: str
    content: str
    body: str | None

    def to_json(self) -> dict[str, Any]:
        """All but the address, which is kept apart."""
        return {"method": self.method, "content": self.content, "body": self.body}


@dataclass(frozen=True, slots=True)
class Told:
    """One request, ready to be sent."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


def postback(url: str, kept: Mapping[str, Any]) -> Postback:
    return Postback(kept["method"], url, kept["content"], kept["body"])


def told(terms: Postback, facts: Mapping[str, Any]) -> Told:
    """The request that tells these facts. Raises Unmakable."""
    url = _rendered("url", terms.url, facts)
    if len(url) > LONGEST_URL:
        raise Unmakable(f"the url is longer than {LONGEST_URL} characters")
    if terms.body is None:
        return Told(terms.method, url, {}, b"")
    body = _rendered(terms.content, terms.body, facts)
    if terms.content == "json" and not _is_json(body):
        raise Unmakable("the body is not JSON")
    return Told(terms.method, url, {"Content-Type": _CONTENT_TYPES[terms.content]}, body.encode())


def facts(
    kind: str, at: datetime, message_id: str, data: Mapping[str, Any], lead: Mapping[str, Any]
) -> dict[str, Any]:
    """What a template may name of one event. ``data`` is the event's own; ``lead`` is the lead as it is kept."""
    of_outcome = kind.startswith("outcome.") or kind == "lead.returned"
    of_claim = kind.startswith("return.")
    return {
        "event": kind,
        "at": iso(at),
        "timestamp": int(at.timestamp()),
        "message_id": message_id,
        "reason": data.get("reason") or "",
        "lead": _named(LEAD_FIELDS, lead) | {"attributes": lead["attributes"]},
        "outcome": _named(OUTCOME_FIELDS, data if of_outcome else {}),
        "claim": _named(CLAIM_FIELDS, data if of_claim else {}),
    }


def examples(kind: str, at: datetime) -> Iterator[dict[str, Any]]:
    """The facts of an event of this kind: of a lead that says everything, and of one that says next to nothing."""
    known = {name: "1.00" if name in _MONEY else "x" for name in (*LEAD_FIELDS, *OUTCOME_FIELDS, *CLAIM_FIELDS)}
    for given in ({**known, "attributes": _Anything()}, {"lead_id": "x", "attributes": {}}):
        yield facts(kind, at, "msg_x", given, given)


def problem(terms: Postback, kind: str, at: datetime) -> str | None:
    """What is wrong with these templates for events of this kind, in words; None: nothing."""
    full, bare = examples(kind, at)
    try:
        _rendered("url", terms.url, full, strict=True)
        if terms.body is not None:
            _rendered(terms.content, terms.body, full, strict=True)
        told(terms, full)
    except Unmakable as error:
        return f"for {kind}: {error}"
    try:
        told(terms, bare)
    except Unmakable as error:
        return f"for {kind} of a lead that says little: {error}"
    return None


def _named(names: tuple[str, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: "" if given.get(name) is None else given[name] for name in names}
    return {name: _money(value) if name in _MONEY else value for name, value in found.items()}


def _money(value: Any) -> str:
    """Two decimals, or more where there are more."""
    if value == "":
        return ""
    amount = Decimal(str(value))
    return f"{amount:.2f}" if round(amount, 2) == amount else format(amount.normalize(), "f")


def _text(value: object) -> str:
    if value is None or isinstance(value, Undefined):
        return str(value or "")  # an undefined name is an error where it is to be one
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _in_url(value: object) -> str:
    """One part of an address, whatever is in it; dots alone would be a way to another place."""
    text = _text(value)
    return "" if text in {".", ".."} else quote(text, safe="")


def _in_json(value: object) -> str:
    """The inside of a JSON string, or a number; what ``tojson`` made is whole already."""
    return str(value) if isinstance(value, Markup) else json.dumps(_text(value))[1:-1]


def _in_form(value: object) -> str:
    return quote(_text(value), safe="")


def _tojson(value: object) -> Markup:
    return Markup(json.dumps(None if _text(value) == "" else value, default=str))


def _default(value: object, otherwise: object = "") -> object:
    return otherwise if _text(value) == "" else value


def _sha256(value: object) -> str:
    """As vendors match people by; nothing stays nothing."""
    text = _text(value)
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


_ESCAPES: dict[str, Callable[[object], str]] = {"url": _in_url, "json": _in_json, "form": _in_form}
_FILTERS: dict[str, Callable[..., object]] = {
    "default": _default,
    "d": _default,
    "tojson": _tojson,
    "sha256": _sha256,
}
_PLAIN_FILTERS = ("lower", "upper", "trim", "truncate", "int", "round")


@lru_cache(maxsize=16)
def _environment(place: str, strict: bool) -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined if strict else ChainableUndefined, autoescape=False, finalize=_ESCAPES[place]
    )
    made.filters = {name: made.filters[name] for name in _PLAIN_FILTERS} | _FILTERS
    return made


@lru_cache(maxsize=1024)
def _compiled(place: str, text: str, strict: bool) -> Template:
    """Raises jinja2.TemplateError where the text is no template, or says what it may not."""
    environment = _environment(place, strict)
    parsed = environment.parse(text)
    for node in parsed.find_all(nodes.Node):
        if not isinstance(node, _MAKABLE):
            raise TemplateError(f"{type(node).__name__} is not available here")
        if isinstance(node, nodes.Filter) and node.name not in environment.filters:
            raise TemplateError(f"there is no filter {node.name}")
    _name_one_by_one(parsed)
    return environment.from_string(text)


def _name_one_by_one(node: nodes.Node) -> None:
    """Raises TemplateError where a template would send all of a lead, or all of its attributes, at once."""
    for inner in node.iter_child_nodes():
        whole = _whole(inner)
        if whole is not None and _part(node) is None:
            raise TemplateError(f"say which part of {whole}")
        _name_one_by_one(inner)


def _whole(node: nodes.Node) -> str | None:
    """The name of what holds many values, if this is one."""
    if isinstance(node, nodes.Name) and node.name in {"lead", "outcome", "claim"}:
        return str(node.name)
    if isinstance(node, nodes.Getattr | nodes.Getitem) and _part(node) == "attributes":
        whole = _whole(node.node)
        return f"{whole}.attributes" if whole == "lead" else None
    return None


def _part(node: nodes.Node) -> object:
    """The part that is named of a value; None where none is, or one that only the lead tells."""
    if isinstance(node, nodes.Getattr):
        return node.attr
    return node.arg.value if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) else None


def _rendered(place: str, text: str, given: Mapping[str, Any], *, strict: bool = False) -> str:
    what = "url" if place == "url" else "body"
    try:
        return _compiled(place, text, strict).render(given)
    except TemplateError as error:
        raise Unmakable(f"the {what} is not a template that can be filled: {error.message}") from None
    except Exception as error:
        raise Unmakable(f"the {what} cannot be filled: {type(error).__name__}") from None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


class _Anything(dict[str, Any]):
    """Attributes of a lead that has every one that is asked for."""

    def __missing__(self, name: str) -> str:
        return "1"
