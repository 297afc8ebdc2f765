"""A source: where leads come from, and what its owner agreed to take, at what price, under which checks.

Owns: the shape of these terms. Must not know: the configuration file that says them, or how they are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from speedtolead.domain.checks import Policy
from speedtolead.domain.checks.evidence import CertificateTerms
from speedtolead.domain.criteria import Criteria
from speedtolead.domain.duplicate import DuplicateRule
from speedtolead.domain.guard import STANDARD, Rate
from speedtolead.domain.mapping import Mapping
from speedtolead.domain.price import Caps, Pricing
from speedtolead.domain.returned import ReturnTerms
from speedtolead.domain.score import FitRule
from speedtolead.domain.tracking import CallTerms


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What a source's leads must fulfil, beside the checks."""

    criteria: Criteria = field(default_factory=Criteria)
    channels: tuple[str, ...] = ("call",)
    """Consent that must have been given."""
    certificate_required: bool = False
    certificate: CertificateTerms = field(default_factory=CertificateTerms)


class Asked(StrEnum):
    """Who may be asked about a lead before it is taken."""

    LOOKUP = "lookup"
    """What kind of line it is, and whether there is such a number."""
    CERTIFICATE = "certificate"
    LISTS = "lists"
    """Litigators and do-not-call lists."""
    OWNER = "owner"
    """Whether the number changed hands since the consent."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a provider may take; what its silence means is in the policy of the checks."""

    within: timedelta = timedelta(milliseconds=800)


@dataclass(frozen=True, slots=True)
class Reply:
    """How a vendor wants its posts answered: a status and a body, by template, for leads taken and refused."""

    content_type: str
    accepted: str
    refused: str
    refused_status: int = 200


@dataclass(frozen=True, slots=True)
class Connection:
    """The ready connector that a source's leads come through, with its settings; some of them are secret."""

    connector: str
    settings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class GuardTerms:
    """What the guard watches of a source, over how many leads, and whether it pauses it."""

    watch: tuple[Rate, ...] = tuple(Rate)
    pause: bool = False
    window_leads: int = STANDARD.recent_leads
    settled_after: timedelta = timedelta(hours=24)
    """When a lead that was not reached counts as such, though its cadence goes on."""


@dataclass(frozen=True, slots=True)
class Source:
    name: str
    accept: Acceptance = field(default_factory=Acceptance)
    pricing: Pricing | None = None
    """None: a lead costs what its post says, or nothing is known of it."""
    exclusive: bool = True
    duplicates: DuplicateRule | None = None
    caps: Caps = field(default_factory=Caps)
    checks: Policy = field(default_factory=Policy)
    fit: tuple[FitRule, ...] = ()
    ask: dict[Asked, Budget] = field(default_factory=dict)
    mapping: Mapping | None = None
    connection: Connection | None = None
    reply: Reply | None = None
    test_phone: str | None = None
    """Where test leads ring; None: they ring nowhere."""
    returns: ReturnTerms | None = None
    """None: its vendor takes no lead back."""
    guard: GuardTerms = field(default_factory=GuardTerms)
    call: CallTerms | None = None
    """The tracking number that it is; None: it posts leads."""
