"""Duplicates: when are two posts the same person's same request?

Owns: the keys by which posts are compared, and what a source wants done with a repeat.
Must not know: how earlier posts are kept. A post that has none of a rule's keys is no duplicate of anything.

Keys are digests: whoever reads them learns nothing of the person.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from speedtolead.domain.lead import OPEN_STATES, LeadState


class Key(StrEnum):
    """What two posts must share to be duplicates; any one of a rule's keys is enough."""

    PHONE = "phone"
    EMAIL = "email"
    EXTERNAL_ID = "external_id"
    NAME_AND_POSTAL_CODE = "name_and_postal_code"


class Scope(StrEnum):
    """Where else the person must have come from: the same source, any of the campaign, any of the account."""

    SOURCE = "source"
    CAMPAIGN = "campaign"
    ACCOUNT = "account"


class OnRepeat(StrEnum):
    """What is done with a repeat inside the window."""

    REFUSE = "refuse"
    TOUCH = "touch"
    """It refreshes the lead that is being followed up; once that has ended, it is a new lead."""
    RESTART = "restart"
    """The earlier lead is closed, and this one begins anew."""


STUTTER = timedelta(seconds=60)
"""A repeat so soon is the same request sent twice, by a double click or two servers: it never restarts anything."""


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    window: timedelta
    keys: tuple[Key, ...] = (Key.PHONE,)
    scope: Scope = Scope.SOURCE
    on_repeat: OnRepeat = OnRepeat.REFUSE


@dataclass(frozen=True, slots=True)
class Person:
    """What a post says of who it is about, as far as keys are made of it."""

    phone: str | None = None
    email: str | None = None
    external_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    postal_code: str | None = None


def digests(rule: DuplicateRule, person: Person) -> tuple[bytes, ...]:
    """The person's keys under a rule, sorted, each once: 32 bytes of SHA-256 over ``kind:value``."""
    found = {_digest(key, value) for key in rule.keys if (value := _value(key, person)) is not None}
    return tuple(sorted(found))


class Answer(StrEnum):
    """What becomes of a repeat."""

    REFUSE = "refuse"
    TOUCH = "touch"
    TAKE_ANEW = "take_anew"
    """A lead of its own; an earlier one that still runs is closed first."""


def answer(rule: DuplicateRule, earlier: LeadState | None, earlier_at: datetime, now: datetime) -> Answer:
    """What to do with a repeat of a lead that came in at ``earlier_at`` and is in this state now.

    ``earlier`` is None where that lead cannot be seen, as while its transaction is still under way.
    """
    match rule.on_repeat:
        case OnRepeat.REFUSE:
            return Answer.REFUSE
        case OnRepeat.TOUCH:
            return Answer.TOUCH if earlier is None or earlier in OPEN_STATES else Answer.TAKE_ANEW
        case OnRepeat.RESTART:
            return Answer.TOUCH if now - earlier_at < STUTTER else Answer.TAKE_ANEW
        case _:
            assert_never(rule.on_repeat)


def _digest(key: Key, value: str) -> bytes:
    return hashlib.sha256(f"{key.value}:{value}".encode()).digest()


def _value(key: Key, person: Person) -> str | None:
    match key:
        case Key.PHONE:
            return person.phone
        case Key.EMAIL:
            return person.email.strip().casefold() if person.email else None
        case Key.EXTERNAL_ID:
            return person.external_id
        case Key.NAME_AND_POSTAL_CODE:
            parts = (_plain(person.first_name), _plain(person.last_name), (person.postal_code or "").strip()[:5])
            return "|".join(parts).casefold() if all(parts) else None
        case _:
            assert_never(key)


def _plain(name: str | None) -> str:
    """Letters and digits only, without accents: "José-María" and "jose maria" are one name."""
    decomposed = unicodedata.normalize("NFKD", name or "")
    return "".join(char for char in decomposed if char.isalnum()).casefold()
