"""How values read on a page, and what each number means.

Owns: labels, definitions, and formats of durations, rates, moments and phones. Must not know: where a value comes
from. A value that is missing reads as a dash, so that "not yet" never looks like zero.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from speedtolead.domain import states
from speedtolead.domain.hours import zone_info
from speedtolead.web.pages.report_words import REPORT_DEFINITIONS
from speedtolead.web.pages.source_words import SOURCE_DEFINITIONS

NONE = "–"

DEFINITIONS: dict[str, tuple[str, str]] = {
    **REPORT_DEFINITIONS,
    "waiting": ("waiting", "Attempts whose time has come and that wait for an agent or a carrier slot."),
    "dialing": (
        "dialing",
        "Attempts that were claimed or sent to the carrier; the lead's phone does not ring yet.",
    ),
    "ringing": ("ringing", "Attempts whose lead's phone is ringing."),
    "calling": ("calling us", "People on the line who called us and talk with no agent yet."),
    "talking": ("talking", "Agent and lead are bridged, and the call has not ended."),
    "unknown": (
        "unknown",
        "The carrier may or may not have dialled. It is being asked; such an attempt is never repeated blindly.",
    ),
    "planned": ("planned later", "Attempts whose time is still to come."),
    "speed_to_dial": ("Speed to dial", "Carrier request sent − lead received, in calendar time."),
    "speed_to_dial_permitted": (
        "in permitted time",
        "The same, counting only the seconds in which the lead could lawfully have been called while the campaign "
        "was open.",
    ),
    "speed_to_ring": ("Speed to ring", "Lead's phone rings − lead received, in calendar time."),
    "speed_to_answer": ("Speed to answer", "A human answers − lead received, in calendar time."),
    "speed_to_contact": (
        "Speed to contact",
        "Bridged with an agent − lead received, for talks that count as contact, in calendar time.",
    ),
    "counted": ("Counted", "How many of the accepted leads got that far. Percentiles and shares are over these."),
    "p50": ("p50", "Half of the counted leads were faster than this."),
    "p90": ("p90", "Nine in ten of the counted leads were faster than this."),
    "p99": ("p99", "99 in 100 of the counted leads were faster than this."),
    "talked": (
        "Talked",
        "People who answered and talked with an agent. The times are from the answer to the talk.",
    ),
    "mode:hot": ("hot", "The lead is dialled into the line that an agent keeps open."),
    "mode:agent_first": ("agent first", "The lead is rung once an agent has taken the call."),
    "mode:both": ("both", "Agent and lead are rung at once."),
    "mode:lead_first": ("lead first", "The agent is rung once the lead has answered."),
    "within": (
        "within",
        "Share of the counted leads that got that far within this time; below it, count of counted.",
    ),
    "contact_rate": (
        "Contact rate",
        "Contacted ÷ accepted. Contacted: a human answered and was bridged for at least the campaign's minimum.",
    ),
    "contact_rate_of_dialled": (
        "of those dialled",
        "Contacted ÷ leads for which the carrier was asked, both of those only.",
    ),
    "acceptance_rate": ("Accepted", "Accepted ÷ received."),
    "abandonment_rate": (
        "Abandoned",
        "Live answers not given an agent within 2 seconds ÷ live answers, of the leads received in the period.",
    ),
    "interval": (
        "95 % interval",
        "Wilson score interval: where the true rate plausibly lies, given so many leads.",
    ),
    "short_talk_only": ("short talk only", "Bridged, but for less than the campaign's minimum: not contact."),
    "machine_only": ("machine only", "A machine answered: not contact."),
    "machine_unknown_only": (
        "unclear answer only",
        "It could not be told whether a human answered: not contact.",
    ),
    "labelled": (
        "Labelled",
        "Calls of the random sample of which an agent said who answered.",
    ),
    "false_machine_rate": (
        "False machines",
        "Of the calls that detection called a machine's: those where a person had answered.",
    ),
    "false_human_rate": (
        "False humans",
        "Of the calls that detection called a human's: those where a machine had answered.",
    ),
    "people_taken_for_machines": (
        "People taken for machines",
        "Of the calls that a person had answered: those that detection called a machine's.",
    ),
    "machines_taken_for_people": (
        "Machines taken for people",
        "Of the calls that a machine had answered: those that detection called a human's.",
    ),
    "voicemails_left": ("Messages left", "Messages said to their end to a machine: never contact."),
    "attempts_to_contact": ("attempts to contact", "Mean number of the attempt that made contact."),
    "hop:received": ("received", "The request had arrived."),
    "hop:committed": ("committed", "The lead was stored for good."),
    "hop:claimed": ("claimed", "A node took the attempt, and an agent was reserved."),
    "hop:permitted": ("permitted", "The permit was decided and recorded."),
    "hop:requested": ("requested", "The carrier was asked to dial."),
    "hop:ringing": ("ringing", "The lead's phone began to ring."),
    "hop:answered": ("answered", "The lead's phone was answered."),
    "hop:bridged": ("bridged", "Agent and lead talk."),
    **SOURCE_DEFINITIONS,
}

_TONES = {
    "good": {"contacted", "converted", "connected", "talking", "live", "allowed", "available", "accepted"}
    | {"accept", "touched", "taking leads", "at work", "credited"},
    "active": {"new", "working", "claimed", "dialing", "ringing", "placing", "reserved", "scheduled", "wrap_up"}
    | {"penalty", "prepared", "sent"},
    "bad": {"rejected", "refused", "failed", "abandoned", "unknown", "suppressed", "refuse", "unreadable"},
}


def define(name: str) -> str:
    return DEFINITIONS[name][1]


def label(name: str) -> str:
    """The word for a name in the data: its label, or the name with spaces."""
    return DEFINITIONS[name][0] if name in DEFINITIONS else name.replace("_", " ")


def heading(name: str) -> str:
    """The same at the head of a column: with a capital."""
    words = label(name)
    return words[:1].upper() + words[1:]


def plain(name: str | None) -> str:
    return NONE if name is None else name.replace("_", " ")


def tone(state: str | None) -> str:
    """A state's colour; the state itself always stands beside it in words."""
    return next((kind for kind, states in _TONES.items() if state in states), "quiet")


