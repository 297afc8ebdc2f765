"""The ports: what the service needs from the world outside, and the three ways in which it may fail.

Owns: the protocols and the values that pass through them, in the domain's words; a module for each port.
Must not know: any provider. Every adapter of a port passes the same contract suite, the simulated one included.
A port raises only what ``errors`` says: ``Permanent``, ``Transient`` or ``Indeterminate``.
"""

from speedtolead.ports.callbacks import CallbackReader
from speedtolead.ports.carrier import CallOrder, Carrier, KnownCall, Sound
from speedtolead.ports.clock import Clock
from speedtolead.ports.errors import Away, Indeterminate, Permanent, PortError, TooMany, Transient
from speedtolead.ports.instructions import (
    Announce,
    Apologise,
    ConnectAgent,
    ConnectLead,
    Goodbye,
    Instruction,
    JoinNow,
    OfferLead,
)
from speedtolead.ports.providers import (
    CertificateAnswer,
    CertificateCheck,
    CertificateQuestion,
    LineType,
    ListScrub,
    MailDomains,
    NumberFacts,
    NumberLookup,
    Reassigned,
    ReassignedNumbers,
    ScrubAnswer,
)
from speedtolead.ports.tables import IpPlace, IpPlaces, MailAddresses, MailFacts, Numbering, ParsedPhone
from speedtolead.ports.webhooks import WebhookSender

__all__ = [
    "Announce",
    "Apologise",
    "Away",
    "CallOrder",
    "CallbackReader",
    "Carrier",
    "CertificateAnswer",
    "CertificateCheck",
    "CertificateQuestion",
    "Clock",
    "ConnectAgent",
    "ConnectLead",
    "Goodbye",
    "Indeterminate",
    "Instruction",
    "IpPlace",
    "IpPlaces",
    "JoinNow",
    "KnownCall",
    "LineType",
    "ListScrub",
    "MailAddresses",
    "MailDomains",
    "MailFacts",
    "NumberFacts",
    "NumberLookup",
    "Numbering",
    "OfferLead",
    "ParsedPhone",
    "Permanent",
    "PortError",
    "Reassigned",
    "ReassignedNumbers",
    "ScrubAnswer",
    "Sound",
    "TooMany",
    "Transient",
    "WebhookSender",
]
