"""Simulated providers of facts about a lead, beside the simulated carrier.

Owns their routes, who may ask, and the answers that are scripted over the control endpoints. Must not know the
service that asks, nor any number's story: that is in `provider_answers`. Whatever is wrong with a request is
answered in its provider's own shape; what is scripted or ordered as a fault comes first, before any check.

    Twilio Lookup v2       GET  /v2/PhoneNumbers/{number}       the account's SID and token
    TrustedForm 4.0        POST /trustedform/{id}               any user, password SIMULATED_PROVIDER_KEY
    Jornaya Single Query   GET  /jornaya/SingleQuery            lac and lak: SIMULATED_PROVIDER_KEY
    DNC.com DNCScrub       GET  /scrub/app/main/rpc/scrub       header loginId: SIMULATED_PROVIDER_KEY

**Numbers.** Every number is a mobile that was not reassigned and stands on no list, except the fictional numbers
NXX-555-01XX with these last two digits:

    50  landline                        55  reassigned
    51  fixed VoIP                      56  no data about a reassignment
    52  non-fixed VoIP                  57  a known litigator
    53  line type unknown               58  on the national do-not-call list
    54  each package answers with an    59  on the national and a state's list
        error_code                      95  no such number

**Certificates** of TrustedForm are genuine and match the lead, whatever it is, but for ids that begin with:

    dead     unknown or expired (404)     forged   another phone (the e-mail address matches)
    sandbox  not claimable (405)          bot      a program filled in the form
    spent    claimed too often (422)      framed   the form was in a frame
    broken   outcome "error"              silent   the wording was not on the page
    old      100 days old                 masked   is_masked

**Tokens** of Jornaya are authentic and match, but for those that begin with:

    dead     not one of Jornaya's (4)     bad0     the phone does not match
    01d0     expired (1)                  a6ed     100 days old
    1000     queried too often (2)        0000     no consent wording was found
    0b70     the consumer opted out (3)

**Control.** `POST /simulator/providers {"answers": [{...}]}` scripts answers, `GET` shows them, `DELETE` ends them
and forgets what was retained; `/simulator/reset` leaves both. An answer: `provider` (lookup, trustedform, jornaya,
scrub) and `subject` (the number in E.164, the certificate's id or the token), both globs; `status`, `headers`,
`body` (JSON) or `text` (as it is); `seconds` (real ones) before it comes; `times` (-1: for ever). The faults of
`/simulator/faults` befall these requests too, by path or by `to`, which is the subject.
"""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from aiohttp import web

from . import provider_answers
from .control import _body, _list, _local
from .engine import Carrier
from .faults import Fault
from .gate import Arrival, Gate, Handler, refusal
from .wire import ApiError, wall_now

SIMULATED_PROVIDER_KEY = "51011a7ed-provider-key"
"""A make-believe key: it opens nothing but a simulator."""

PROVIDERS = ("lookup", "trustedform", "jornaya", "scrub")
Answer = Callable[[], web.StreamResponse]


@dataclass(slots=True)
class Scripted:
    """An answer on order, for the next `times` requests that match the globs."""

    provider: str = "*"
    subject: str = "*"
    times: int = 1
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: object = None
    text: str | None = None
    seconds: float = 0.0
    applied: int = 0

    def __post_init__(self) -> None:
        if not any(fnmatchcase(name, self.provider) for name in PROVIDERS):
            raise ValueError(f"provider must match one of {', '.join(PROVIDERS)}")
        if not 200 <= self.status <= 599:
            raise ValueError("status must be between 200 and 599")
        self.headers = {str(name): str(value) for name, value in self.headers.items()}

    def takes(self, provider: str, subject: str) -> bool:
        spent = 0 <= self.times <= self.applied
        return not spent and fnmatchcase(provider, self.provider) and fnmatchcase(subject, self.subject)

    def response(self) -> web.Response:
        text = json.dumps(self.body) if self.text is None else self.text
        headers = {"Content-Type": "application/json", **self.headers}
        return web.Response(status=self.status, headers=headers, body=text.encode())

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Scripted:
        return cls(**{name: value for name, value in fields.items() if name != "applied"})


