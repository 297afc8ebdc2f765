"""The readable part of the evidence: one printable page, with no script and nothing from elsewhere.

Owns: the words, and the times in the person's own zone. It is made of the entries themselves, so what is read is
what is proven; each part names its entry. Must not know: the database, or the zip around it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from speedtolead.domain.hours import zone_info
from speedtolead.domain.ledger import Entry, exact

_TITLES = {
    "lead_received": "The lead came in",
    "lead_touched": "The person asked again",
    "consent_changed": "The consent changed",
    "permit_decided": "A decision whether the person may be contacted",
    "leg_placed": "A call was ordered",
    "call_received": "The person called",
    "call_judged": "What became of the person's call",
    "leg_ended": "A call ended",
    "attempt_ended": "The attempt ended",
    "callback_received": "The carrier reported",
    "suppression_added": "A stop was recorded",
    "suppression_removed": "A stop was lifted",
    "suppression_reviewed": "A stop was looked at, and stands",
    "text_received": "A text came in",
    "message_written": "A text or mail was written and handed over",
    "message_reported": "What became of the text or mail",
    "recording_announced": "The lead heard that the call may be recorded",
    "notice_given": "The lead, who got no agent, was told who called and how to be called no more",
    "answer_labelled": "Somebody who heard the call said who answered",
    "sound_uploaded": "A recorded message was uploaded",
    "voicemail_begun": "A message was begun, after a machine's greeting",
    "voicemail_left": "The message was said to its end",
    "recording_asked": "The talk was to be recorded",
    "recording_kept": "The talk was recorded",
    "recording_removed": "The recording was removed: its time was over, or the lead was erased",
    "outcome_reported": "An outcome was reported",
    "list_imported": "A do-not-call list was imported",
    "rules_loaded": "A rule set was loaded",
    "rules_withdrawn": "A rule set was withdrawn",
    "hold_placed": "A legal hold was placed",
    "hold_lifted": "The legal hold was lifted",
    "lead_erased": "The personal data was erased",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One entry as the page shows it."""

    seq: int
    kind: str
    title: str
    at: datetime
    facts: dict[str, Any]
    personal: dict[str, Any]
    erased: bool


@dataclass(slots=True)
class Attempt:
    number: int | None = None
    channel: str | None = None
    told: list[Told] = field(default_factory=list)
    end: dict[str, Any] = field(default_factory=dict)


def render(entries: Iterable[Entry], zone: str, about: dict[str, Any]) -> str:
    """The page. ``about``: ``lead_id``, ``made_at``, ``head_seq`` and ``head_hash``."""
    told = [_told(entry) for entry in entries]
    of_calls = [one for one in told if "attempt_id" in one.facts]
    return _template().render(
        told=told,
        received=next((one for one in told if one.kind == "lead_received"), None),
        stops=[one for one in told if one.kind.startswith(("suppression_", "consent_"))],
        attempts=_attempts(of_calls),
        others=[one for one in told if one not in of_calls and one.kind != "lead_received"],
        zone=zone,
        local=lambda at: _local(at, zone),
        about=about,
    )


def _told(entry: Entry) -> Told:
    personal = {} if entry.personal is None else exact(entry.personal)
    erased = entry.personal is None and entry.personal_digest is not None
    title = _TITLES.get(entry.kind, entry.kind)
    return Told(entry.seq, entry.kind, title, entry.at, exact(entry.facts), personal, erased)


def _attempts(told: list[Told]) -> list[Attempt]:
    found: dict[str, Attempt] = {}
    for one in told:
        attempt = found.setdefault(one.facts["attempt_id"], Attempt())
        attempt.told.append(one)
        attempt.number = one.facts.get("number", attempt.number)
        attempt.channel = one.facts.get("channel", attempt.channel)
        if one.kind == "attempt_ended":
            attempt.end = one.facts
    return list(found.values())


def _local(at: datetime | str | None, zone: str) -> str:
    """In the person's zone, with UTC beside it; of nothing, a dash."""
    if not at:
        return "–"
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    if moment.tzinfo is None:
        return str(at)
    return (
        f"{moment.astimezone(zone_info(zone)):%a %d %b %Y %H:%M:%S %Z} ({moment.astimezone(UTC):%H:%M:%S.%f} UTC)"
    )


def _shown(value: Any) -> str:
    """Values in words: nested ones on one line."""
    match value:
        case None | "" | [] | {}:
            return "–"
        case bool():
            return "yes" if value else "no"
        case dict():
            return "; ".join(f"{_plain(str(name))}: {_shown(inner)}" for name, inner in value.items())
        case list():
            return ", ".join(_shown(inner) for inner in value)
        case _:
            return str(value)


def _plain(name: str) -> str:
    return name.replace("_", " ")


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"shown": _shown, "plain": _plain}
    return environment.get_template("page.html")
