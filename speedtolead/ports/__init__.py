"""The ports: what the service needs from the world outside, and the three ways in which it may fail.

Owns: the protocols and the values that pass through them, in the domain's words.
Must not know: any provider. Every adapter of a port passes the same contract suite, the simulated one included.

A port raises only these. The difference decides what may be done next:

* ``Permanent``: a definite no that the same request will always get. Nothing happened.
* ``Transient``: a definite no for now. Nothing happened; the request may be made again.
* ``Indeterminate``: it may have happened. It is never repeated; the provider is asked.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from speedtolead.domain.call import LegReport
from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.domain.place import Candidate
from speedtolead.domain.recording import RecordingReport
from speedtolead.ports.conference import Greet, JoinConference
from speedtolead.ports.control import Aside, CallControl


class PortError(SpeedToLeadError):
    """Base of what a port may raise. ``provider_code`` is the provider's own, for the record."""

    def __init__(self, message: str, *, code: str | None = None, provider_code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.provider_code = provider_code


class Permanent(PortError):
    """The provider refused, and always will."""

    code = "carrier_refused"


class Transient(PortError):
    """The provider did not do it; it may be asked again after ``retry_after``."""

    code = "carrier_busy"

    def __init__(
        self, message: str, *, retry_after: timedelta = timedelta(seconds=1), provider_code: str | None = None
    ) -> None:
        super().__init__(message, provider_code=provider_code)
        self.retry_after = retry_after


class Indeterminate(PortError):
    """Nobody can say whether the provider did it."""

    code = "carrier_unclear"


class Clock(Protocol):
    """The only source of the present moment outside ``domain/``."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class OfferLead:
    """Say ``whisper`` to the agent; ``1`` takes the lead. Without ``needs_key``, answering takes it."""

    attempt_id: UUID
    leg_id: UUID
    whisper: str
    needs_key: bool = True


@dataclass(frozen=True, slots=True)
class ConnectLead:
    """Ring the lead from the agent's call, and bridge the two at the lead's answer.

    ``announce``: before that the lead hears what the callback at the lead's answer says.
    """

    attempt_id: UUID
    leg_id: UUID
    phone: str
    caller_id: str
    ring_timeout: timedelta
    announce: bool = False


@dataclass(frozen=True, slots=True)
class ConnectAgent:
    """Ring an agent from the lead's call; the agent hears the whisper before the two are bridged."""

    attempt_id: UUID
    leg_id: UUID
    address: str
    caller_id: str
    ring_timeout: timedelta
    needs_key: bool = True


@dataclass(frozen=True, slots=True)
class Announce:
    """Say to the lead that the call may be recorded, and tell us that it was said to its end."""

    attempt_id: UUID
    leg_id: UUID
    words: str


@dataclass(frozen=True, slots=True)
class Apologise:
    """Nobody is free for a lead who answered: say ``words``, take one key, and hang up."""

    attempt_id: UUID
    leg_id: UUID
    words: str


@dataclass(frozen=True, slots=True)
class JoinNow:
    """Go on to the bridge: the agent took the lead, or the lead has heard the announcement."""


@dataclass(frozen=True, slots=True)
class Goodbye:
    """Say something, or nothing, and hang up."""

    words: str | None = None


Instruction = (
    OfferLead
    | ConnectLead
    | ConnectAgent
    | Announce
    | Apologise
    | JoinNow
    | JoinConference
    | Greet
    | Goodbye
    | Aside
)
"""What the carrier is told to do with a call."""


@dataclass(frozen=True, slots=True)
class CallOrder:
    """A call to be placed. ``address`` is E.164, ``client:NAME`` or ``sip:…``."""

    attempt_id: UUID
    leg_id: UUID
    address: str
    caller_id: str
    ring_timeout: timedelta
    instruction: Instruction
    detect_machine: bool


@dataclass(frozen=True, slots=True)
class KnownCall:
    """A call that the carrier knows."""

    call_id: str
    address: str
    caller_id: str
    created_at: datetime
    report: LegReport


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording as the carrier gives it, in pieces. ``content_type`` is one of audio."""

    content_type: str
    pieces: AsyncIterator[bytes]


class Carrier(CallControl, Protocol):
    """Places calls, changes live ones, and tells what became of them."""

    name: str

    async def place_call(self, order: CallOrder) -> str:
        """Ask for a call; its id. Raises Permanent, Transient or Indeterminate; never asks twice by itself."""
        ...

    async def dial_into(self, order: CallOrder, conference: str) -> str:
        """Ask for a call that comes into a conference as soon as it is answered; its id. One request, no fetch.

        Those who are there hear it ring; with its end, if it was answered, the conference ends. The order's
        instruction is not used. Raises as ``place_call``.
        """
        ...

    async def fetch_call(self, call_id: str) -> KnownCall | None:
        """What the carrier knows of a call; None when it knows of none."""
        ...

    async def calls_to(self, address: str, since: datetime) -> Sequence[KnownCall]:
        """Calls to an address created at or after ``since``. May lag behind by the consistency window."""
        ...

    async def end_call(self, call_id: str) -> None:
        """End a call, ringing or live; one that is over already is no error."""
        ...

    async def start_recording(self, call_id: str, attempt_id: UUID, leg_id: UUID) -> str:
        """Record a live call from now to its end, each party on a track of its own; the recording's id.

        Its progress is called back for this attempt and leg. Raises Permanent, Transient or Indeterminate; never
        asks twice by itself.
        """
        ...

    def sound(self, recording_id: str) -> AbstractAsyncContextManager[Sound]:
        """A finished recording. Raises Permanent (``code`` "unknown_recording") or Transient, on entry."""
        ...

    async def check(self) -> str:
        """One line on the account that is used; raises a PortError that says what is wrong."""
        ...


class CallbackReader(Protocol):
    """The carrier's side of callbacks: is it really the carrier, what does it say, how is it answered."""

    def is_genuine(self, path_and_query: str, fields: Mapping[str, Sequence[str]], signature: str | None) -> bool:
        """True when the carrier signed exactly this, for the public address."""
        ...

    def leg_report(self, fields: Mapping[str, str], at: datetime) -> LegReport:
        """The news about a leg in a status or detection callback. Unknown fields and words are ignored."""
        ...

    def dialed_report(self, fields: Mapping[str, str], at: datetime) -> LegReport:
        """The news about the leg that was rung from another leg's call, told when that ringing or talk is over."""
        ...

    def recording_report(self, fields: Mapping[str, str], at: datetime) -> RecordingReport | None:
        """The news about a recording; None where none is named, or of a kind that is not known."""
        ...

    def digits(self, fields: Mapping[str, str]) -> str:
        """The keys pressed; empty for none."""
        ...

    def call_id(self, fields: Mapping[str, str]) -> str | None:
        """The carrier's id of the call that this callback is about."""
        ...

    def render(self, instruction: Instruction) -> tuple[str, str]:
        """Content type and body of the answer that carries an instruction."""
        ...


@dataclass(frozen=True, slots=True)
class ParsedPhone:
    """A usable number. ``country`` is ISO 3166-1 alpha-2, or None where the number does not tell.

    ``assigned``: False where its area code is not known to be in use; new ones come faster than tables.
    """

    e164: str
    country: str | None
    assigned: bool = True


class Numbering(Protocol):
    """Phone numbers and the places behind numbers, postal codes and states."""

    def parse(self, raw: str, country: str) -> ParsedPhone | None:
        """The number, read as dialled in ``country``; None when it is unusable."""
        ...

    def candidates(self, phone: str | None, state: str | None, postal_code: str | None) -> tuple[Candidate, ...]:
        """Every place where the person may be; empty when nothing tells."""
        ...

    def states_of_postal_code(self, postal_code: str) -> frozenset[str]:
        """The states that a US postal code lies in; empty for one that is not known."""
        ...

    def states_of_area_code(self, phone: str) -> frozenset[str]:
        """The states that a +1 number's area code serves; empty for one that is not known, or serves no place."""
        ...

    def states(self) -> frozenset[str]:
        """Postal abbreviations of every US state and territory."""
        ...


@dataclass(frozen=True, slots=True)
class MailFacts:
    """What an address tells by itself. ``domain`` is lower-case; empty where the syntax is wrong."""

    syntax_ok: bool
    domain: str
    disposable: bool


class MailAddresses(Protocol):
    """Mail addresses, judged without a network."""

    def facts(self, address: str) -> MailFacts: ...


class WebhookSender(Protocol):
    """Sends a message to an account's or a vendor's system. It may be asked again after any error but Permanent."""

    async def send(self, url: str, headers: Mapping[str, str], body: bytes, method: str = "POST") -> int:
        """Send it once; the status, which is 2xx.

        Raises Permanent (``provider_code`` 410: the receiver wants no more), Transient or Indeterminate; none of
        their messages holds the address or what was answered.
        """
        ...


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


@dataclass(frozen=True, slots=True)
class IpPlace:
    """Where an internet address is. ``country`` is ISO 3166-1 alpha-2, ``state`` the part after its hyphen of
    ISO 3166-2; None: not known."""

    country: str | None
    state: str | None


class IpPlaces(Protocol):
    """Places of internet addresses, from a table at hand: nothing is asked over the network."""

    def place(self, ip: str) -> IpPlace | None:
        """None where the table does not know the address, or what is given is none. Raises nothing."""
        ...
