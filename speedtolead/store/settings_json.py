"""Campaigns, candidates and consents as JSON columns, and back.

Owns: the stored form. Durations are seconds, hours are minutes of the day.
A row is decoded once per version and process: a change of configuration writes a new version.
"""

from __future__ import annotations

from datetime import time, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from speedtolead.domain.call import DialMode
from speedtolead.domain.campaign import Campaign, Dial, Step
from speedtolead.domain.hours import Span, WeeklyHours
from speedtolead.domain.lead import Consent
from speedtolead.domain.place import Candidate

Json = dict[str, Any]


def campaign_to_json(campaign: Campaign) -> Json:
    dial = campaign.dial
    return {
        "name": campaign.name,
        "seller": campaign.seller,
        "timezone": campaign.timezone,
        "hours": [[[span.start, span.end] for span in day] for day in campaign.hours.days],
        "whisper": campaign.whisper,
        "dial": {
            "mode": dial.mode.value,
            "agents": dial.agents,
            "ring_timeout": dial.ring_timeout.total_seconds(),
            "minimum_talk": dial.minimum_talk.total_seconds(),
            "wrap_up": dial.wrap_up.total_seconds(),
            "no_agent": {"wait": dial.no_agent_wait.total_seconds()},
            "attempts_per_24h": dial.attempts_per_24h,
        },
        "cadence": [
            {
                "after": step.after.total_seconds(),
                "channel": step.channel,
                "at": step.at.isoformat("minutes") if step.at else None,
            }
            for step in campaign.cadence
        ],
    }


def campaign_from_json(kept: Json) -> Campaign:
    dial = kept["dial"]
    return Campaign(
        name=kept["name"],
        seller=kept["seller"],
        timezone=kept["timezone"],
        hours=WeeklyHours(tuple(tuple(Span(s, e) for s, e in day) for day in kept["hours"])),
        whisper=kept["whisper"],
        dial=Dial(
            mode=DialMode(dial["mode"]),
            agents=dial["agents"],
            ring_timeout=timedelta(seconds=dial["ring_timeout"]),
            minimum_talk=timedelta(seconds=dial["minimum_talk"]),
            wrap_up=timedelta(seconds=dial["wrap_up"]),
            no_agent_wait=timedelta(seconds=dial["no_agent"]["wait"]),
            attempts_per_24h=dial["attempts_per_24h"],
        ),
        cadence=tuple(
            Step(
                timedelta(seconds=step["after"]),
                step["channel"],
                time.fromisoformat(step["at"]) if step["at"] else None,
            )
            for step in kept["cadence"]
        ),
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
