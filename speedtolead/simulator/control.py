"""The control endpoints under /simulator: what a test, a bench or a curious person does to the simulation.

Owns their routes, their JSON and their help text. Must not know Twilio's API. They ask for no credentials,
so they answer loopback addresses only. What cannot be done is answered 400, 404 or 409 with {"error":
words}.
"""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from .call import Call, Status, Subscription, Verdict
from .conference import Conference, Participant
from .config import PhoneNumber
from .engine import Carrier, Order
from .faults import Fault
from .gate import Gate, Handler
from .mail import Mailbox
from .people import Person
from .performer import Performer
from .texts import Messages
from .twiml import Source
from .wire import ApiError, is_address, is_phone_number

HELP = """\
The simulated carrier's control endpoints. Bodies and answers are JSON.

GET  /simulator                     this text
GET  /simulator/state               calls, conferences, messages, people, numbers
GET  /simulator/calls?to=&status=   calls, oldest first, each with what it was told (said) and why it came (reason)
GET  /simulator/requests?method=&path=&to=   API requests as they arrived
POST /simulator/people              {"people": [{"pattern": "+1555*", "does": "busy", ...}]}: put in front
POST /simulator/numbers             {"numbers": [{"number": "+1...", "voice_url": "...", "sms_url": "..."}]}
                                    calls come from no other number then, unless "others": true
POST /simulator/reset               everything as at the start
POST /simulator/calls/{sid}/answer | decline | hangup | press   press: {"digits": "1"}
POST /simulator/phones              {"address": "client:name" or "+1...", "seconds": 10}: until then a person
                                    answers this phone by hand; its last calls
POST /simulator/inbound             {"from": "+1..." or "anonymous", "to": one of the numbers, "person": {...}}
GET  /simulator/mails               what the mail server was given
POST /simulator/texts               {"from": "+1...", "to": one of the numbers, "body": "..."}
POST /simulator/faults              {"faults": [{"does": ..., "on": "request" | "callback", "times": 1}]}
GET  /simulator/faults              the faults on order, and how often each was applied
DELETE /simulator/faults            no more faults

A person: pattern, does (answer no_answer busy decline voicemail invalid unreachable manual), ring, talk,
  presses, answers (keys, for each question of a menu), digit_delay, hangs_up_after_answer, answered_by,
  detected_after, speaks (a machine: its greeting), texts (delivered undelivered failed opted_out landline).
  Times are simulated seconds, or [low, high].
A fault: does; on a request: status, status_after, timeout_after, reset_after, delay; on a callback:
  duplicate, drop, delay, reverse, shuffle. Narrowed by the globs method, path, to and (callbacks) event. With
  times (-1: for ever), status, code, seconds (real ones).
"""


