"""Phones of the simulated carrier, answered by hand: the stand-in softphone of the console, and the lead's phone.

Owns: which phone one may answer: an agent's own client, and numbers that are reserved for fiction. Must not know:
how the simulated carrier is asked. With a real carrier none of this is there.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from speedtolead.ports import Permanent, PortError
from speedtolead.ports.softphone import SimulatedPhones
from speedtolead.store.people import SessionOwner
from speedtolead.web import auth, reading
from speedtolead.web.pages import render
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES

FICTIONAL = re.compile(r"\+1\d{3}55501\d\d")
SAMPLE_PHONE = "+12125550142"
_DOES = frozenset({"answer", "decline", "hangup", "press"})


class PhoneBody(reading.Given):
    """``address``: a fictional number, or the client of the agent who is signed in."""

    address: Annotated[str, Field(max_length=150)]


class KeysBody(PhoneBody):
    digits: Annotated[str, Field(pattern=r"^[0-9*#]{0,32}$")] = ""


@render.signed_in
async def show(request: web.Request, session: SessionOwner) -> web.Response:
    _phones(request)
    return render.page(request, "phones.html", session, phone=SAMPLE_PHONE)


@render.signed_in
async def calls(request: web.Request, session: SessionOwner) -> web.Response:
    """The calls of a phone, which rings here for the next seconds and is answered by nobody else."""
    auth.check_form(request, request.headers.get("X-CSRF-Token"))
    body = await reading.json_of(PhoneBody, request)
    return web.json_response({"calls": await _calls(request, session, body.address)})


@render.signed_in
async def do(request: web.Request, session: SessionOwner) -> web.Response:
    """Answer, decline, hang up, press keys."""
    auth.check_form(request, request.headers.get("X-CSRF-Token"))
    body = await reading.json_of(KeysBody, request)
    sid, does = request.match_info["sid"], request.match_info["does"]
    if does not in _DOES or sid not in {call["sid"] for call in await _calls(request, session, body.address)}:
        raise Problem(404, "not_found", "There is no such call.")
    try:
        await _phones(request).do(sid, does, body.digits)
    except Permanent as error:
        raise Problem(409, error.code, str(error)) from None
    except PortError as error:
        raise Problem(503, error.code, str(error)) from None
    return web.json_response({"done": True})


async def _calls(request: web.Request, session: SessionOwner, address: str) -> list[dict[str, Any]]:
    """Raises a Problem: 403 for a phone that is not this user's to answer."""
    services = request.app[SERVICES]
    if not FICTIONAL.fullmatch(address):
        seat = await services.seats.of(session.account_id, session.user_id)
        if seat is None or seat.address != address or not address.startswith("client:"):
            raise Problem(403, "forbidden", "Only your own client, and numbers that are nobody's: +1 NXX 555 01XX.")
    try:
        return await _phones(request).calls(address)
    except PortError as error:
        raise Problem(503, error.code, str(error)) from None


def _phones(request: web.Request) -> SimulatedPhones:
    phones = request.app[SERVICES].simulated_phones
    if phones is None:
        raise Problem(404, "not_found", "The carrier is a real one: its phones are real as well.")
    return phones
