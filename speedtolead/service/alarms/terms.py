"""The terms of alarms as they are kept. What is left out is as usual."""

from __future__ import annotations

from datetime import time, timedelta

from speedtolead.domain.alarm import AlertTerms, Digest
from speedtolead.store.settings_json import Json


def to_json(terms: AlertTerms) -> Json:
    """What differs from the usual."""
    usual = AlertTerms()
    said: Json = {
        "speed": terms.speed.total_seconds(),
        "contact_drop": terms.contact_drop,
        "queue": terms.queue,
        "queue_age": terms.queue_age.total_seconds(),
        "abandonment": terms.abandonment,
        "mail": list(terms.mail),
        "sender": terms.sender,
    }
    as_usual: Json = {
        "speed": usual.speed.total_seconds(),
        "contact_drop": usual.contact_drop,
        "queue": usual.queue,
        "queue_age": usual.queue_age.total_seconds(),
        "abandonment": usual.abandonment,
        "mail": [],
        "sender": "",
    }
    kept = {name: value for name, value in said.items() if value != as_usual[name]}
    if terms.digest is not None:
        kept["digest"] = {"at": terms.digest.at.isoformat("minutes"), "weekly": terms.digest.weekly}
    return kept


def of_json(kept: Json) -> AlertTerms:
    usual, digest = AlertTerms(), kept.get("digest")
    return AlertTerms(
        speed=timedelta(seconds=kept["speed"]) if "speed" in kept else usual.speed,
        contact_drop=kept.get("contact_drop", usual.contact_drop),
        queue=kept.get("queue", usual.queue),
        queue_age=timedelta(seconds=kept["queue_age"]) if "queue_age" in kept else usual.queue_age,
        abandonment=kept.get("abandonment", usual.abandonment),
        mail=tuple(kept.get("mail", ())),
        sender=kept.get("sender", ""),
        digest=None if digest is None else Digest(time.fromisoformat(digest["at"]), digest["weekly"]),
    )