class Control:
    def __init__(self, carrier: Carrier, messages: Messages, gate: Gate, mailbox: Mailbox) -> None:
        self.carrier = carrier
        self.messages = messages
        self.mailbox = mailbox
        self.gate = gate
        self.performer = Performer(carrier)

    def routes(self) -> list[web.RouteDef]:
        table: list[tuple[str, str, Handler]] = [
            ("GET", "", self.help),
            ("GET", "/state", self.state),
            ("GET", "/calls", self.calls),
            ("GET", "/requests", self.requests),
            ("POST", "/people", self.people),
            ("POST", "/numbers", self.numbers),
            ("POST", "/reset", self.reset),
            ("POST", "/calls/{call}/{does:answer|decline|hangup|press}", self.interfere),
            ("POST", "/phones", self.phones),
            ("POST", "/inbound", self.inbound),
            ("POST", "/texts", self.text),
            ("GET", "/mails", self.mails),
            ("GET", "/faults", self.faults),
            ("POST", "/faults", self.order_faults),
            ("DELETE", "/faults", self.cancel_faults),
        ]
        return [web.route(method, f"/simulator{path}", _local(handler)) for method, path, handler in table]

    async def help(self, request: web.Request) -> web.Response:
        return web.Response(text=HELP)

    async def state(self, request: web.Request) -> web.Response:
        rooms = self.carrier.rooms.by_sid.values()
        return web.json_response(
            {
                "calls": [self._call(call) for call in self.carrier.calls.values()],
                "conferences": [
                    room.as_json("") | {"participants": [_participant(room, p) for p in room.participants.values()]}
                    for room in rooms
                ],
                "messages": [text.as_json("") for text in self.messages.by_sid.values()],
                "people": [person.as_json() for person in self.carrier.people.people],
                "numbers": list(self.carrier.numbers),
                "speed": self.carrier.config.speed,
                "callbacks_on_their_way": self.carrier.callbacks.on_their_way,
            }
        )

    async def mails(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "mails": [
                    {"from": mail["From"], "to": mail["To"], "subject": mail["Subject"], "raw": mail.as_string()}
                    for mail in self.mailbox.mails
                ]
            }
        )

    def _call(self, call: Call) -> dict[str, object]:
        heard = {"said": call.said, "played": call.played, "left": call.left, "reason": call.reason}
        return call.as_json("") | {"children": [child.sid for child in call.children]} | heard

    async def calls(self, request: web.Request) -> web.Response:
        to, status = _number(request), request.query.get("status")
        found = [
            self._call(call)
            for call in self.carrier.calls.values()
            if to in (None, call.to) and status in (None, call.status.value)
        ]
        return web.json_response({"calls": found})

    async def phones(self, request: web.Request) -> web.Response:
        """One telephone, from now on answered by hand for some real seconds; its calls, newest first."""
        body = await _body(request)
        address, seconds = str(body.get("address", "")), float(body.get("seconds", 10))
        if not is_address(address):
            raise ValueError("address must be a phone number, client: or sip:")
        if not 0 <= seconds <= 600:
            raise ValueError("seconds must be between 0 and 600")
        self.carrier.people.hold(address, time.monotonic() + seconds)
        theirs = [call for call in self.carrier.calls.values() if address in (call.to, call.from_)]
        return web.json_response({"calls": [_as_phone(call, address) for call in theirs[-5:][::-1]]})

    async def requests(self, request: web.Request) -> web.Response:
        wanted, to = request.query, _number(request)
        found = [
            arrival.as_json()
            for arrival in self.gate.arrivals
            if wanted.get("method") in (None, arrival.method)
            and to in (None, arrival.to)
            and wanted.get("path", "") in arrival.path
        ]
        return web.json_response({"requests": found, "count": len(found)})

    async def people(self, request: web.Request) -> web.Response:
        body = await _body(request)
        self.carrier.people.put_first([Person.from_json(fields) for fields in _list(body, "people")])
        return web.json_response({"people": [person.as_json() for person in self.carrier.people.people]})

    async def numbers(self, request: web.Request) -> web.Response:
        body = await _body(request)
        self.carrier.lends_any_number = bool(body.get("others", self.carrier.lends_any_number))
        for fields in _list(body, "numbers"):
            own = PhoneNumber(**fields)
            self.carrier.numbers[own.number] = own
        return web.json_response({"numbers": list(self.carrier.numbers)})

    async def reset(self, request: web.Request) -> web.Response:
        self.gate.reset()
        await self.messages.reset()
        await self.carrier.reset()
        return web.json_response({"reset": True})

    async def interfere(self, request: web.Request) -> web.Response:
        call = self.carrier.call(request.match_info["call"])
        match request.match_info["does"]:
            case "answer" | "decline" as does:
                if not self.carrier.decide(call, Verdict(does)):
                    raise web.HTTPConflict(reason="the call does not ring")
            case "hangup":
                if call.answered_at is None:
                    unanswered = Status.NO_ANSWER if call.direction == "inbound" else Status.BUSY
                    self.carrier.end(call, unanswered)
                self.carrier.end(call, Status.COMPLETED)
            case "press":
                self.carrier.press(call, str((await _body(request)).get("digits", "")))
        return web.json_response(self._call(call))

    async def inbound(self, request: web.Request) -> web.Response:
        body = await _body(request)
        from_, to = str(body.get("from", "")), str(body.get("to", ""))
        own = self.carrier.numbers.get(to)
        if own is None or not own.voice_url:
            raise ValueError("to must be one of the numbers, with a voice_url")
        if not is_address(from_) and from_ != WITHHELD:
            raise ValueError(f"from must be a phone number, client:, sip: or {WITHHELD}")
        told = Subscription(own.status_callback) if own.status_callback else None
        source = Source(url=own.voice_url, method=own.voice_method.upper(), fallback_url=own.voice_fallback_url)
        order = Order(to=to, from_=from_, direction="inbound", subscription=told, person=_caller(body, from_))
        call = self.carrier.receive(order, self.performer.script(source))
        return web.json_response(self._call(call), status=201)

    async def text(self, request: web.Request) -> web.Response:
        body = await _body(request)
        from_ = str(body.get("from", ""))
        if not is_phone_number(from_):
            raise ValueError("from must be a phone number")
        text = self.messages.receive(from_, str(body.get("to", "")), str(body.get("body", "")))
        return web.json_response(text.as_json(""), status=201)

    async def faults(self, request: web.Request) -> web.Response:
        return web.json_response({"faults": [fault.as_json() for fault in self.carrier.faults.faults]})

    async def order_faults(self, request: web.Request) -> web.Response:
        ordered = [Fault.from_json(fields) for fields in _list(await _body(request), "faults")]
        self.carrier.faults.order(ordered)
        return await self.faults(request)

    async def cancel_faults(self, request: web.Request) -> web.Response:
        self.carrier.faults.reset()
        return await self.faults(request)


