"""Sounds that the API lets one participant of a conference hear: music on hold, announcements.

Owns what the parameters of a participant's update start. Must not know who is in which conference. A sound ends
with its call at the latest; one that cannot be had is silence.
"""

from __future__ import annotations

from . import orders
from .conference import Participant
from .performer import Performer
from .twiml import Source


def play_to(performer: Performer, participant: Participant, form: orders.Form) -> None:
    """Start what an update asks for. Who is put on hold without an address hears the carrier's own music."""
    carrier, call = performer.carrier, participant.call

    async def music(source: Source) -> None:
        participant.music = await performer.sound(call, source)
        carrier.signals.changed()

    async def announcement(source: Source) -> None:
        await performer.sound(call, source)
        carrier.signals.changed()

    if "Hold" in form:
        participant.music = participant.hold and not form.get("HoldUrl")
    if participant.hold and form.get("HoldUrl"):
        held = Source(url=form["HoldUrl"], method=orders.method(form, "HoldMethod", "GET"))
        carrier.beside(call, music(held))
    if form.get("AnnounceUrl"):
        told = Source(url=form["AnnounceUrl"], method=orders.method(form, "AnnounceMethod"))
        carrier.beside(call, announcement(told))
