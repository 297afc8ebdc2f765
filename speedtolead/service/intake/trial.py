"""Trying a post: how a mapping reads it, and what would be said of the lead. Nothing is stored, nobody is called.

Owns: the trial's answer. Must not know: HTTP, or who asks.

It is judged as a lead is, with two exceptions. Providers are not asked: that costs money, and an answer is stored.
And what only the database can say at the very moment of storing is left out: duplicates, caps, suppressions and
what a ping has promised.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from speedtolead.domain.checks import Finding, Verdict
from speedtolead.domain.criteria import Miss
from speedtolead.domain.mapping import IDENTITY, Mapping, Traced
from speedtolead.domain.price import price_of
from speedtolead.domain.score import Known, Penalty, Score, score
from speedtolead.ports import Clock
from speedtolead.ports.connectors import Incoming
from speedtolead.service.intake import fields as fields_of_lead
from speedtolead.service.intake.fields import FieldError, FieldErrors
from speedtolead.service.intake.histories import Histories, SourceHistories
from speedtolead.service.intake.kept import ours
from speedtolead.service.intake.post import LeadPost
from speedtolead.service.intake.standing import Standing
from speedtolead.service.intake.taking import Intake
from speedtolead.store.intake import SourceRow


@dataclass(frozen=True, slots=True)
class Trial:
    """What would become of a post.

    ``errors``: fields that cannot be read; then nothing was judged. ``score`` and ``price`` are those of a lead
    that would be taken; ``price`` is None where none is agreed. ``not_asked``: providers that a real post would
    wait for.
    """

    fields: dict[str, Any]
    trace: tuple[Traced, ...]
    unused: tuple[str, ...]
    errors: tuple[FieldError, ...] = ()
    code: str | None = None
    detail: str | None = None
    findings: tuple[Finding, ...] = ()
    score: Score | None = None
    price: Decimal | None = None
    not_asked: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        return self.code is None


class Trials:
    def __init__(self, intake: Intake, histories: SourceHistories, clock: Clock) -> None:
        self._intake = intake
        self._histories = histories
        self._clock = clock

    def map(self, mapping: Mapping | None, lead: Incoming) -> Trial:
        """The mapping alone: our fields, and how each was found."""
        mapped = (mapping or IDENTITY).apply(lead.fields)
        fields = mapped.fields if mapping is None else ours(mapping, lead)
        return Trial(fields, mapped.trace, mapped.unused)

    async def run(
        self, row: SourceRow, mapping: Mapping | None, lead: Incoming, *, via: str, content_type: str
    ) -> Trial:
        """Map it and judge it. Raises DatabaseAway."""
        tried, now = self.map(mapping, lead), self._clock.now()
        try:
            post = fields_of_lead.read(ours(mapping, lead), raw_type=content_type, raw_body=lead.raw, via=via)
        except FieldErrors as error:
            return replace(tried, errors=tuple(error.errors), code=error.code, detail=str(error))
        standing, found = await self._intake.judge(_asking_nobody(row), post, now)
        not_asked = tuple(sorted(asked.value for asked in row.source.ask))
        tried = replace(tried, findings=found.findings, not_asked=not_asked)
        if found.refusal is not None:
            return replace(tried, code=found.refusal.reason, detail=found.refusal.words)
        return self._priced(row, tried, post, standing, now)

    def _priced(self, row: SourceRow, tried: Trial, post: LeadPost, standing: Standing, now: datetime) -> Trial:
        cost = post.cost
        if row.source.pricing is not None and not post.test:
            price = price_of(row.source.pricing, standing.values, post.cost, now)
            if isinstance(price, Miss):
                return replace(tried, code="price", detail=price.words)
            cost = price.amount
        histories = self._histories.of(row.account_id, row.source_id)
        return replace(tried, price=cost, score=score_of(row, post, standing, tried.findings, cost, histories, now))


def score_of(
    row: SourceRow,
    post: LeadPost,
    standing: Standing,
    findings: Iterable[Finding],
    cost: Decimal | None,
    histories: Histories | None,
    now: datetime,
) -> Score:
    """The score that this lead would get now."""
    submitted = post.submitted_at
    known = Known(
        values=standing.values,
        source=None if histories is None else histories[0],
        account=None if histories is None else histories[1],
        age=None if submitted is None else max(timedelta(0), now - submitted),
        price=cost,
        exclusive=row.source.exclusive,
        penalties=tuple(Penalty(f.check, f.points, f.words) for f in findings if f.verdict is Verdict.PENALTY),
    )
    return score(known, now, row.source.fit)


def _asking_nobody(row: SourceRow) -> SourceRow:
    """The same source without its providers; its version tells the two apart where decoded ones are remembered."""
    if not row.source.ask:
        return row
    return replace(row, source_settings=row.source_settings | {"ask": {}}, source_version=-row.source_version)
