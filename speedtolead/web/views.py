"""What several resources show alike: ISO 8601 UTC with Z, money as decimal strings, problems, findings, returns.

Owns: these shapes, as pydantic models, from which ``/openapi.json`` is made as well. What only one resource shows
stands beside its routes, and a lead in ``lead_views``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, PlainSerializer

from speedtolead.service.times import iso
from speedtolead.store.returns import ClaimRow

Instant = Annotated[datetime, PlainSerializer(lambda at: iso(at.astimezone(UTC)), return_type=str)]
Money = Annotated[Decimal, PlainSerializer(lambda amount: format(amount.normalize(), "f"), return_type=str)]


class FieldError(BaseModel):
    field: str
    code: str
    message: str


class ProblemView(BaseModel):
    """An error (RFC 9457). ``code`` is stable."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldError] = []
    lead_id: UUID | None = None


ERRORS: dict[int, type[BaseModel] | str] = {401: ProblemView, 403: ProblemView}
"""The answers of every route that asks for a key."""


class ScorePartView(BaseModel):
    name: str
    points: int
    words: str
    inputs: dict[str, Any]


class FindingView(BaseModel):
    """One check at intake: what it looked at, and what follows."""

    check: str
    verdict: str
    field: str
    reason: str = ""
    words: str = ""
    points: int = 0
    inputs: dict[str, Any] = {}


class OutcomeView(BaseModel):
    """``not_claimed``: why a return led to no claim."""

    outcome_id: UUID
    kind: str
    value: Money | None
    reason: str | None
    note: str | None
    occurred_at: Instant
    reported_at: Instant
    reported_by: str
    not_claimed: str | None


class ReturnView(BaseModel):
    """A claim for a bad lead. ``suspected``: by what the carrier said only; from ``deadline`` on it is too late."""

    return_id: UUID
    lead_id: UUID
    external_id: str | None
    source: str
    received_at: Instant
    phone: str | None
    state: str
    reason: str
    suspected: bool
    evidence: list[dict[str, Any]]
    amount: Money | None
    note: str | None
    prepared_at: Instant
    deadline: Instant
    sent_at: Instant | None
    decided_at: Instant | None


def return_view(row: ClaimRow) -> ReturnView:
    fields = {name: getattr(row, name) for name in ReturnView.model_fields if name != "return_id"}
    return ReturnView(return_id=row.claim_id, **fields)


class Rate(BaseModel):
    """A share with its denominator and 95 % Wilson interval."""

    value: float | None
    numerator: int
    denominator: int
    interval_95: list[float] | None
