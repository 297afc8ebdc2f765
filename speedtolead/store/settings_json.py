"""Campaigns, candidates and consents as JSON columns, and back.

Owns: the stored form. Durations are seconds, hours are minutes of the day.
A row is decoded once per version and process: a change of configuration writes a new version.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from speedtolead.domain.call import DialMode
from speedtolead.domain.caller_id import CallerIds, Local
from speedtolead.domain.campaign import (
    NO_AGENT_TEXT,
    Announcing,
    Campaign,
    ContactPolicy,
    Dial,
    MailPolicy,
    NoAgentThen,
    Outside,
    RecordingPolicy,
    TextPolicy,
)
from speedtolead.domain.lead import Consent
from speedtolead.domain.number_watch import Watch
from speedtolead.domain.place import Candidate
from speedtolead.domain.shift import DaysWorked
from speedtolead.store.cadence_json import (
    step_from_json,
    step_to_json,
    stop_from_json,
    stop_to_json,
    week_from_json,
    week_to_json,
)
from speedtolead.store.call_terms_json import policy_from_json, policy_to_json
from speedtolead.store.console_json import console_from_json, console_to_json
from speedtolead.store.experiment_json import experiment_from_json, experiment_to_json
from speedtolead.store.machine_json import (
    machine_from_json,
    machine_to_json,
    voicemail_from_json,
    voicemail_to_json,
)
from speedtolead.store.routing_json import routing_from_json, routing_to_json

Json = dict[str, Any]


def campaign_to_json(campaign: Campaign) -> Json:
    dial = campaign.dial
    return {
        "name": campaign.name,
        "seller": campaign.seller,
        "timezone": campaign.timezone,
        "hours": week_to_json(campaign.hours),
        "whisper": campaign.whisper,
        "greeting": campaign.greeting,
        "dial": {
            "mode": dial.mode.value,
            "agents": dial.agents,
            "ring_timeout": dial.ring_timeout.total_seconds(),
            "minimum_talk": dial.minimum_talk.total_seconds(),
            "wrap_up": dial.wrap_up.total_seconds(),
            "routing": routing_to_json(dial.routing),
            "no_agent": {
                "wait": dial.no_agent_wait.total_seconds(),
                "then": dial.no_agent_then.value,
                "text": dial.no_agent_text,
            },
            "attempts_per_24h": dial.attempts_per_24h,
            "abandonment_switch": dial.abandonment_switch,
        },
        "cadence": [step_to_json(step) for step in campaign.cadence],
        "stop": stop_to_json(campaign.stop),
        "spread": campaign.spread.total_seconds(),
        "texts": {"sender": campaign.texts.sender, "segments": campaign.texts.segments},
        "mail": None if campaign.mail is None else _mail_to_json(campaign.mail),
        "contact": _contact_to_json(campaign.contact),
        "recording": _recording_to_json(campaign.recording),
        "machine": machine_to_json(campaign.machine),
        "voicemail": voicemail_to_json(campaign.voicemail),
        "caller_ids": _caller_ids_to_json(campaign.caller_ids),
        "call_reason": campaign.call_reason,
        "transfer_to": [[outside.name, outside.phone] for outside in campaign.transfer_to],
        "inbound": policy_to_json(campaign.inbound),
        "console": console_to_json(campaign.console),
        "experiments": [experiment_to_json(one) for one in campaign.experiments],
    }


def _mail_to_json(mail: MailPolicy) -> Json:
    return {"sender": mail.sender, "postal_address": mail.postal_address, "reply_to": mail.reply_to}


def _recording_to_json(recording: RecordingPolicy) -> Json:
    return {
        "record": recording.record,
        "announce": recording.announce.value,
        "words": recording.words,
        "agents_in": list(recording.agents_in),
    }


def _recording_from_json(kept: Json | None) -> RecordingPolicy:
    """None: a campaign that was applied before calls could be recorded."""
    if kept is None:
        return RecordingPolicy()
    return RecordingPolicy(kept["record"], Announcing(kept["announce"]), kept["words"], tuple(kept["agents_in"]))


def _caller_ids_to_json(terms: CallerIds) -> Json:
    watch = terms.watch
    return {
        "numbers": list(terms.numbers),
        "local": terms.local.value,
        "sticky": terms.sticky,
        "per_day": terms.per_day,
        "watch": None
        if watch is None
        else {
            "over": watch.over.total_seconds(),
            "minimum": watch.minimum,
            "drop": watch.drop,
            "rest": watch.rest.total_seconds(),
        },
    }


def _caller_ids_from_json(kept: Json | None) -> CallerIds:
    """None: a campaign that was applied before there were such terms."""
    if kept is None:
        return CallerIds()
    told = kept["watch"]
    watch = told and Watch(
        timedelta(seconds=told["over"]), told["minimum"], told["drop"], timedelta(seconds=told["rest"])
    )
    return CallerIds(tuple(kept["numbers"]), Local(kept["local"]), kept["sticky"], kept["per_day"], watch)


def _contact_to_json(contact: ContactPolicy) -> Json:
    return {
        "windows": [[state, week_to_json(hours)] for state, hours in contact.windows],
        "closed": [[day.isoformat(), name] for day, name in contact.closed],
        "lifetime": contact.lifetime,
        "written_consent": contact.written_consent,
        "one_to_one": contact.one_to_one,
        "consent_age": None if contact.consent_age is None else contact.consent_age.total_seconds(),
        "certificate": contact.certificate,
        "lists": list(contact.lists),
        "exemptions": sorted(contact.exemptions),
        "reassigned_unknown": contact.reassigned_unknown,
        "revocation": contact.revocation,
    }


def _contact_from_json(kept: Json | None) -> ContactPolicy:
    """None: a campaign that was applied before there was such a policy."""
    if kept is None:
        return ContactPolicy()
    return ContactPolicy(
        windows=tuple((state, week_from_json(hours)) for state, hours in kept["windows"]),
        closed=tuple((date.fromisoformat(day), name) for day, name in kept["closed"]),
        lifetime=kept["lifetime"],
        written_consent=kept["written_consent"],
        one_to_one=kept["one_to_one"],
        consent_age=None if kept["consent_age"] is None else timedelta(seconds=kept["consent_age"]),
        certificate=kept["certificate"],
        lists=tuple(kept["lists"]),
        exemptions=frozenset(kept["exemptions"]),
        reassigned_unknown=kept["reassigned_unknown"],
        revocation=kept.get("revocation", "all"),
    )


def schedule_to_json(worked: DaysWorked) -> Json:
    return {"hours": week_to_json(worked.week), "days_off": sorted(day.isoformat() for day in worked.days_off)}


def schedule_from_json(kept: Json) -> DaysWorked:
    days_off = frozenset(date.fromisoformat(day) for day in kept["days_off"])
    return DaysWorked(week_from_json(kept["hours"]), days_off)


def campaign_from_json(kept: Json) -> Campaign:
    dial = kept["dial"]
    return Campaign(
        name=kept["name"],
        seller=kept["seller"],
        timezone=kept["timezone"],
        hours=week_from_json(kept["hours"]),
        whisper=kept["whisper"],
        greeting=kept.get("greeting", ""),
        dial=Dial(
            mode=DialMode(dial["mode"]),
            agents=dial["agents"],
            ring_timeout=timedelta(seconds=dial["ring_timeout"]),
            minimum_talk=timedelta(seconds=dial["minimum_talk"]),
            wrap_up=timedelta(seconds=dial["wrap_up"]),
            no_agent_wait=timedelta(seconds=dial["no_agent"]["wait"]),
            no_agent_then=NoAgentThen(dial["no_agent"].get("then", "keep")),
            no_agent_text=dial["no_agent"].get("text", NO_AGENT_TEXT),
            routing=routing_from_json(dial.get("routing")),
            attempts_per_24h=dial["attempts_per_24h"],
            abandonment_switch=dial.get("abandonment_switch", 0.025),
        ),
        cadence=tuple(step_from_json(step) for step in kept["cadence"]),
        stop=stop_from_json(kept.get("stop")),
        spread=timedelta(seconds=kept.get("spread", 0)),
        texts=TextPolicy(**kept["texts"]) if "texts" in kept else TextPolicy(),
        mail=MailPolicy(**kept["mail"]) if kept.get("mail") else None,
        contact=_contact_from_json(kept.get("contact")),
        recording=_recording_from_json(kept.get("recording")),
        machine=machine_from_json(kept.get("machine")),
        voicemail=voicemail_from_json(kept.get("voicemail")),
        caller_ids=_caller_ids_from_json(kept.get("caller_ids")),
        call_reason=kept.get("call_reason"),
        transfer_to=tuple(Outside(name, phone) for name, phone in kept.get("transfer_to", [])),
        inbound=policy_from_json(kept.get("inbound")),
        console=console_from_json(kept.get("console")),
        experiments=tuple(experiment_from_json(one) for one in kept.get("experiments", [])),
    )


def candidates_to_json(candidates: tuple[Candidate, ...]) -> list[Json]:
    return [{"zone": c.zone, "state": c.state, "origin": c.origin} for c in candidates]


def candidates_from_json(kept: list[Json]) -> tuple[Candidate, ...]:
    return tuple(Candidate(c["zone"], c["state"], c["origin"]) for c in kept)


def consent_to_json(consent: Consent) -> Json:
    captured = consent.captured_at
    return {
        "channels": list(consent.channels),
        "text": consent.text,
        "seller": consent.seller,
        "captured_at": None if captured is None else captured.isoformat(),
        "url": consent.url,
        "ip": consent.ip,
        "user_agent": consent.user_agent,
        "trustedform_cert_url": consent.trustedform_cert_url,
        "leadid_token": consent.leadid_token,
    }


class Versioned:
    """A JSON value that hashes by the version it belongs to, so that decoding can be remembered."""

    __slots__ = ("key", "value")

    def __init__(self, key: tuple[UUID, int], value: Json) -> None:
        self.key, self.value = key, value

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Versioned) and self.key == other.key


@lru_cache(maxsize=4096)
def _campaign(kept: Versioned) -> Campaign:
    return campaign_from_json(kept.value)


def campaign_of(campaign_id: UUID, version: int, settings: Json) -> Campaign:
    return _campaign(Versioned((campaign_id, version), settings))
