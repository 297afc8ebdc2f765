"""The ports of the providers that are asked about a lead: number, consent certificate, lists, mail domain.

Must not know: any one provider, or what follows from an answer. Each raises what ``errors`` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol


class LineType(StrEnum):
    """What kind of line a number is on."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    FIXED_VOIP = "fixed_voip"
    NON_FIXED_VOIP = "non_fixed_voip"
    TOLL_FREE = "toll_free"
    PREMIUM = "premium"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """What a lookup knows of a number; None: the provider does not say, and ``codes`` may tell why, by package."""

    line_type: LineType | None
    carrier_name: str | None
    codes: Mapping[str, str]


class NumberLookup(Protocol):
    """Looks a number up. Asking again is harmless and costs money."""

    name: str

    async def look_up(self, phone: str) -> NumberFacts:
        """Raises Permanent (the provider knows no such number: ``code`` "unknown_number"), Transient,
        Indeterminate."""
        ...


class Reassigned(StrEnum):
    """Whether a number changed hands since its owner consented."""

    YES = "yes"
    NO = "no"
    NO_DATA = "no_data"


class ReassignedNumbers(Protocol):
    """The reassigned numbers database, or who resells it."""

    name: str

    async def reassigned(self, phone: str, since: date) -> Reassigned:
        """Whether the number was given to somebody else after ``since``. Raises as any port."""
        ...


@dataclass(frozen=True, slots=True)
class CertificateQuestion:
    """A consent certificate to be checked, for one lead. ``reference`` names the lead where it is retained."""

    certificate: str
    """A TrustedForm URL, or a Jornaya token."""
    phone: str
    email: str | None
    reference: str
    vendor: str


@dataclass(frozen=True, slots=True)
class CertificateAnswer:
    """What the issuer says; None: it did not say. ``raw`` is the whole answer, kept as evidence."""

    genuine: bool
    reason: str | None
    phone_matches: bool | None
    email_matches: bool | None
    age: timedelta | None
    page_url: str | None
    ip: str | None
    framed: bool | None
    bot_detected: bool | None
    wording_found: bool | None
    retained_until: datetime | None
    raw: bytes


class CertificateCheck(Protocol):
    """The issuer of one kind of consent certificates."""

    name: str

    def issued(self, certificate: str) -> bool:
        """True when this is, by its form and exact host, a certificate of this issuer."""
        ...

    async def check(self, question: CertificateQuestion) -> CertificateAnswer:
        """Ask the issuer, and have the certificate retained. Raises Permanent (``code`` "unknown_certificate"),
        Transient, Indeterminate. The account's key never leaves for any other host than the issuer's."""
        ...


@dataclass(frozen=True, slots=True)
class ScrubAnswer:
    """Lists on which a number stands. ``listed_on`` uses: national_dnc, state_dnc, litigator, internal."""

    listed_on: frozenset[str]
    list_date: date | None


class ListScrub(Protocol):
    """A litigator and do-not-call scrub."""

    name: str

    async def scrub(self, phone: str) -> ScrubAnswer:
        """Raises as any port."""
        ...


class MailDomains(Protocol):
    """Whether a domain takes mail."""

    async def takes_mail(self, domain: str) -> bool:
        """False only where the domain surely takes none (no such domain, or a null MX, RFC 7505). Raises Transient
        where nobody can say now."""
        ...