def seconds(value: float | None) -> str:
    """A duration to about two figures: 56 ms, 3.9 s, 2 min 05 s, 3 h 20 min."""
    if value is None:
        return NONE
    if value < 0.9995:
        return f"{value * 1000:.0f} ms"
    if value < 9.95:
        return f"{value:.1f} s"
    if value < 59.5:
        return f"{value:.0f} s"
    whole = round(value)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 172_800:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86400} days"


def about(value: float) -> str:
    """A duration in one unit, for a scale: 40 ms, 12 s, 26 min, 3.5 h."""
    for length, unit in ((86400, "days"), (3600, "h"), (60, "min"), (1, "s")):
        if value >= length:
            return f"{value / length:.3g} {unit}"
    return f"{value * 1000:.0f} ms" if value else "0"


def milliseconds(value: float | None) -> str:
    """A hop: 0.7 ms, 42 ms, 3 915 ms."""
    if value is None:
        return NONE
    return f"{value:.1f} ms" if value < 9.95 else f"{value:,.0f} ms".replace(",", "\u202f")


def timer(value: float) -> str:
    """A running duration: 0:42, 1:02:03."""
    whole = max(0, int(value))
    minutes = f"{whole % 3600 // 60}:{whole % 60:02d}"
    return minutes if whole < 3600 else f"{whole // 3600}:{minutes.zfill(5)}"


def percent(value: float | None, digits: int = 0) -> str:
    return NONE if value is None else f"{value * 100:.{digits}f} %"


def money(amount: Decimal | None) -> str:
    """Two decimals, or more where there are more."""
    if amount is None:
        return NONE
    return f"{amount:.2f}" if round(amount, 2) == amount else format(amount.normalize(), "f")


def clock(at: datetime | None, zone: str, with_ms: bool = False) -> str:
    if at is None:
        return NONE
    local = at.astimezone(zone_info(zone))
    return f"{local:%H:%M:%S}" + (f".{local.microsecond // 1000:03d}" if with_ms else "")


def moment(at: datetime | None, zone: str) -> str:
    return NONE if at is None else f"{at.astimezone(zone_info(zone)):%a %d %b %Y %H:%M:%S %Z}"


def lately(at: datetime | None, zone: str, now: datetime) -> str:
    """A moment of the last days: the time of day, and the day where it is not today."""
    if at is None:
        return NONE
    place = zone_info(zone)
    local = at.astimezone(place)
    today = local.date() == now.astimezone(place).date()
    return f"{local:%H:%M:%S}" if today else f"{local:%d %b %H:%M}"


def size(count: int) -> str:
    """An amount of data: 812 bytes, 3.4 KiB."""
    return f"{count} bytes" if count < 1024 else f"{count / 1024:.1f} KiB"


def points(value: int) -> str:
    """Points of a score, with their sign: +15, −3, 0."""
    return f"+{value}" if value > 0 else str(value).replace("-", "\u2212")


def phone(number: str | None) -> str:
    """North American numbers in groups; others as they are."""
    if number is None:
        return NONE
    if number.startswith("+1") and len(number) == 12:
        return f"+1 {number[2:5]} {number[5:8]} {number[8:]}"
    return number


def value_of(value: Any) -> str:
    """An input of a rule, or an attribute, as text."""
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def state_name(code: str | None) -> str:
    """A state of the US by its name, "Pennsylvania"."""
    return NONE if code is None else states.state_name(code)


FILTERS: dict[str, Callable[..., str]] = {
    "heading": heading,
    "about": about,
    "label": label,
    "plain": plain,
    "tone": tone,
    "seconds": seconds,
    "milliseconds": milliseconds,
    "timer": timer,
    "percent": percent,
    "money": money,
    "clock": clock,
    "moment": moment,
    "lately": lately,
    "size": size,
    "points": points,
    "phone": phone,
    "value_of": value_of,
    "state_name": state_name,
}
