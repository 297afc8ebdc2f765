"""The leads of the intake's bench, the source that judges them, and what must have become of them.

Owns: a source with every local check and limit in force (no provider is asked), and leads that pass all of them,
each with a phone, an address and a device of its own.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs
from uuid import UUID

from load import Sent
from stage import Place, Running, campaign, configuration

PHONES = "SELECT id, phone FROM lead WHERE id = ANY ($1::uuid[]) AND answer_status = 202"
PLANNED = "SELECT lead_id FROM attempt WHERE lead_id = ANY ($1::uuid[]) AND state = 'scheduled'"
ATTEMPTS = (
    "SELECT a.id, a.lead_id, l.phone FROM attempt a JOIN lead l ON l.id = a.lead_id WHERE a.id = ANY ($1::uuid[])"
)


def key_of(campaign_name: str) -> str:
    return f"stl_bench_{campaign_name}_1"


def intake_configuration(
    place: Place, campaigns: dict[str, str], duplicate_keys: Sequence[str] = ("phone", "email")
) -> dict[str, object]:
    """A source for each campaign; a campaign's one call is due so long after the lead came."""
    return configuration(
        [_source(place, name, duplicate_keys) for name in campaigns],
        [campaign(name, "lead_first", after) for name, after in campaigns.items()],
    )


def _source(place: Place, name: str, duplicate_keys: Sequence[str]) -> dict[str, object]:
    in_us = {"states": [place.state, "FL", "TX"], "postal_codes": [place.postal_code, "331*"]}
    of_account = {"states": ["FL"], "attributes": {"age": {"between": [30, 40]}}}
    return {
        "name": name,
        "api_key": key_of(name),
        "campaign": name,
        "price": {"rules": [{"when": of_account, "price": 31.5}], "otherwise": 24},
        "duplicates": {"window": "30d", "keys": list(duplicate_keys)},
        "caps": {"daily": 9_000_000, "monthly": 90_000_000, "daily_budget": 90_000_000},
        "accept": {
            **(in_us if place.country == "US" else {}),
            "attributes": {"age": {"at_least": 25}, "insured": {"is_true": True}},
            "max_age": "1d",
        },
        "checks": {
            "blocked_words": ["free money", "test drive", "asdf"],
            "velocity": {"phone": "3/1h", "ip": "5/1h", "device": "5/1h"},
            "minimum_seconds_on_form": 2,
        },
        "score": [{"name": "wanted", "when": {"attributes": {"age": {"between": [25, 64]}}}, "points": 5}],
    }


def lead(place: Place, number: int) -> dict[str, object]:
    """A lead as a form posts it: the same but for who it is about."""
    phone = place.phone(number)
    return {
        "phone": phone,
        "first_name": "Ada",
        "last_name": "Bench",
        "email": f"ada{phone[1:]}@benchmail.net",
        "address": "350 5th Ave",
        "city": "Honolulu" if place.state == "HI" else "New York",
        "state": place.state,
        "postal_code": place.postal_code,
        "country": place.country,
        "external_id": f"form-{phone[1:]}",
        "submitted_at": datetime.now(UTC).isoformat(),
        "seconds_on_form": 31,
        "honeypot": "",
        "device": f"device-{number}",
        "attributes": {"vehicle": "2019 sedan", "insured": True, "age": 42, "comments": "Please call me soon."},
        "consent": {
            "channels": ["call"],
            "text": "I agree to be called about my request, also by automated means.",
            "captured_at": datetime.now(UTC).isoformat(),
            "url": "https://forms.example.com/auto",
            "ip": f"203.0.{number // 250 % 250}.{number % 250 + 1}",
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        },
    }


def bodies(place: Place, numbers: Iterable[int]) -> list[str]:
    return [json.dumps(lead(place, number)) for number in numbers]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of the posts: counts."""

    posted: int
    accepted: int
    refused: int
    busy: int
    """503: the service had no connection to its database left; the sender is asked to post again."""
    failed: int
    """Any other answer, or none."""
    lost: int
    """Answered 202, and there is no such lead of that phone; or it was neither dialled nor is it in the plan."""
    dialled: int
    doubled: int
    """Carrier requests beyond the first for a lead or a phone, or for one that was refused or never posted."""

    @property
    def ok(self) -> bool:
        return self.lost == 0 and self.doubled == 0


async def fate(service: Running, sent: Sequence[tuple[Sent, str]], arrivals: Sequence[tuple[int, str]]) -> Fate:
    """``sent``: each post and its phone."""
    accepted = {UUID(one[5]): phone for one, phone in sent if one[4] == 202}
    stored = {row["id"]: row["phone"] for row in await service.database.fetch(PHONES, list(accepted))}
    asked = await _asked(service, arrivals)
    dialled = {lead_id for lead_id, _ in asked}
    kept = dialled | {row["lead_id"] for row in await service.database.fetch(PLANNED, list(accepted))}
    statuses = Counter(one[4] for one, _ in sent)
    # A post that was not answered may have become a lead all the same: it is nobody's fault that it is dialled.
    taken = {phone for one, phone in sent if one[4] != 422}
    return Fate(
        posted=len(sent),
        accepted=statuses[202],
        refused=statuses[422],
        busy=statuses[503],
        failed=len(sent) - statuses[202] - statuses[422] - statuses[503],
        lost=sum(stored.get(i) != phone or i not in kept for i, phone in accepted.items())
        + statuses[202] - len(accepted),
        dialled=len(dialled),
        doubled=max(len(asked) - len(dialled), len(asked) - len({phone for _, phone in asked}))
        + len({phone for _, phone in asked} - taken),
    )  # fmt: skip


async def _asked(service: Running, arrivals: Sequence[tuple[int, str]]) -> list[tuple[UUID, str]]:
    """The lead and its phone of each carrier request."""
    attempts = [UUID(parse_qs(form)["StatusCallback"][0].split("/attempts/")[1][:36]) for _, form in arrivals]
    rows = await service.database.fetch(ATTEMPTS, list(set(attempts)))
    known = {row["id"]: (row["lead_id"], str(row["phone"])) for row in rows}
    return [known.get(attempt, (attempt, f"attempt {attempt}")) for attempt in attempts]
