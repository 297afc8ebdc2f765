"""Rows of the evidence ledger, of legal holds and of erasures.

Owns: the statements of ``sql/queries/ledger.sql`` and ``sql/queries/keeping.sql``. Must not know: how an entry is
written down, or who may erase what.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.domain.ledger import Entry, Head
from speedtolead.store.query import Connection, Id, Nothing, Query
from speedtolead.store.settings_json import Json


@dataclass(frozen=True, slots=True)
class Free:
    free: bool


@dataclass(frozen=True, slots=True)
class HeadRow:
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """What is None in all but the first three is of a row that is not there any more."""

    pending_id: int
    kind: str
    reference: str
    lead_id: UUID | None
    at: datetime | None
    facts: str | None
    personal: str | None


@dataclass(frozen=True, slots=True)
class EntryRow:
    seq: int
    kind: str
    reference: str
    lead_id: UUID | None
    at: datetime
    salt: bytes
    facts: str
    personal_digest: bytes | None
    digest: bytes
    hash: bytes
    personal_salt: bytes | None
    personal: str | None

    @property
    def entry(self) -> Entry:
        return Entry(**{name: getattr(self, name) for name in Entry.__slots__})


@dataclass(frozen=True, slots=True)
class Link:
    digest: bytes


@dataclass(frozen=True, slots=True)
class NowRow:
    seq: int
    facts: str | None
    personal: str | None


@dataclass(frozen=True, slots=True)
class Unwritten:
    kind: str
    reference: str


@dataclass(frozen=True, slots=True)
class RawBody:
    id: UUID
    received_at: datetime
    raw_type: str
    raw_body: bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in the way of an erasure, or that it was done."""

    held: bool
    erased: bool
    calling: bool


@dataclass(frozen=True, slots=True)
class Aged:
    account_id: UUID
    lead_id: UUID


@dataclass(frozen=True, slots=True)
class Retained:
    account_id: UUID
    retention: Json


@dataclass(frozen=True, slots=True)
class Counted:
    rows: int


ACCOUNTS_TO_CHAIN = Query("accounts_to_chain", Id)
LOCK_CHAIN = Query("lock_chain", Free)
WAIT_FOR_CHAIN = Query("wait_for_chain", Free)
LEDGER_HEAD = Query("ledger_head", HeadRow)
LEDGER_WAITING = Query("ledger_waiting", WaitingRow)
ADD_TO_LEDGER = Query("add_to_ledger", Nothing)
LEDGER_PAGE = Query("ledger_page", EntryRow)
LEDGER_OF_LEAD = Query("ledger_of_lead", EntryRow)
LEDGER_LINKS = Query("ledger_links", Link)
LEDGER_HASH = Query("ledger_hash", HeadRow)
LEDGER_NOW = Query("ledger_now", NowRow)
NOT_IN_LEDGER = Query("not_in_ledger", Unwritten)
RAW_BODIES_OF_LEAD = Query("raw_bodies_of_lead", RawBody)
ACCOUNT_CALLED = Query("account_called", Id)

PLACE_HOLD = Query("place_hold", Id)
LIFT_HOLD = Query("lift_hold", Id)
LOCK_KEPT_LEAD = Query("lock_kept_lead", Free)
STANDING_OF_LEAD = Query("standing_of_lead", Standing)
LOCK_ATTEMPTS = Query("lock_attempts", Id)
ADD_ERASURE = Query("add_erasure", Nothing)
ERASE_LEAD = Query("erase_lead", Nothing)
ERASE_CONTACT = Query("erase_contact", Nothing)
ERASE_AROUND_LEAD = Query("erase_around_lead", Nothing)
FORGET_CONTACTS = Query("forget_contacts", Counted)
RETENTION_OF_ACCOUNTS = Query("retention_of_accounts", Retained)
AGED_LEADS = Query("aged_leads", Aged)
DROP_RAW_BODIES = Query("drop_raw_bodies", Counted)
SET_RETENTION = Query("set_retention", Nothing)
ACCOUNT_RETENTION = Query("account_retention", Retained)


async def head(tx: Connection, account_id: UUID) -> Head:
    """Of an account without entries, the start."""
    row = await LEDGER_HEAD.first(tx, account_id=account_id)
    return Head() if row is None else Head(row.seq, row.hash)


async def add(
    tx: Connection, account_id: UUID, entries: list[Entry], pending_ids: list[int], now: datetime
) -> None:
    """Write entries down, made from these rows of the queue, one each."""
    await ADD_TO_LEDGER.run(
        tx,
        account_id=account_id,
        now=now,
        pending_ids=pending_ids,
        seqs=[e.seq for e in entries],
        kinds=[e.kind for e in entries],
        lead_ids=[e.lead_id for e in entries],
        references=[e.reference for e in entries],
        ats=[e.at for e in entries],
        salts=[e.salt for e in entries],
        facts=[e.facts for e in entries],
        personal_digests=[e.personal_digest for e in entries],
        digests=[e.digest for e in entries],
        hashes=[e.hash for e in entries],
        personal_salts=[e.personal_salt for e in entries],
        personals=[e.personal for e in entries],
    )
