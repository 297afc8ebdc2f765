"""The REST API's resources: calls, conferences, participants, messages, recordings, numbers, the account.

Owns the routes, and what each reads from and answers to the wire. Must not know how anything it asks the
carrier for comes about. A handler refuses by raising ApiError; the gate gives it its shape.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from aiohttp import web

from . import orders, sounds
from .attendance import Attendance
from .call import Call, Status
from .conference import Conference, Participant
from .engine import Carrier, Order
from .gate import Gate, Handler
from .performer import Performer
from .recordings import Recording, silence
from .texts import Messages
from .wire import API_VERSION, ApiError, checked_url, page_of, parsed_date, rfc2822, truth, wall_now


class Described(Protocol):
    def as_json(self, base: str) -> dict[str, object]: ...


class Api:
    def __init__(self, carrier: Carrier, messages: Messages, gate: Gate) -> None:
        self.carrier = carrier
        self.messages = messages
        self.gate = gate
        self.performer = Performer(carrier)
        self.opened = wall_now()
        self.base = f"{carrier.config.path_prefix}/{API_VERSION}/Accounts/{carrier.config.account_sid}"

    def routes(self) -> list[web.RouteDef]:
        account = f"{self.carrier.config.path_prefix}/{API_VERSION}/Accounts/{{account}}"
        one_conference = "/Conferences/{conference}"
        one_participant = f"{one_conference}/Participants/{{participant}}"
        table: list[tuple[str, str, Handler]] = [
            ("GET", ".json", self.account),
            ("POST", "/Calls.json", self.create_call),
            ("GET", "/Calls.json", self.list_calls),
            ("GET", "/Calls/{call}.json", self.fetch_call),
            ("POST", "/Calls/{call}.json", self.update_call),
            ("POST", "/Calls/{call}/Recordings.json", self.start_recording),
            ("GET", "/Calls/{call}/Recordings.json", self.list_recordings),
            ("GET", "/Calls/{call}/Recordings/{recording}.json", self.fetch_recording),
            ("POST", "/Calls/{call}/Recordings/{recording}.json", self.update_recording),
            ("GET", "/Recordings.json", self.list_recordings),
            ("GET", "/Recordings/{recording}.json", self.fetch_recording),
            ("DELETE", "/Recordings/{recording}.json", self.delete_recording),
            ("GET", "/Recordings/{recording}.mp3", self.recording_sound),
            ("GET", "/Recordings/{recording}.wav", self.recording_sound),
            ("GET", "/Recordings/{recording}", self.recording_sound),
            ("GET", "/Conferences.json", self.list_conferences),
            ("GET", f"{one_conference}.json", self.fetch_conference),
            ("POST", f"{one_conference}.json", self.update_conference),
            ("POST", f"{one_conference}/Participants.json", self.create_participant),
            ("GET", f"{one_conference}/Participants.json", self.list_participants),
            ("GET", f"{one_participant}.json", self.fetch_participant),
            ("POST", f"{one_participant}.json", self.update_participant),
            ("DELETE", f"{one_participant}.json", self.remove_participant),
            ("POST", "/Messages.json", self.send_message),
            ("GET", "/Messages.json", self.list_messages),
            ("GET", "/Messages/{message}.json", self.fetch_message),
            ("GET", "/IncomingPhoneNumbers.json", self.list_numbers),
        ]
        table.append(("*", "{anything:.*}", self.nothing_here))
        return [web.route(method, account + path, self._gated(handler)) for method, path, handler in table]

    def _gated(self, handler: Handler) -> Handler:
        recordings = self.carrier.recordings

        async def gated(request: web.Request) -> web.StreamResponse:
            recordings.public_base = recordings.public_base or f"{request.scheme}://{request.host}{self.base}"
            return await self.gate.guard(request, handler)

        return gated

    async def nothing_here(self, request: web.Request) -> web.Response:
        raise ApiError(20404, request.path)

    async def account(self, request: web.Request) -> web.Response:
        children = ("calls", "conferences", "incoming_phone_numbers", "messages", "recordings")
        return web.json_response(
            {
                "sid": self.carrier.config.account_sid,
                "auth_token": "hidden",
                "friendly_name": "Simulated account",
                "owner_account_sid": self.carrier.config.account_sid,
                "status": "active",
                "type": "Full",
                "date_created": rfc2822(self.opened),
                "date_updated": rfc2822(self.opened),
                "uri": f"{self.base}.json",
                "subresource_uris": {name: f"{self.base}/{_camel(name)}.json" for name in children},
            }
        )

    def _page(self, request: web.Request, key: str, found: Sequence[Described]) -> web.Response:
        page = page_of(key, found, lambda record: record.as_json(self.base), request.path, request.query)
        return web.json_response(page)

    def _one(self, record: Described, status: int = 200) -> web.Response:
        return web.json_response(record.as_json(self.base), status=status)

    # ---- calls --------------------------------------------------------------------------------------------

    async def create_call(self, request: web.Request) -> web.Response:
        form = await _form(request)
        order = orders.order(self.carrier, form, amd_url="AsyncAmdStatusCallback")
        source = orders.source(form)
        return self._one(self.carrier.place(order, self.performer.script(source)), 201)

    async def fetch_call(self, request: web.Request) -> web.Response:
        return self._one(self.carrier.call(request.match_info["call"]))

    async def list_calls(self, request: web.Request) -> web.Response:
        query = request.query
        visible = self.carrier.clock.now() - self.carrier.config.list_lag
        keep: list[Callable[[Call], bool]] = [lambda call: call.created_at <= visible]
        if to := query.get("To"):
            keep.append(lambda call: call.to == to)
        if from_ := query.get("From"):
            keep.append(lambda call: call.from_ == from_)
        if status := query.get("Status"):
            keep.append(lambda call: call.status == status)
        if parent := query.get("ParentCallSid"):
            keep.append(lambda call: call.parent is not None and call.parent.sid == parent)
        if on := query.get("StartTime"):
            day = parsed_date(on).date()
            keep.append(lambda call: call.started is not None and call.started.date() == day)
        if before := query.get("StartTime<"):
            latest = parsed_date(before)
            keep.append(lambda call: call.started is not None and call.started <= latest)
        if after := query.get("StartTime>"):
            earliest = parsed_date(after)
            keep.append(lambda call: call.started is not None and call.started >= earliest)
        found = [call for call in reversed(self.carrier.calls.values()) if all(wanted(call) for wanted in keep)]
        return self._page(request, "calls", found)

    async def update_call(self, request: web.Request) -> web.Response:
        form = await _form(request)
        call = self.carrier.call(request.match_info["call"])
        if status := form.get("Status"):
            if status not in ("canceled", "completed"):
                raise ApiError(20001, "Status")
            if not call.is_live:
                raise ApiError(21220)
            if call.answered_at is None:
                self.carrier.end(call, Status.CANCELED)
            elif status == "completed":
                self.carrier.end(call, Status.COMPLETED)
        elif form.get("Url") or form.get("Twiml"):
            self.carrier.send_elsewhere(call, self.performer.script(orders.source(form)))
        return self._one(call)

    # ---- recordings ---------------------------------------------------------------------------------------

    def _recording(self, request: web.Request) -> Recording:
        found = self.carrier.recordings.by_sid.get(request.match_info["recording"])
        call_sid = request.match_info.get("call")
        if found is None or (call_sid is not None and found.call.sid != call_sid):
            raise ApiError(20404, request.path)
        return found

    async def start_recording(self, request: web.Request) -> web.Response:
        form = await _form(request)
        call = self.carrier.call(request.match_info["call"])
        if call.status is not Status.IN_PROGRESS:
            raise ApiError(21220)
        wish = orders.recording_wish(form, "StartCallRecordingAPI")
        return self._one(self.carrier.recordings.start(call, wish), 201)

    async def list_recordings(self, request: web.Request) -> web.Response:
        sid = request.match_info.get("call") or request.query.get("CallSid")
        found = reversed(self.carrier.recordings.by_sid.values())
        return self._page(request, "recordings", [r for r in found if sid in (None, r.call.sid)])

    async def fetch_recording(self, request: web.Request) -> web.Response:
        return self._one(self._recording(request))

    async def update_recording(self, request: web.Request) -> web.Response:
        form = await _form(request)
        if request.match_info["recording"] == "Twilio.CURRENT":
            sid = request.match_info["call"]
            live = [r for r in self.carrier.recordings.by_sid.values() if r.call.sid == sid]
            recording = next((r for r in reversed(live) if r.status != "completed"), None)
            if recording is None:
                raise ApiError(20404, request.path)
        else:
            recording = self._recording(request)
        self.carrier.recordings.update(recording, form.get("Status", ""))
        return self._one(recording)

    async def delete_recording(self, request: web.Request) -> web.Response:
        del self.carrier.recordings.by_sid[self._recording(request).sid]
        return web.Response(status=204)

    async def recording_sound(self, request: web.Request) -> web.Response:
        self._recording(request)
        return web.Response(body=silence(), content_type="audio/x-wav")

    # ---- conferences --------------------------------------------------------------------------------------

    def _conference(self, request: web.Request) -> Conference:
        found = self.carrier.rooms.find(request.match_info["conference"])
        if found is None:
            raise ApiError(20404, request.path)
        return found

    def _participant(self, request: web.Request) -> tuple[Conference, Participant]:
        conference = self._conference(request)
        found = conference.named(request.match_info["participant"])
        if found is None:
            raise ApiError(20404, request.path)
        return conference, found

    async def list_conferences(self, request: web.Request) -> web.Response:
        query = request.query
        name, status = query.get("FriendlyName"), query.get("Status")
        found = [
            conference
            for conference in reversed(self.carrier.rooms.by_sid.values())
            if name in (None, conference.name) and status in (None, conference.status)
        ]
        return self._page(request, "conferences", found)

    async def fetch_conference(self, request: web.Request) -> web.Response:
        return self._one(self._conference(request))

    async def update_conference(self, request: web.Request) -> web.Response:
        form = await _form(request)
        conference = self._conference(request)
        if status := form.get("Status"):
            if status != "completed":
                raise ApiError(20001, "Status")
            self.carrier.rooms.end(conference, "conference-ended-via-api")
        return self._one(conference)

    async def create_participant(self, request: web.Request) -> web.Response:
        form = await _form(request)
        order = orders.order(self.carrier, form, amd_url="AmdStatusCallback")
        terms = orders.attendance(form)
        name = request.match_info["conference"]
        rooms = self.carrier.rooms
        known = rooms.find(name)
        if known is None and name.startswith("CF") and len(name) == 34:
            raise ApiError(20404, request.path)
        if known is not None and known.status == "completed" and known.sid == name:
            raise ApiError(20404, request.path)
        conference = known or rooms.room(name, self.carrier.config.account_sid)
        participant = self._dial_in(order, conference, terms)
        return web.json_response(participant.as_json(conference, self.base), status=201)

    def _dial_in(self, order: Order, conference: Conference, terms: Attendance) -> Participant:
        rooms = self.carrier.rooms
        expected: list[Participant] = []

        async def attend(call: Call) -> None:
            await rooms.attend(conference, expected[0], self.performer.waiting(terms))

        self.carrier.place(
            order,
            attend,
            follow=lambda call: expected.append(rooms.expect(conference, call, terms)),
            ringing=lambda call: rooms.rings(conference),
        )
        return expected[0]

    async def list_participants(self, request: web.Request) -> web.Response:
        conference = self._conference(request)
        query = request.query
        found = list(conference.participants.values())
        for name, of in (("Muted", "muted"), ("Hold", "hold")):
            if name in query:
                found = [p for p in found if getattr(p, of) == truth(query[name], False)]
        page = page_of("participants", found, lambda one: one.as_json(conference, self.base), request.path, query)
        return web.json_response(page)

    async def fetch_participant(self, request: web.Request) -> web.Response:
        conference, participant = self._participant(request)
        return web.json_response(participant.as_json(conference, self.base))

    async def update_participant(self, request: web.Request) -> web.Response:
        form = await _form(request)
        conference, participant = self._participant(request)
        for name in ("HoldUrl", "AnnounceUrl", "WaitUrl"):
            if form.get(name):
                checked_url(form[name], name)
        changes: dict[str, bool | str | None] = {}
        for name, of in (("Muted", "muted"), ("Hold", "hold")):
            if name in form:
                changes[of] = truth(form[name], False)
        if "CallSidToCoach" in form or "Coaching" in form:
            coached = form.get("CallSidToCoach") or participant.coach
            changes["coach"] = coached if truth(form.get("Coaching"), True) else None
        self.carrier.rooms.update(conference, participant, **changes)
        sounds.play_to(self.performer, participant, form)
        if "EndConferenceOnExit" in form:
            self.carrier.rooms.relabel(participant, ends=truth(form["EndConferenceOnExit"], False))
        return web.json_response(participant.as_json(conference, self.base))

    async def remove_participant(self, request: web.Request) -> web.Response:
        _, participant = self._participant(request)
        participant.removed.set()
        if not participant.has_joined:
            self.carrier.end(participant.call, Status.CANCELED)
        return web.Response(status=204)

    # ---- messages and numbers -----------------------------------------------------------------------------

    async def send_message(self, request: web.Request) -> web.Response:
        form = await _form(request)
        sent = self.messages.send(
            orders.text(form, "To"),
            orders.text(form, "From"),
            orders.text(form, "Body"),
            service=orders.text(form, "MessagingServiceSid"),
            callback=orders.url(form, "StatusCallback"),
            media=len(form.getall("MediaUrl", [])),
        )
        return self._one(sent, 201)

    async def list_messages(self, request: web.Request) -> web.Response:
        query = request.query
        found = list(reversed(self.messages.by_sid.values()))
        for name, of in (("To", "to"), ("From", "from_")):
            if name in query:
                found = [text for text in found if getattr(text, of) == query[name]]
        if "DateSent" in query:
            day = parsed_date(query["DateSent"]).date()
            found = [text for text in found if (text.sent or text.created).date() == day]
        if "DateSent<" in query:
            latest = parsed_date(query["DateSent<"])
            found = [text for text in found if (text.sent or text.created) <= latest]
        if "DateSent>" in query:
            earliest = parsed_date(query["DateSent>"])
            found = [text for text in found if (text.sent or text.created) >= earliest]
        return self._page(request, "messages", found)

    async def fetch_message(self, request: web.Request) -> web.Response:
        found = self.messages.by_sid.get(request.match_info["message"])
        if found is None:
            raise ApiError(20404, request.path)
        return self._one(found)

    async def list_numbers(self, request: web.Request) -> web.Response:
        wanted = request.query.get("PhoneNumber", "").replace("*", "")
        records: list[dict[str, object]] = [
            {
                "sid": f"PN{index:032x}",
                "account_sid": self.carrier.config.account_sid,
                "phone_number": own.number,
                "friendly_name": own.friendly_name or own.number,
                "api_version": API_VERSION,
                "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
                "voice_url": own.voice_url,
                "voice_method": own.voice_method,
                "voice_fallback_url": own.voice_fallback_url,
                "sms_url": own.sms_url,
                "sms_method": own.sms_method,
                "status_callback": own.status_callback,
                "status": "in-use",
                "date_created": rfc2822(self.opened),
                "date_updated": rfc2822(self.opened),
                "uri": f"{self.base}/IncomingPhoneNumbers/PN{index:032x}.json",
            }
            for index, own in enumerate(self.carrier.numbers.values(), start=1)
            if wanted in own.number
        ]
        page = page_of("incoming_phone_numbers", records, dict, request.path, request.query)
        return web.json_response(page)


async def _form(request: web.Request) -> orders.Form:
    return await request.post()  # type: ignore[return-value]


def _camel(name: str) -> str:
    return "".join(word.title() for word in name.split("_"))
