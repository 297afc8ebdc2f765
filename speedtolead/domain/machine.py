"""Who answered: what is asked of detection, what follows from its verdict, and how often it is wrong.

Owns: a campaign's policy on machines, the choice of calls that are labelled, the reading of labels. Must not know:
how a carrier detects, or what is said to a machine (``voicemail``).

Detection is asynchronous: a person who says hello is in the call while it listens. It errs both ways, so a random
share of the calls that it judged is put before the agents who were on them; only those make the rates, since a call
that an agent labels unasked was labelled for a reason.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from speedtolead.domain.call import AnsweredBy, Leg


class Unknown(StrEnum):
    """What is done with a call of which detection cannot tell who answered it."""

    TALK = "talk"
    """It goes on: the agent hears who it is."""
    HANG_UP = "hang_up"


class Asking(StrEnum):
    """How an agent is asked who answered a call of the sample."""

    API = "api"
    """An event says that an answer is wanted, and the API takes it."""
    KEYPAD = "keypad"
    """An agent on a phone is asked after the call, too: 1 for a person, 2 for a machine."""


class Label(StrEnum):
    """Who answered, as somebody says who heard it."""

    HUMAN = "human"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Detection:
    """How the carrier listens. The defaults are those for consumers' phones.

    Speech of at least ``speech_threshold`` is a machine's greeting, a shorter one a person's hello, which is over
    after ``speech_end`` of silence; ``silence`` from the answer on, and ``timeout`` in all, give "unknown".
    Source: https://www.twilio.com/docs/voice/answering-machine-detection-faq-best-practices
    """

    speech_threshold: timedelta = timedelta(milliseconds=1900)
    speech_end: timedelta = timedelta(milliseconds=1400)
    silence: timedelta = timedelta(seconds=5)
    timeout: timedelta = timedelta(seconds=30)


CONSUMERS = Detection()


@dataclass(frozen=True, slots=True)
class MachinePolicy:
    """What a campaign does about machines. ``sample``: the share of judged calls that agents are asked about."""

    detect: bool = True
    unknown: Unknown = Unknown.TALK
    sample: float = 0.05
    asking: Asking = Asking.API
    late: timedelta = timedelta(seconds=10)
    """After so long a talk, a machine's verdict ends nothing: by then the agent knows better who it is."""
    detection: Detection = CONSUMERS


DETECTED_BY_TALK = timedelta(seconds=30)
"""Without detection a talk proves itself: a contact takes at least so long a talk then."""


def in_sample(attempt_id: UUID, share: float) -> bool:
    """Whether a call belongs to the sample: the same answer whenever it is asked, whatever became of the call."""
    drawn = hashlib.sha256(b"answered by " + attempt_id.bytes).digest()[:8]
    return int.from_bytes(drawn, "big") < share * 2**64


def treated(policy: MachinePolicy, lead: Leg, bridged_at: datetime | None, label: Label | None) -> Leg:
    """The lead's leg with who is taken to have answered it.

    Somebody's word who heard the call overrules detection. A machine's verdict that came late, into a talk, leaves
    open who it is: a person who has talked for so long is not hung up on. One that came after the end stands.
    """
    if label is not None:
        return replace(lead, answered_by=AnsweredBy(label.value))
    if lead.answered_by is AnsweredBy.MACHINE and _late(policy, lead, bridged_at):
        return replace(lead, answered_by=AnsweredBy.UNKNOWN)
    return lead


def counted(policy: MachinePolicy, lead: Leg) -> Leg:
    """A treated leg as it counts for a contact: without detection, a talk that is long enough is a person's."""
    if lead.answered_by is None and not policy.detect:
        return replace(lead, answered_by=AnsweredBy.HUMAN)
    return lead


def hangs_up(policy: MachinePolicy, lead: Leg, bridged_at: datetime | None) -> bool:
    """Whether a call is ended of which detection could not tell who answered it."""
    unknown = lead.answered_by is AnsweredBy.UNKNOWN and policy.unknown is Unknown.HANG_UP
    return unknown and not _late(policy, lead, bridged_at)


def _late(policy: MachinePolicy, lead: Leg, bridged_at: datetime | None) -> bool:
    if bridged_at is None or lead.detected_at is None:
        return False
    after_the_end = lead.ended_at is not None and lead.detected_at >= lead.ended_at
    return not after_the_end and lead.detected_at - bridged_at >= policy.late
