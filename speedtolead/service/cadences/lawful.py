"""When a planned step may be made: the plan's time, or the first lawful one after it.

Owns: how those who wait for an opening are spread over the time after it. Must not know: rules, or rows.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from speedtolead.domain.cadence.plan import CONTACTS
from speedtolead.domain.cadence.planner import Planned, spread
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.permit import Decision, Facts, Permit
from speedtolead.service.lawful.permits import Permits


def lawful(
    permits: Permits, campaign: Campaign, facts: Facts, planned: Planned, lead_id: UUID, *, fresh: bool = False
) -> tuple[datetime, Permit | None]:
    """The time, and the decision that put it off, if one did. ``fresh``: a lead that has only just come is not
    spread: it has its place by its arrival."""
    if planned.channel not in CONTACTS:
        return planned.due_at, None
    permit = permits.decide(planned.channel, campaign, facts, planned.due_at)
    if permit.decision is not Decision.NOT_BEFORE or permit.not_before is None:
        return planned.due_at, None
    if fresh:
        return permit.not_before, permit
    later = spread(permit.not_before, lead_id, planned.index, campaign.spread)
    allowed = permits.decide(planned.channel, campaign, facts, later).allowed
    return (later if allowed else permit.not_before), permit