class Providers:
    def __init__(self, carrier: Carrier, gate: Gate) -> None:
        self._carrier = carrier
        self._gate = gate
        self._retained: set[str] = set()
        self._closing = asyncio.Event()
        self.scripted: list[Scripted] = []

    def routes(self) -> list[web.RouteDef]:
        lookup = f"{self._carrier.config.path_prefix}/v2/PhoneNumbers/{{number}}"
        control: list[tuple[str, Handler]] = [
            ("GET", self.show),
            ("POST", self.script),
            ("DELETE", self.forget),
        ]
        return [
            web.get(lookup, self.lookup),
            web.post("/trustedform/{id}", self.trustedform),
            web.get("/jornaya/SingleQuery", self.jornaya),
            web.get("/scrub/app/main/rpc/scrub", self.scrub),
            *(web.route(method, "/simulator/providers", _local(handler)) for method, handler in control),
        ]

    async def let_go(self, app: web.Application) -> None:
        """Lets go of every request that is being held."""
        self._closing.set()

    # ---- control ------------------------------------------------------------------------------------------

    async def show(self, request: web.Request) -> web.Response:
        return web.json_response({"answers": [dataclasses.asdict(answer) for answer in self.scripted]})

    async def script(self, request: web.Request) -> web.Response:
        self.scripted += [Scripted.from_json(fields) for fields in _list(await _body(request), "answers")]
        return await self.show(request)

    async def forget(self, request: web.Request) -> web.Response:
        self.scripted.clear()
        self._retained.clear()
        return await self.show(request)

    # ---- the providers ------------------------------------------------------------------------------------

    async def lookup(self, request: web.Request) -> web.StreamResponse:
        number = request.match_info["number"]
        fields = frozenset(request.query.get("Fields", "").split(","))
        last_verified = request.query.get("LastVerifiedDate", "")

        def answer() -> web.Response:
            config = self._carrier.config
            if not _same(_basic(request), f"{config.account_sid}:{config.auth_token}"):
                return refusal(ApiError(20003))
            if "reassigned_number" in fields and not last_verified:
                return refusal(ApiError(20001, "LastVerifiedDate"))
            return web.json_response(provider_answers.looked_up(number, fields, last_verified))

        return await self._served("lookup", number, request, answer)

    async def trustedform(self, request: web.Request) -> web.StreamResponse:
        certificate = request.match_info["id"]
        text = await request.text()

        def answer() -> web.Response:
            if not _same(_basic(request).partition(":")[2], SIMULATED_PROVIDER_KEY):
                return web.json_response({"outcome": "error", "reason": "Unauthorized"}, status=401)
            wanted = _object(text)
            if wanted is None or ("retain" in wanted and "match_lead" not in wanted):
                words = {"outcome": "error", "reason": "Bad request", "message": "Bad request"}
                return web.json_response({**words, "errors": {"detail": "Bad request"}}, status=400)
            before = certificate in self._retained
            status, body = provider_answers.claimed(certificate, wanted, before)
            if "retain" in body:
                self._retained.add(certificate)
            return web.json_response(body, status=status)

        return await self._served("trustedform", certificate, request, answer)

    async def jornaya(self, request: web.Request) -> web.StreamResponse:
        query = request.query

        def answer() -> web.Response:
            if not all(_same(query.get(name, ""), SIMULATED_PROVIDER_KEY) for name in ("lac", "lak")):
                return web.json_response({"error": "unknown account"}, status=401)
            return web.json_response(provider_answers.audited(query.get("id", ""), query.get("data", "")))

        return await self._served("jornaya", query.get("id", ""), request, answer)

    async def scrub(self, request: web.Request) -> web.StreamResponse:
        numbers = [f"+1{one.partition('|')[0].strip()}" for one in request.query.get("phoneList", "").split(",")]

        def answer() -> web.Response:
            if not _same(request.headers.get("loginId", ""), SIMULATED_PROVIDER_KEY):
                return web.json_response({"error": "Unauthorized"}, status=401)
            if not all(len(number) == 12 and number[1:].isdecimal() for number in numbers):
                return web.json_response({"error": "phoneList must hold 10-digit numbers"}, status=400)
            return web.json_response([provider_answers.scrubbed(number) for number in numbers])

        return await self._served("scrub", numbers[0], request, answer)

    # ---- bad days -----------------------------------------------------------------------------------------

    async def _served(
        self, provider: str, subject: str, request: web.Request, answer: Answer
    ) -> web.StreamResponse:
        at = wall_now().isoformat()
        self._gate.arrivals.append(Arrival(request.method, request.path, subject, at, time.monotonic()))
        self._carrier.signals.changed()
        scripted = next((one for one in self.scripted if one.takes(provider, subject)), None)
        if scripted is not None:
            scripted.applied += 1
            await self._hold(scripted.seconds)
            return scripted.response()
        fault = self._carrier.faults.on_request(request.method, request.path, subject)
        return answer() if fault is None else await self._spoilt(request, fault, answer)

    async def _spoilt(self, request: web.Request, fault: Fault, answer: Answer) -> web.StreamResponse:
        match fault.does:
            case "status":
                return web.json_response({"error": "a fault on order"}, status=fault.status)
            case "delay":
                await self._hold(fault.seconds)
                return answer()
        response = answer()
        match fault.does:
            case "status_after":
                return web.json_response({"error": "a fault on order"}, status=500)
            case "timeout_after":
                await self._hold(fault.seconds)
            case "reset_after" if request.transport is not None:
                request.transport.abort()
        return response

    async def _hold(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            return


def _basic(request: web.Request) -> str:
    """`user:password`, or nothing that any of them equals."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    try:
        return base64.b64decode(given, validate=True).decode() if scheme.lower() == "basic" else ""
    except ValueError:
        return ""


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
