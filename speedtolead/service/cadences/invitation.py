"""What the person is told of a promised call: a calendar entry, a mail, a reminder by text.

Owns: the words, and the entry (RFC 5545, by icalendar). Must not know: when anything is sent. A note of an agent
stands in none of them. A call that is moved has the same entry with a higher sequence number; one that is cancelled
says so.
"""

from __future__ import annotations

from datetime import timedelta

from icalendar import Calendar, Event

from speedtolead.domain.cadence.plan import Channel, Message
from speedtolead.domain.hours import zone_info
from speedtolead.domain.permit.words import city
from speedtolead.store.callbacks import CallbackRow

LENGTH = timedelta(minutes=15)
"""What a calendar keeps free for the call."""


def entry(row: CallbackRow) -> str:
    """The calendar entry as a file."""
    event = Event()
    event.add("uid", f"{row.callback_id}@speedtolead")
    event.add("dtstamp", row.cancelled_at or row.moved_at or row.made_at)
    event.add("dtstart", row.at)
    event.add("dtend", row.at + LENGTH)
    event.add("sequence", row.moves + (1 if row.cancelled_at else 0))
    event.add("status", "CANCELLED" if row.cancelled_at else "CONFIRMED")
    event.add("summary", f"Call from {row.seller or 'us'}")
    calendar = Calendar()
    calendar.add("prodid", "-//Speed to Lead//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if row.cancelled_at else "PUBLISH")
    calendar.add_component(event)
    return str(calendar.to_ical().decode())


def words(row: CallbackRow, channel: str, link: str) -> Message:
    """The template of a reminder or of a mail about it."""
    when = when_words(row)
    if channel == Channel.SMS:
        return Message(
            "Hi {{ lead.first_name or 'there' }}, {{ campaign.seller }} calls you at "
            f"{when}, as agreed. Reply STOP to end."
        )
    hello = "Hi {{ lead.first_name or 'there' }},\n\n"
    if row.cancelled_at is not None:
        return Message(f"{hello}we do not call you at {when}.", f"Cancelled: our call at {when}")
    again = "now " if row.moves else ""
    return Message(
        f"{hello}{{{{ campaign.seller }}}} {again}calls you at {when}.\n\nFor your calendar: {link}",
        f"Our call at {when}",
    )


def when_words(row: CallbackRow) -> str:
    """On the clock on which it was agreed: "10:00 on Tuesday 24 November (New York time)"."""
    there = row.at.astimezone(zone_info(row.zone))
    return f"{there:%H:%M} on {there:%A} {there.day} {there:%B} ({city(row.zone)} time)"
