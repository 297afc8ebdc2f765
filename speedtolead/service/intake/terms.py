"""A source's terms for a post: what it costs, and what becomes of it beside the leads that were there before.

Owns: price, guards, and what an earlier lead or a full cap means for a new one. Must not know: how a lead is stored
(``taking``), or the checks of the post itself (``judging``). Nothing is read or written here, and nothing fails.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from speedtolead.domain import duplicate
from speedtolead.domain.checks import Finding, Verdict
from speedtolead.domain.criteria import Miss
from speedtolead.domain.lead import OPEN_STATES, LeadState, Refusal
from speedtolead.domain.price import periods, price_of
from speedtolead.service.intake.post import LeadPost
from speedtolead.service.intake.refusals import refused
from speedtolead.service.intake.standing import Standing
from speedtolead.service.times import iso
from speedtolead.store.intake import Guards, KeptOut, SourceRow, Twin


def refusal_by_rows(row: SourceRow, why: KeptOut, twins: list[Twin], at: datetime) -> Finding | None:
    """What the database's rows refuse a post for; None for a repeat that is taken, as a touch or anew."""
    if why.suppressed is not None:
        return refused(Refusal.SUPPRESSED, {"reason": why.suppressed})
    for twin, answer in _answers(row, twins, at):
        if answer is duplicate.Answer.REFUSE:
            inputs: dict[str, object] = {"duplicate_of": str(twin.lead_id), "accepted_at": iso(twin.accepted_at)}
            return refused(Refusal.DUPLICATE, inputs)
    if why.full_periods and touched_by(row, twins, at) is None:
        words = f"A cap of this source is reached: {', '.join(why.full_periods)}."
        return refused(Refusal.OVER_CAP, {"full": why.full_periods}, words)
    return None


def touched_by(row: SourceRow, twins: list[Twin], at: datetime) -> Twin | None:
    """The earlier lead that this post refreshes: rather one that runs than one that has ended."""
    found = [twin for twin, answer in _answers(row, twins, at) if answer is duplicate.Answer.TOUCH]
    return next((twin for twin in found if twin.state in OPEN_STATES), found[0] if found else None)


def _answers(row: SourceRow, twins: list[Twin], at: datetime) -> list[tuple[Twin, duplicate.Answer]]:
    """Nobody is called by a second lead while a first one calls."""
    rule = row.source.duplicates
    if rule is None:
        return []
    found = []
    for twin in twins:
        state = None if twin.state is None else LeadState(twin.state)
        answer = duplicate.answer(rule, state, twin.accepted_at, at)
        live = twin.live and answer is duplicate.Answer.TAKE_ANEW
        found.append((twin, duplicate.Answer.TOUCH if live else answer))
    return found


def cost_of(
    row: SourceRow, post: LeadPost, standing: Standing, at: datetime
) -> tuple[Decimal | None, Finding | None]:
    """What the lead costs, or why that refuses it; a test costs what it says."""
    if row.source.pricing is None or post.test:
        return post.cost, None
    price = price_of(row.source.pricing, standing.values, post.cost, at)
    if isinstance(price, Miss):
        return post.cost, Finding("price", Verdict.REFUSE, "price", price.field, price.words, 0, price.inputs)
    return price.amount, None


def guards_of(row: SourceRow, post: LeadPost, standing: Standing, ping_id: UUID | None, at: datetime) -> Guards:
    """A test counts for nothing: it is neither a duplicate nor under a cap."""
    rule = row.source.duplicates
    scope, since = row.source_id, at
    keys: tuple[bytes, ...] = ()
    if rule is not None and not post.test:
        scopes = {
            duplicate.Scope.SOURCE: row.source_id,
            duplicate.Scope.CAMPAIGN: row.campaign_id,
            duplicate.Scope.ACCOUNT: row.account_id,
        }
        scope, since = scopes[rule.scope], at - rule.window
        keys = duplicate.digests(rule, standing.person(post))
    held = post.test or ping_id is not None  # a ping holds its place already
    counted = () if held else periods(row.source.caps, at, row.campaign.timezone)
    return Guards(scope, keys, since, counted)
