"""The statements that take a lead or find its twin, called as the intake calls them, without the rest of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from speedtolead.domain.duplicate import Person, digests
from speedtolead.domain.lead import Consent
from speedtolead.service.intake.taking import key_hash
from speedtolead.store import intake as rows
from speedtolead.store.ids import new_id
from speedtolead.store.intake import FirstAttempt, Guards, NewLead, SourceRow
from speedtolead.store.query import Connection

CONSENT = Consent(("call",), "I agree to be called.", None, None, "https://forms.example.com/auto", "203.0.113.7")
"""Of findings there are none: they are the same in a database of any size."""


@dataclass(frozen=True, slots=True)
class Statements:
    """Of one source, through one connection."""

    tx: Connection
    row: SourceRow

    async def accept(self, phone: str) -> bool:
        """Take a lead of this phone; False where it is a duplicate, which is then looked for."""
        now = datetime.now(UTC)
        rule = self.row.source.duplicates
        assert rule is not None
        guards = Guards(self.row.source_id, digests(rule, Person(phone=phone)), now - rule.window, ())
        lead = _lead(self.row, phone, now)
        try:
            await rows.accept_lead(
                self.tx,
                lead,
                guards,
                new_id(),
                FirstAttempt(0, "call", now + timedelta(hours=1), None),
                instead_of=[],
                ping_id=None,
                campaign_version=self.row.campaign_version,
                dial=self.row.campaign.dial,
                hand_over=True,
            )
        except rows.Kept:
            _, twins = await rows.why_not_accepted(self.tx, self.row, phone, None, None, guards)
            assert twins
            return False
        return True


async def statements(tx: Connection, key: str) -> Statements:
    return Statements(tx, await rows.SOURCE_BY_KEY.one(tx, key_hash=key_hash(key)))


def _lead(row: SourceRow, phone: str, now: datetime) -> NewLead:
    lead_id = new_id()
    return NewLead(
        lead_id=lead_id,
        account_id=row.account_id,
        source_id=row.source_id,
        campaign_id=row.campaign_id,
        received_at=now,
        phone=phone,
        email=f"statement{phone[1:]}@benchmail.net",
        first_name="Ada",
        last_name="Bench",
        address=None,
        city=None,
        region=None,
        postal_code=None,
        country="US",
        candidates=(),
        attributes={},
        cost=None,
        test=False,
        external_id=f"statement-{phone[1:]}",
        owner=None,
        idempotency_key=None,
        submitted_at=None,
        raw_type="application/json",
        raw_body=b"{}",
        raw_sha256=hashlib.sha256(b"{}").digest(),
        answer={"lead_id": str(lead_id)},
        consent=CONSENT,
        event_data={},
        score=65,
        score_parts=[],
        findings=[],
        via="api",
        certificate=None,
        reassigned=None,
        rank_at=now,
    )
