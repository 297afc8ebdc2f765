"""The agent's console: who calls, what they asked for, what to say, and one key for each thing to do.

Owns: which parts there are and what stands in each, the keys, and the stream of an agent's own news. Must not know:
what follows from a key. The state is read whole each time: after any crash the next look shows what is true.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from aiohttp import web

from speedtolead.domain.agent import AgentState
from speedtolead.domain.disposition import UNDO, Kind
from speedtolead.domain.hours import zone_info
from speedtolead.domain.permit import Decision
from speedtolead.domain.returned import ReturnReason
from speedtolead.service.console.cards import Card
from speedtolead.service.console.seats import GRACE, RENEWED_EVERY
from speedtolead.service.messages.wording import Unwritable, filled
from speedtolead.store.console import CallOfAgent, DispositionRow, SeatRow
from speedtolead.store.events import Event
from speedtolead.store.people import SessionOwner
from speedtolead.web import auth, calls, events
from speedtolead.web.console import CLIENT
from speedtolead.web.lead_views import lead_view
from speedtolead.web.pages import render
from speedtolead.web.pages.board import midnight
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES

LINGERS = timedelta(seconds=12)
"""So long what was said of the last call stays on the page: as long as it can be taken back, and a moment more."""


@dataclass(frozen=True, slots=True)
class Key:
    """One way to say what came of a call. ``asks``: what is to be filled in first."""

    key: str
    kind: Kind
    label: str
    asks: str = ""
    tone: str = ""


KEYS = (
    Key("1", Kind.APPOINTMENT, "Appointment", "at"),
    Key("2", Kind.QUOTE, "Quote", "value"),
    Key("3", Kind.SALE, "Sale", "value"),
    Key("4", Kind.CALLBACK, "Callback", "callback"),
    Key("5", Kind.TALKED, "Talked, nothing yet"),
    Key("6", Kind.NOT_INTERESTED, "Not interested"),
    Key("7", Kind.NOBODY, "Not reached"),
    Key("8", Kind.WRONG_NUMBER, "Wrong number"),
    Key("9", Kind.BAD_LEAD, "Bad lead", "reason"),
    Key("0", Kind.DO_NOT_CALL, "Do not call", tone="danger"),
)
LABELS = {one.kind: one.label for one in KEYS} | {Kind.MACHINE: "A machine answered"}


@render.signed_in
async def show(request: web.Request, session: SessionOwner) -> web.Response:
    page = render.page(request, "console.html", session, **await _given(request, session))
    connects = request.app[SERVICES].softphones.connects
    if connects:
        also = " ".join(("connect-src 'self'", *connects))
        page.headers["Content-Security-Policy"] = render.POLICY.replace("connect-src 'self'", also)
    return page


@render.signed_in
async def sdk(request: web.Request, session: SessionOwner) -> web.Response:
    """The carrier's voice SDK, from the installation's own disk."""
    body = request.app[SERVICES].softphones.sdk
    if body is None:
        raise Problem(404, "not_found", "No voice SDK is set.")
    return web.Response(
        body=body, content_type="text/javascript", headers={"Cache-Control": "private, max-age=3600"}
    )


@render.signed_in
async def fragment(request: web.Request, session: SessionOwner) -> web.Response:
    return render.page(request, "console_parts.html", session, **await _given(request, session))


@render.signed_in
async def stream(request: web.Request, session: SessionOwner) -> web.StreamResponse:
    """The news of an agent's own calls: pointers only, and nothing of anybody else's."""
    services = request.app[SERVICES]
    seat = await services.seats.of(session.account_id, session.user_id)
    response = web.StreamResponse(headers=events.HEADERS)
    async with services.live.listen(session.account_id) as queue:
        with suppress(ConnectionResetError):
            await response.prepare(request)
            own = None if seat is None else Own(seat.agent_id, seat.attempt_id)
            await events.follow(response, queue, partial(auth.still_in, request), own)
    return response


class Own:
    """Which events are an agent's: those that name the agent, and all of an attempt that one of these named."""

    def __init__(self, agent_id: UUID, attempt_id: UUID | None) -> None:
        self._agent_id = agent_id
        self._attempt_id = attempt_id

    def __call__(self, event: Event) -> bool:
        if event.agent_id == self._agent_id:
            self._attempt_id = event.attempt_id or self._attempt_id
            return True
        return event.attempt_id is not None and event.attempt_id == self._attempt_id


