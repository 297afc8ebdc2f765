"""Answering a vendor in the vendor's own words: a status and a body, by the source's template.

Owns: what a template may name. A template that fails on a value answers with our own words instead, and is logged:
the lead is stored by then.

In a template: ``lead_id``, ``status`` (accepted, touched, refused), ``code`` and ``detail`` of a refusal (else
empty), ``price`` (else empty).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import structlog
from jinja2 import Template, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from speedtolead.domain.source import Reply

log = structlog.get_logger(__name__)

_PLAIN = SandboxedEnvironment(autoescape=False)
_MARKUP = SandboxedEnvironment(autoescape=True)


@dataclass(frozen=True, slots=True)
class Said:
    """An answer to be sent as it is."""

    status: int
    content_type: str
    body: str


def money(amount: Decimal) -> str:
    """Two decimals where that says it all: 31.50, 0.0125."""
    short = amount.quantize(Decimal("0.01"))
    return str(short if short == amount else amount.normalize())


@lru_cache(maxsize=1024)
def _compiled(text: str, markup: bool) -> Template:
    return (_MARKUP if markup else _PLAIN).from_string(text)


def reply(terms: Reply, status: int, answer: dict[str, Any], price: Decimal | None = None) -> Said:
    """The vendor's answer for ours: ``answer`` is the body that the API would give."""
    taken = status < 400
    text = terms.accepted if taken else terms.refused
    given = {
        "lead_id": answer.get("lead_id", ""),
        "status": answer.get("status", "") if taken else "refused",
        "code": answer.get("code", ""),
        "detail": answer.get("detail", ""),
        "price": money(price) if price is not None and taken else "",
    }
    try:
        body = _compiled(text, terms.content_type == "application/xml").render(given)
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        log.warning("reply.template_failed", error=type(error).__name__)
        body = f"{given['status']} {given['code']}".strip()
    return Said(200 if taken else terms.refused_status, terms.content_type, body)
