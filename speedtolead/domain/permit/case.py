"""What is asked and answered about one contact: the facts, a rule's verdict, the permit.

Owns: these shapes. Must not know: any one rule, or where the facts come from.
A fact that is missing makes a rule refuse; it never makes one pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from speedtolead.domain.campaign import Campaign
from speedtolead.domain.hours import wall
from speedtolead.domain.lead import Consent
from speedtolead.domain.permit.ground import Ground, ground
from speedtolead.domain.phone import is_fictional
from speedtolead.domain.place import Candidate
from speedtolead.domain.rule_set import Means, RuleSet, StateRule


class Decision(StrEnum):
    ALLOWED = "allowed"
    REFUSED = "refused"
    """For good: waiting does not help."""
    NOT_BEFORE = "not_before"
    NOT_APPLICABLE = "not_applicable"
    """One rule's answer only: it does not speak about this case; never the answer of a permit."""


OWN_RULE = "the account's own rule"
STATES_ROWS = "the states' rows of the rule set"


class Certified(StrEnum):
    """What the issuer of a consent certificate said of it."""

    VERIFIED = "verified"
    """Authentic, and issued for this phone."""
    OTHER_PHONE = "other_phone"
    NOT_AUTHENTIC = "not_authentic"
    UNCHECKED = "unchecked"
    """There is one, and its issuer has not been heard."""


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    """Consent as it stands: what was given, less what was revoked since."""

    channels: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()
    """Channels that it was once given for."""
    seller: str | None = None
    written: bool = False
    """The wording that the person agreed to is kept."""
    given_at: datetime | None = None
    certificate: Certified | None = None

    @classmethod
    def given(cls, consent: Consent, at: datetime, said: Certified | None = None) -> ConsentFacts:
        """Consent as it comes with a post at this moment, of which nothing was revoked yet.

        ``said``: what the issuer of its certificate said; None where there is no certificate, or nobody was asked.
        """
        if said is None and consent.has_certificate:
            said = Certified.UNCHECKED
        return cls(consent.channels, (), consent.seller, bool(consent.text), consent.captured_at or at, said)


@dataclass(frozen=True, slots=True)
class Contacted:
    """One call or text to the person, by any campaign of the account, to any of their numbers."""

    at: datetime
    channel: str
    attempt_id: str | None = None


@dataclass(frozen=True, slots=True)
class Suppressed:
    """One suppression that matches the phone or the email."""

    reason: str
    scope: str
    """``account``, ``campaign`` or ``everyone`` (all accounts of this installation)."""
    channels: tuple[str, ...] = ()
    """None named: all of them."""


@dataclass(frozen=True, slots=True)
class ListFact:
    """One do-not-call list that the campaign relies on, and whether the number is on it."""

    name: str
    version_date: datetime | None
    """When the list was drawn; None: it was never imported."""
    listed: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the rules look at, as known in the transaction that claims the attempt."""

    phone: str
    consent: ConsentFacts
    candidates: tuple[Candidate, ...]
    suppressed: tuple[Suppressed, ...] = ()
    contacts: tuple[Contacted, ...] = ()
    """Of the last 24 hours at least."""
    lifetime: int = 0
    """All contacts there ever were."""
    lists: tuple[ListFact, ...] = ()
    inquiry_at: datetime | None = None
    """When the person last asked to be contacted: the lead's arrival."""
    transaction_at: datetime | None = None
    reassigned: bool | None = None
    """Whether the number changed hands since the consent; None: not known."""
    fictional_exempt: bool = False
    """True with the simulated carrier: nobody's phone may ring at any hour."""

    @property
    def fictional(self) -> bool:
        return self.fictional_exempt and is_fictional(self.phone)


@dataclass(frozen=True, slots=True)
class Request:
    """May this person be contacted by this channel at this moment?"""

    channel: str
    campaign: Campaign
    facts: Facts
    now: datetime
    rules: RuleSet
    recorded: bool = False
    """A recorded or artificial voice would speak."""

    @property
    def means(self) -> tuple[Means, ...]:
        """What the law's tables call it; a mail is none of them."""
        if self.channel == "sms":
            return (Means.SMS,)
        if self.channel != "call":
            return ()
        return (Means.CALL, Means.RECORDED) if self.recorded else (Means.CALL,)

    @property
    def ground(self) -> Ground:
        """The clocks of every place where the person may be."""
        return ground(self.facts.candidates, self.rules, self.means)

    def state_rules(self, *means: Means) -> tuple[StateRule, ...]:
        """The candidate states' rows for these means that are in force today, on the calendar of each place."""
        now = self.now if self.now.tzinfo is UTC else self.now.astimezone(UTC)
        return _rows_in_force(self.facts.candidates, self.rules, means, now)

    def at(self, now: datetime) -> Request:
        return Request(self.channel, self.campaign, self.facts, now, self.rules, self.recorded)


@lru_cache(maxsize=64)
def _rows_in_force(
    candidates: tuple[Candidate, ...], rules: RuleSet, means: tuple[Means, ...], now: datetime
) -> tuple[StateRule, ...]:
    """Remembered for as long as one decision: several of its rules ask."""
    found: dict[int, StateRule] = {}
    for clock in ground(candidates, rules, means).states:
        rule = clock.hours.on(wall(now, clock.local.zone).day).rule
        if rule is not None:
            found[id(rule)] = rule
    return tuple(sorted(found.values(), key=attrgetter("state")))


class Verdict(NamedTuple):
    """One rule's answer. ``inputs`` are plain values, as they are stored and shown."""

    rule: str
    decision: Decision
    inputs: dict[str, object]
    reason: str = ""
    """Why not, in words; for a rule that does not apply, why it does not. Empty when allowed."""
    citation: str | None = None
    """The law, or the rule set's rows of it; None: the account's own rule (``OWN_RULE``)."""
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """The decision on one attempt at one moment, with every rule's verdict."""

    decision: Decision
    verdicts: tuple[Verdict, ...]
    decided_at: datetime
    rule_set: str
    not_before: datetime | None = None

    @property
    def allowed(self) -> bool:
        return self.decision is Decision.ALLOWED

    @property
    def reasons(self) -> list[str]:
        """Why not, in words; empty when allowed."""
        silent = {Decision.ALLOWED, Decision.NOT_APPLICABLE}
        return [v.reason for v in self.verdicts if v.decision not in silent]


Rule = Callable[[Request], Verdict]


def iso(at: datetime) -> str:
    there = at if at.tzinfo is UTC else at.astimezone(UTC)
    return there.isoformat(timespec="milliseconds")[:-6] + "Z"
