"""The evidence of one lead as one file that a stranger can verify.

Owns: what belongs to it, and the zip: ``index.html`` to read, ``evidence.json`` with the entries open and the chain
closed, ``raw/`` with what was posted as it came, ``rules/`` with the rule sets that were applied, ``verify.py`` and
``README.txt``. Must not know: who asked, or where the file goes. Everything is read in one snapshot. Personal data
is in it in full: it is evidence; nothing of it is logged.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any
from uuid import UUID

from speedtolead.domain.errors import NotFound
from speedtolead.domain.ledger import START, Entry, Head, exact, moment
from speedtolead.ports import Clock
from speedtolead.service.evidence import page
from speedtolead.service.evidence.chaining import Ledger
from speedtolead.service.rules import file as rule_file
from speedtolead.store import ledger as rows
from speedtolead.store.database import Database
from speedtolead.store.leads import LEAD_BY_ID
from speedtolead.store.ledger import RawBody
from speedtolead.store.query import Connection
from speedtolead.store.rule_sets import LOADED

FORMAT = 1
MOST_LINKS = 100_000
"""So many closed links are shown beyond a lead's own span; then the chain ends earlier than the account's newest
entry, or begins later than a rule set that was loaded long before."""
_ENDINGS = {"application/json": "json", "application/x-www-form-urlencoded": "txt"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is in one file. ``before``: the entry before the first link. ``left_out``: entries of long before."""

    account_id: UUID
    lead_id: UUID
    zone: str
    made_at: datetime
    entries: list[Entry]
    left_out: list[int]
    before: Head
    links: list[bytes]
    head: Head
    bodies: list[RawBody]
    rule_sets: dict[str, str]


class Exports:
    def __init__(self, database: Database, clock: Clock, ledger: Ledger) -> None:
        self._database = database
        self._clock = clock
        self._ledger = ledger

    async def zip_of(self, account_id: UUID, lead_id: UUID) -> bytes:
        """The file. Raises NotFound where this account has no such lead."""
        return packed(await self.gather(account_id, lead_id))

    async def gather(self, account_id: UUID, lead_id: UUID) -> Evidence:
        """Everything of the lead, with all that has happened until now chained. Raises NotFound."""
        await self._ledger.chain_account(account_id)
        async with self._database.snapshot() as tx:
            lead = await LEAD_BY_ID.first(tx, account_id=account_id, lead_id=lead_id, source_id=None)
            if lead is None:
                raise NotFound("There is no such lead.")
            of = {"account_id": account_id, "lead_id": lead_id}
            every = [row.entry for row in await rows.LEDGER_OF_LEAD.all(tx, **of)]
            if not any(entry.lead_id == lead_id for entry in every):
                raise NotFound("This lead came before there was a ledger: `speedtolead explain` tells its story.")
            head = await rows.head(tx, account_id)
            entries, last = _span(every, lead_id, head.seq)
            first = entries[0].seq
            links = await rows.LEDGER_LINKS.all(tx, account_id=account_id, first=first, last=last)
            used = {exact(e.facts).get("rule_set") for e in entries if e.kind == "permit_decided"}
            return Evidence(
                account_id,
                lead_id,
                _zone(entries, lead.timezone),
                self._clock.now(),
                entries,
                [entry.seq for entry in every if entry.seq < first],
                await self._head_at(tx, account_id, first - 1),
                [link.digest for link in links],
                await self._head_at(tx, account_id, last),
                [body for body in await rows.RAW_BODIES_OF_LEAD.all(tx, **of) if body.raw_body],
                {name: text for name, text in (await _rule_sets(tx)).items() if name in used},
            )

    async def _head_at(self, tx: Connection, account_id: UUID, seq: int) -> Head:
        row = await rows.LEDGER_HASH.first(tx, account_id=account_id, seq=seq)
        return Head(seq, START if row is None else row.hash)


