"""What the agent hears before pressing 1, and a lead who waits: the campaign's templates, filled with the lead.

Templates are sandboxed and cannot fail a dial: a field that the lead does not have is left out.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Protocol

from jinja2 import ChainableUndefined, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_SPOKEN = 600
_UNSPOKEN = re.compile("[\x00-\x08\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_environment = ImmutableSandboxedEnvironment(undefined=ChainableUndefined, autoescape=False)


_SAYABLE = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Filter,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Test,
    nodes.Concat,
    nodes.EvalContextModifier,
    nodes.Add,
)
_FILTERS = {
    "default",
    "d",
    "upper",
    "lower",
    "title",
    "capitalize",
    "trim",
    "truncate",
    "first",
    "last",
    "length",
    "int",
}


class LeadWords(Protocol):
    """The fields of a lead that a template may use, under ``lead``."""

    @property
    def first_name(self) -> str | None: ...
    @property
    def last_name(self) -> str | None: ...
    @property
    def city(self) -> str | None: ...
    @property
    def region(self) -> str | None: ...
    @property
    def postal_code(self) -> str | None: ...
    @property
    def attributes(self) -> dict[str, object]: ...
    @property
    def source_name(self) -> str: ...


@lru_cache(maxsize=1024)
def compiled(text: str) -> Template:
    """Raises jinja2.TemplateError where the text is no template."""
    parsed(text)
    return _environment.from_string(text)


def parsed(text: str) -> nodes.Template:
    """The template's parts. Raises jinja2.TemplateError where the text is no template, or asks for too much."""
    template = _environment.parse(text)
    for node in template.find_all(nodes.Node):
        if not isinstance(node, _SAYABLE) or (isinstance(node, nodes.Filter) and node.name not in _FILTERS):
            raise TemplateError(f"{type(node).__name__} is not available in a template")
    return template


def whisper(text: str, lead: LeadWords, campaign: str, seller: str) -> str:
    """The words to say, at most ``MAX_SPOKEN`` characters; a template that fails says the plain sentence."""
    return _said(text, lead, campaign, seller, "New lead. Press 1 to take it.")


def greeting(text: str, lead: LeadWords, campaign: str, seller: str) -> str | None:
    """What a lead hears who answered before an agent is there; None: nothing is said. Who calls, if it fails."""
    return _said(text, lead, campaign, seller, f"This is {seller}.") or None


def left(text: str, lead: LeadWords, campaign: str, seller: str) -> str:
    """What is left with a machine; a template that fails says only that the seller calls about the request."""
    return _said(text, lead, campaign, seller, "We called about the request that you made.")


def _said(text: str, lead: LeadWords, campaign: str, seller: str, otherwise: str) -> str:
    fields = {
        "first_name": lead.first_name or "",
        "last_name": lead.last_name or "",
        "city": lead.city or "",
        "state": lead.region or "",
        "postal_code": lead.postal_code or "",
        "attributes": lead.attributes,
    }
    try:
        said = compiled(text).render(
            lead=fields, source={"name": lead.source_name}, campaign={"name": campaign, "seller": seller}
        )
    except Exception:
        said = otherwise
    return " ".join(_UNSPOKEN.sub("", said).split())[:MAX_SPOKEN]
