"""What is done about calls that were due while nobody ran: spread over the time after the return, not all at once.

Owns: that rule. Must not know: how an absence is noticed. The rules in full: calls of cadences are spread evenly
over the campaign's ``spread``, those of the most worth first; a call that somebody was promised is made at once;
texts and mails that are late by more than their ``late`` are passed over (``planner.too_late``); webhooks and
to-dos are made at once. A lead waits for one step at a time, so it has one call at most among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

ABSENCE = timedelta(minutes=15)
"""A shorter one is no absence: a restart, a deployment."""


@dataclass(frozen=True, slots=True)
class Missed:
    """A call whose time passed. ``rank_at``: its place among all that wait; the later, the more it is worth."""

    attempt_id: UUID
    rank_at: datetime
    due_at: datetime


def spread_out(missed: Sequence[Missed], returned_at: datetime, over: timedelta) -> list[tuple[UUID, datetime]]:
    """The new time of each, the first at the return itself and all of them before ``over`` has passed.

    Of equal worth, what was due first comes first; the order is the same whoever asks.
    """
    if not missed:
        return []
    ordered = sorted(missed, key=lambda one: (-one.rank_at.timestamp(), one.due_at, one.attempt_id))
    return [(one.attempt_id, returned_at + over * n / len(ordered)) for n, one in enumerate(ordered)]