def _span(every: list[Entry], lead_id: UUID, newest: int) -> tuple[list[Entry], int]:
    """The entries that are shown, and the last link: bounded where the account has far more than the lead."""
    own = [entry.seq for entry in every if entry.lead_id == lead_id]
    from_seq = max(1, min(own) - MOST_LINKS)
    shown = [entry for entry in every if entry.seq >= from_seq]
    return shown, min(newest, shown[-1].seq + MOST_LINKS)


def _zone(entries: list[Entry], otherwise: str) -> str:
    """The person's: the first of the zones where they may be; else the account's."""
    for entry in entries:
        if entry.kind == "lead_received":
            for candidate in exact(entry.facts).get("candidates") or ():
                if isinstance(candidate, dict) and candidate.get("zone"):
                    return str(candidate["zone"])
    return otherwise


async def _rule_sets(tx: Connection) -> dict[str, str]:
    loaded = {row.version: row.text for row in await LOADED.all(tx)}
    return {rule_file.shipped().version: rule_file.shipped_text()} | loaded


def packed(evidence: Evidence) -> bytes:
    """The zip."""
    names = {
        str(body.id): f"raw/{n:02d}.{_ENDINGS.get(body.raw_type.partition(';')[0].strip(), 'bin')}"
        for n, body in enumerate(evidence.bodies, 1)
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _readme(evidence))
        archive.writestr("index.html", page.render(evidence.entries, evidence.zone, _told(evidence)))
        archive.writestr("evidence.json", json.dumps(document(evidence, names), ensure_ascii=False, indent=1))
        archive.writestr("verify.py", files(__package__).joinpath("verify.py").read_text("utf-8"))
        for body in evidence.bodies:
            archive.writestr(names[str(body.id)], body.raw_body)
        for version, text in evidence.rule_sets.items():
            archive.writestr(f"rules/{version}.yaml", text)
    return out.getvalue()


def _told(evidence: Evidence) -> dict[str, Any]:
    return {
        "lead_id": str(evidence.lead_id),
        "made_at": evidence.made_at,
        "head_seq": evidence.head.seq,
        "head_hash": evidence.head.hash.hex(),
    }


def document(evidence: Evidence, names: dict[str, str]) -> dict[str, Any]:
    """``evidence.json``; ``names``: the file of each body, by the id of its lead or repeat."""
    return {
        "format": FORMAT,
        "account_id": str(evidence.account_id),
        "lead_id": str(evidence.lead_id),
        "made_at": moment(evidence.made_at),
        "before": _head(evidence.before),
        "head": _head(evidence.head),
        "seqs": [entry.seq for entry in evidence.entries],
        "left_out": evidence.left_out,
        "bodies": names,
        "entries": [_entry(entry) for entry in evidence.entries],
        "links": [link.hex() for link in evidence.links],
    }


def _head(head: Head) -> dict[str, Any]:
    return {"seq": head.seq, "hash": head.hash.hex()}


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "kind": entry.kind,
        "at": moment(entry.at),
        "lead_id": None if entry.lead_id is None else str(entry.lead_id),
        "reference": entry.reference,
        "facts": exact(entry.facts),
        "salt": entry.salt.hex(),
        "personal": None if entry.personal is None else exact(entry.personal),
        "personal_salt": None if entry.personal_salt is None else entry.personal_salt.hex(),
        "personal_digest": None if entry.personal_digest is None else entry.personal_digest.hex(),
        "hash": entry.hash.hex(),
    }


def _readme(evidence: Evidence) -> str:
    return f"""The evidence of lead {evidence.lead_id}, made {moment(evidence.made_at)}.

index.html     what happened, to read and to print
evidence.json  every entry of the ledger about this lead, and the closed chain around them
raw/           what was posted, byte for byte, as long as it is kept
rules/         the rule sets that decided, as they were in force
verify.py      checks all of it: python3 verify.py

It holds personal data in full. Give it only to whom it concerns.

Each entry's digest, and the hash that joins it to all entries before, are explained at the head of verify.py.
The head of the chain when this was made: entry {evidence.head.seq}
{evidence.head.hash.hex()}
Whoever keeps this line can tell later whether anything before it was changed.
"""