WITHHELD = "anonymous"
"""What the carrier says of a caller who does not show a number."""


def _caller(body: Mapping[str, Any], from_: str) -> Person | None:
    """The script of whoever calls; None: whoever is behind the number."""
    if "person" not in body:
        return None
    if not isinstance(body["person"], dict):
        raise ValueError("person must be an object")
    return Person.from_json({"pattern": from_, **body["person"]})


def _as_phone(call: Call, address: str) -> dict[str, object]:
    """What whoever holds the telephone sees and hears."""
    return {
        "sid": call.sid,
        "status": call.status.value,
        "with": call.from_ if call.to == address else call.to,
        "talking": call.is_connected,
        "heard": call.said[-3:],
        "reason": call.reason,
    }


def _participant(room: Conference, one: Participant) -> dict[str, object]:
    """With what this one hears now: the calls whose voices, and whether there is music instead."""
    return one.as_json(room, "") | {
        "hears": [other.call.sid for other in room.heard_by(one)],
        "music": one.music,
    }


def _local(handler: Handler) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            if not ipaddress.ip_address(request.remote or "").is_loopback:
                return web.json_response({"error": "loopback only"}, status=403)
            return await handler(request)
        except web.HTTPConflict as refused:
            return web.json_response({"error": refused.reason}, status=409)
        except ApiError as refused:
            return web.json_response({"error": refused.message}, status=refused.status)
        except (ValueError, TypeError, KeyError) as refused:
            return web.json_response({"error": str(refused)}, status=400)

    return guarded


def _number(request: web.Request) -> str | None:
    """The query's `to`, whose plus sign need not be escaped."""
    to = request.query.get("to")
    return "+" + to[1:] if to is not None and to.startswith(" ") else to


async def _body(request: web.Request) -> Mapping[str, Any]:
    try:
        body = await request.json() if request.can_read_body else {}
    except json.JSONDecodeError:
        raise ValueError("the body must be JSON") from None
    return {"list": body} if isinstance(body, list) else dict(body)


def _list(body: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The named list; the bare list, or one bare object, will do."""
    found = body.get(name, body.get("list"))
    if found is None:
        return [dict(body)] if body else []
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise ValueError(f"{name} must be a list of objects")
    return found
