"""Rows on who answered: labels, messages for machines, the files that are played, and the sums over them.

Owns: the statements of ``sql/queries/machine.sql``. Must not know: what follows from a verdict, or what is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.domain.voicemail import Message
from speedtolead.store.query import Id, Nothing, Query


@dataclass(frozen=True, slots=True)
class VoicemailRow:
    voicemail_id: UUID
    opening: str
    words: str
    closing: str
    sha256: str | None
    asked_at: datetime
    sent_at: datetime | None
    begun_at: datetime | None
    left_at: datetime | None
    withheld_at: datetime | None

    @property
    def message(self) -> Message:
        return Message(self.opening, self.words, self.closing, self.sha256)


@dataclass(frozen=True, slots=True)
class Voicemails:
    voicemails: int


@dataclass(frozen=True, slots=True)
class VoicemailLine:
    attempt_id: UUID
    opening: str
    words: str
    closing: str
    sha256: str | None
    digest: str
    begun_at: datetime
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class Contact:
    contact: bool


@dataclass(frozen=True, slots=True)
class SoundLine:
    name: str
    content_type: str
    sha256: str
    size: int
    uploaded_at: datetime
    uploaded_by: str


@dataclass(frozen=True, slots=True)
class SoundDigest:
    sha256: str


@dataclass(frozen=True, slots=True)
class SoundBody:
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class DetectionRow:
    """Counts of calls; ``human_machine``: detected a human, labelled a machine by the agent who was asked."""

    grouped: str
    answered: int
    human: int
    machine: int
    unknown: int
    undetected: int
    contacts_by_talk: int
    asked: int
    labelled: int
    labelled_unasked: int
    human_human: int
    human_machine: int
    machine_human: int
    machine_machine: int
    unknown_human: int
    unknown_machine: int
    voicemails_left: int
    voicemails_cut_short: int


VOICEMAIL_OF_LEG = Query("voicemail_of_leg", VoicemailRow)
VOICEMAILS_OF_LEAD = Query("voicemails_of_lead", Voicemails)
ASK_VOICEMAIL = Query("ask_voicemail", Id)
VOICEMAIL_SENT = Query("voicemail_sent", Nothing)
WITHHOLD_VOICEMAIL = Query("withhold_voicemail", Nothing)
VOICEMAIL_BEGUN = Query("voicemail_begun", Nothing)
VOICEMAIL_LEFT = Query("voicemail_left", Id)
VOICEMAILS_TO_SHOW = Query("voicemails_to_show", VoicemailLine)
ASK_LABEL = Query("ask_label", Id)
ATTEMPT_TO_LABEL = Query("attempt_to_label", Id)
ADD_LABEL = Query("add_label", Nothing)
COUNTS_AS_CONTACT = Query("counts_as_contact", Contact)
PUT_SOUND = Query("put_sound", Nothing)
SOUNDS_OF_ACCOUNT = Query("sounds_of_account", SoundLine)
SOUND_CALLED = Query("sound_called", SoundDigest)
SOUND_TO_PLAY = Query("sound_to_play", SoundBody)
DETECTION = Query("detection", DetectionRow)
