"""The evidence ledger: how an entry is written down, what its digests are taken of, and how a chain is checked.

Owns: the byte layout. Must not know: where entries are kept, or what a kind of entry says. ``verify.py``, which
goes with every export, is a second writing of the same layout that needs nothing of ours.

An entry says two things: ``facts`` (no personal data; kept for good) and ``personal`` (may be erased). Both are
canonical JSON: RFC 8785, with whole numbers below 2**53 as the only numbers (others are written as text). With
``||`` for "followed by" and SHA-256 throughout::

    facts_digest    = sha256(salt || canonical({account, at, facts, kind, lead_id, reference, seq}))
    personal_digest = sha256(personal salt || canonical(personal)), or 32 zero bytes where there is none
    digest          = sha256(facts_digest || personal_digest)
    hash            = sha256(hash of the entry before, or 32 zero bytes || seq as 8 bytes, the highest first ||
    digest)

A salt is 16 random bytes: nobody can guess an erased name or number by trying all of them. A digest tells nothing
of its entry, so a chain can be shown to a stranger with one lead's entries open and everybody else's closed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, TypeAlias
from uuid import UUID

Plain: TypeAlias = Any
"""None, a bool, a whole number, text, or lists and mappings of these."""

SALT_BYTES = 16
START = bytes(32)
"""Stands for the hash before the first entry, and for the digest of no personal data."""
_EXACT = 2**53
_BEYOND_16_BITS = re.compile(r"[\U00010000-\U0010ffff]|\\u")


@dataclass(frozen=True, slots=True)
class Happened:
    """What is to be written down. ``facts`` and ``personal`` are JSON; ``personal`` is None where there is nothing
    personal, or it was erased before.
    """

    kind: str
    reference: str
    lead_id: UUID | None
    at: datetime
    facts: str
    personal: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it is kept. ``personal`` and its salt are gone after an erasure; ``personal_digest`` is not."""

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
    personal_salt: bytes | None = None
    personal: str | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry of a chain, which stands for all before it."""

    seq: int = 0
    hash: bytes = START


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a chain, and at which entry."""

    seq: int
    words: str


def exact(text: str) -> Plain:
    """JSON as plain values; a number that not every reader takes exactly becomes text, digit for digit."""
    return json.loads(text, parse_float=str, parse_int=_whole)


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) < 16 or (len(digits) < 18 and abs(int(digits)) < _EXACT) else digits


def canonical_of(text: str) -> str:
    """The same of JSON text: quickly, where no name can sort otherwise by its code points than by UTF-16."""
    value = exact(text)
    if _BEYOND_16_BITS.search(text):
        return canonical(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def canonical(value: Plain) -> str:
    """RFC 8785. Raises TypeError for a value that is not plain, a fraction included."""
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _ordered(value: Plain) -> Plain:
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value, key=lambda name: name.encode("utf-16-be"))}
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    if isinstance(value, int) and abs(value) >= _EXACT:
        raise TypeError("a whole number that not every reader takes exactly")
    if value is None or isinstance(value, bool | int | str):
        return value
    raise TypeError(f"{type(value).__name__} is no plain value")


def written(account_id: UUID, entry: Entry) -> str:
    """The document that the facts' digest is taken of: the entry's place in the chain with its facts."""
    before = {"account": str(account_id), "at": moment(entry.at)}
    lead_id = None if entry.lead_id is None else str(entry.lead_id)
    after = {"kind": entry.kind, "lead_id": lead_id, "reference": entry.reference, "seq": entry.seq}
    return f'{canonical(before)[:-1]},"facts":{entry.facts},{canonical(after)[1:]}'


def moment(at: datetime) -> str:
    """UTC with microseconds and ``Z``."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def digest_of(facts_digest: bytes, personal_digest: bytes | None) -> bytes:
    return sha256(facts_digest + (personal_digest or START)).digest()


def hash_of(before: bytes, seq: int, digest: bytes) -> bytes:
    return sha256(before + seq.to_bytes(8, "big") + digest).digest()


def append(account_id: UUID, head: Head, happened: Happened, salts: tuple[bytes, bytes]) -> Entry:
    """The next entry of a chain. ``salts``: random bytes for the facts and for what is personal."""
    personal = None if happened.personal is None else canonical_of(happened.personal)
    draft = Entry(
        head.seq + 1,
        happened.kind,
        happened.reference,
        happened.lead_id,
        happened.at,
        salts[0],
        canonical_of(happened.facts),
        None if personal is None else sha256(salts[1] + personal.encode()).digest(),
        b"",
        b"",
        None if personal is None else salts[1],
        personal,
    )
    digest = recomputed(account_id, draft)
    return Entry(**_fields(draft) | {"digest": digest, "hash": hash_of(head.hash, draft.seq, digest)})


def recomputed(account_id: UUID, entry: Entry) -> bytes:
    """The digest that an entry's contents give."""
    facts = sha256(entry.salt + written(account_id, entry).encode()).digest()
    return digest_of(facts, entry.personal_digest)


def _fields(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in Entry.__slots__}


def faults(account_id: UUID, entries: Iterable[Entry], head: Head) -> Iterator[Fault]:
    """What is wrong with entries that should follow ``head``, in order; the chain goes on from what is there."""
    for entry in entries:
        if entry.seq != head.seq + 1:
            yield Fault(head.seq + 1, "the entry is missing" if entry.seq > head.seq + 1 else "the order is wrong")
        if recomputed(account_id, entry) != entry.digest:
            yield Fault(entry.seq, "its facts are not those that were written down")
        if not _personal_fits(entry):
            yield Fault(entry.seq, "its personal data is not what was written down")
        if entry.seq == head.seq + 1 and hash_of(head.hash, entry.seq, entry.digest) != entry.hash:
            yield Fault(entry.seq, "it does not follow from the entry before")
        head = Head(entry.seq, entry.hash)


def _personal_fits(entry: Entry) -> bool:
    if entry.personal is None or entry.personal_salt is None:
        return True
    return sha256(entry.personal_salt + entry.personal.encode()).digest() == entry.personal_digest


REWRITTEN = frozenset(
    {
        "personal.lead.attributes",
        "personal.lead.findings",
        "personal.consent.channels",
        "facts.seller",
        "facts.campaign",
        "facts.campaign_version",
        "facts.agent",
    }
)
"""What a later post, answer or configuration may lawfully change in the rows; the entry says how it was."""


def differences(stored: Plain, now: Plain, place: str = "") -> list[str]:
    """Places at which the rows no longer say what was written down. What was empty then may be filled by now."""
    if isinstance(stored, dict) and isinstance(now, dict):
        return [
            found
            for name, value in stored.items()
            if (within := f"{place}.{name}" if place else name) not in REWRITTEN
            for found in differences(value, now.get(name), within)
        ]
    return [] if stored is None or stored == now else [place]