async def _given(request: web.Request, session: SessionOwner) -> dict[str, Any]:
    services = request.app[SERVICES]
    seat, now = await services.seats.of(session.account_id, session.user_id), services.clock.now()
    shared: dict[str, Any] = {
        "seat": seat,
        "now": now,
        "zone": session.timezone if seat is None else seat.timezone,
        "grace": GRACE,
        "renew": RENEWED_EVERY,
    }
    if seat is None:
        return shared
    call = await services.seats.call(seat)
    said = None if call is None else await services.dispositions.of(seat.account_id, call.attempt_id)
    phase = phase_of(seat, call, said, now)
    card = None if call is None or not phase else await services.cards.card(seat, call.lead_id)
    return shared | {
        "call": call,
        "phase": phase,
        "said": said,
        "said_at": None if said is None or "at" not in said.given else datetime.fromisoformat(said.given["at"]),
        "undo": None if said is None else said.made_at + UNDO - now,
        "talk": await _talk(request, seat, call) if call is not None and phase == "talk" else None,
        "keys": KEYS,
        "labels": LABELS,
        "reasons": [reason.value for reason in ReturnReason],
        "colleagues": await _colleagues(request, seat) if phase == "talk" else [],
        "in_browser": seat.address.startswith(CLIENT),
        "work": await services.seats.work(seat, midnight(now, seat.timezone)),
        **(_card(card, now) if card is not None else {"card": None}),
    }


def phase_of(seat: SeatRow, call: CallOfAgent | None, said: DispositionRow | None, now: datetime) -> str:
    """How far a call is: ``offer``, ``dialing`` (the lead is rung), ``talk``, ``over``; empty: none to show."""
    if call is None:
        return ""
    if seat.attempt_id == call.attempt_id and call.ended_at is None and call.leg_state != "ended":
        if call.accepted_at is None:
            return "offer"
        return "talk" if call.bridged_at is not None else "dialing"
    if call.accepted_at is None or (said is not None and now - said.made_at > LINGERS):
        return ""
    return "over"


async def _talk(request: web.Request, seat: SeatRow, call: CallOfAgent) -> dict[str, Any] | None:
    """What may be done with the talk now, for each party; None while it is not one yet."""
    found = await request.app[SERVICES].talks.under_way(seat.account_id, frozenset({seat.agent_id}))
    shown = next((calls.talk_view(one) for one in found if one.row.attempt_id == call.attempt_id), None)
    if shown is None:
        return None
    lead = next((party for party in shown.parties if party.kind == "lead"), None)
    me = next((party for party in shown.parties if party.kind == "agent" and party.name == seat.name), None)
    return {"view": shown, "lead": lead, "me": me, "may": set(shown.may)}


async def _colleagues(request: web.Request, seat: SeatRow) -> list[str]:
    """Who could take the call over just now."""
    found = await request.app[SERVICES].agents.all(seat.account_id)
    return [one.name for one in found if one.state == AgentState.AVAILABLE and one.agent_id != seat.agent_id]


def _card(card: Card, now: datetime) -> dict[str, Any]:
    story, terms = card.story, card.campaign.console
    lead = lead_view(story)
    words = _Words(card)
    kept = card.kept
    return {
        "card": card,
        "lead": lead,
        "name": " ".join(filter(None, (lead.first_name, lead.last_name))) or "Name not given",
        "place": ", ".join(filter(None, (lead.city, lead.state, lead.postal_code))),
        "there": now.astimezone(zone_info(card.zone)),
        "script": words.fill(terms.script.say),
        "branches": [(one.label, words.fill(one.say)) for one in terms.script.branches],
        "objections": [(one.label, words.fill(one.say)) for one in terms.script.objections],
        "questions": terms.qualification,
        "answers": {} if kept is None else kept.answers,
        "note": "" if kept is None else kept.note,
        "prepared": [(one.label, words.fill(one.say)) for one in terms.texts],
        "may_text": card.texts.decision is not Decision.REFUSED,
        "text_words": " ".join(card.texts.reasons),
        "outside": card.campaign.transfer_to,
        "warnings": _warnings(card),
        "segments": card.campaign.texts.segments,
    }


def _warnings(card: Card) -> list[str]:
    """What to know before saying hello."""
    findings = (f for f in card.story.lead.findings if f.get("verdict") == "penalty" and f.get("words"))
    said = [str(one["words"]) for one in findings]
    before = [a for a in card.story.attempts if a.channel == "call" and a.requested_at is not None]
    left = card.campaign.dial.attempts_per_24h
    if len(before) >= left:
        said.append(f"Called {len(before)} times before; the campaign allows {left} in 24 hours.")
    if card.texts.decision is Decision.REFUSED:
        said.append("No texts to this person.")
    return said


class _Words:
    """The campaign's templates with this lead's fields."""

    def __init__(self, card: Card) -> None:
        self._card, self._lead = card, card.story.lead

    def fill(self, text: str) -> str:
        """As it is said; a template that fails is shown as it is written, which is better than nothing to say."""
        try:
            return filled(text, self, self._card.campaign) if text else ""
        except Unwritable:
            return text

    @property
    def first_name(self) -> str | None:
        return self._lead.first_name

    @property
    def last_name(self) -> str | None:
        return self._lead.last_name

    @property
    def city(self) -> str | None:
        return self._lead.city

    @property
    def region(self) -> str | None:
        return self._lead.region

    @property
    def postal_code(self) -> str | None:
        return self._lead.postal_code

    @property
    def attributes(self) -> dict[str, object]:
        return self._lead.attributes

    @property
    def source_name(self) -> str:
        return self._lead.source
