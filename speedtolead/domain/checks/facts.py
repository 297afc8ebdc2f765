"""All that the checks look at, and what a source asks of its leads.

Owns: the facts and the policy. Must not know: who found a fact out, or the file that a policy is written in.
A fact that nobody knows is None or empty, and then its check is not applicable; it is never taken for good or bad.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from speedtolead.domain.checks.finding import Reaction

PROVIDERS = ("lookup", "ip_place", "mail_domain", "certificate", "scrub", "reassigned")
VELOCITY_KINDS = ("phone", "ip", "device", "email_domain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One lead as it arrived, with what was found out about it in time."""

    received_at: datetime
    submitted_at: datetime | None = None
    declared_test: bool = False
    """The post says itself that it is a test: made-up data is what it should hold."""
    country: str = "US"

    phone: str | None = None
    """E.164; None when what was posted is no number."""
    phone_assigned: bool | None = None
    """Whether the offline tables know the number's area code."""
    phone_exists: bool | None = None
    """Whether the lookup knows the number."""
    line_type: str | None = None
    """By the lookup; the values of ``ports.LineType``."""

    email: str | None = None
    email_syntax_ok: bool | None = None
    email_disposable: bool | None = None
    email_takes_mail: bool | None = None
    """Whether the address's domain takes mail."""

    first_name: str | None = None
    last_name: str | None = None
    address: str | None = None
    city: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    """Further text fields by our name of the field, such as ``attributes.comments``."""

    state: str | None = None
    """As posted."""
    postal_code: str | None = None
    postal_states: frozenset[str] = frozenset()
    """The states of the postal code; empty with a postal code: no table knows that code."""
    area_states: frozenset[str] = frozenset()
    """The states of the phone's area code; empty: unknown, or a number of no place."""
    ip: str | None = None
    ip_state: str | None = None
    ip_country: str | None = None

    page_url: str | None = None
    user_agent: str | None = None
    seconds_on_form: float | None = None
    honeypot: str | None = None
    """What came in the field that people do not see; None when the form has none."""
    certificate_bot: bool | None = None
    """Whether the consent certificate's issuer saw a program fill in the form."""
    seen: Mapping[str, int] = field(default_factory=dict)
    """How many leads came before this one within the policy's window, by kind (``VELOCITY_KINDS``); counted no
    further than the policy's limit."""

    unanswered: frozenset[str] = frozenset()
    """Those of ``PROVIDERS`` that were asked and did not answer in time."""


@dataclass(frozen=True, slots=True)
class Velocity:
    """At most ``count`` leads within so many seconds, this one included."""

    count: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a source asks. Nothing said: every check as in ``DEFAULTS``, and no limits."""

    reactions: Mapping[str, Reaction] = field(default_factory=dict)
    """By check. ``phone_given`` takes none, and silence of a provider is under ``no_answer``."""
    no_answer: Mapping[str, Reaction] = field(default_factory=dict)
    """By provider."""
    blocked_words: frozenset[str] = frozenset()
    """Words or phrases; each must stand alone in the text, in any case."""
    velocity: Mapping[str, Velocity] = field(default_factory=dict)
    """By kind; a kind that is not named has no limit."""
    line_types: frozenset[str] | None = None
    """The line types that are taken; None: all."""
    minimum_seconds_on_form: float | None = None
    max_age: timedelta | None = None
