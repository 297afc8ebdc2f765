"""The contract of every provider of facts, held on the documented wire and on the simulated one.

The documented wire is a stub that answers what the providers' own documents show. Other test_providers_* modules
borrow `office` and the subjects from here.
"""

from __future__ import annotations

import asyncio
import json
import socket
import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from carrier_office import listening

from speedtolead.adapters.jornaya import Jornaya
from speedtolead.adapters.scrub import DncScrub
from speedtolead.adapters.trustedform import TrustedForm
from speedtolead.adapters.twilio.lookup import TwilioLookup, twilio_lookup
from speedtolead.ports import (
    CertificateAnswer,
    CertificateQuestion,
    LineType,
    Permanent,
    PortError,
    Reassigned,
    Transient,
)
from speedtolead.simulator import (
    SIMULATED_ACCOUNT_SID,
    SIMULATED_AUTH_TOKEN,
    RunningSimulator,
    running_simulator,
)
from speedtolead.simulator.providers import SIMULATED_PROVIDER_KEY

LEAD, NOBODY, BROKEN = "+13035550142", "+13035550195", "+13035550154"
EMAIL = "ada@example.com"
CERTIFICATE = "https://cert.trustedform.com/"
CERT_ID = "eb9fc4dd9bed9ad451a5648946cf4bf09b5bb947"
TOKEN = "58990313-03FB-43B8-AD0B-08CEF791D49B"
SINCE = date(2024, 2, 29)
KINDS = ("lookup", "reassigned", "trustedform", "jornaya", "scrub")
GOOD = {
    "lookup": LEAD,
    "reassigned": LEAD,
    "trustedform": CERT_ID,
    "jornaya": TOKEN,
    "scrub": LEAD,
}
UNKNOWN = {
    "lookup": (NOBODY, "unknown_number"),
    "reassigned": (NOBODY, "unknown_number"),
    "trustedform": ("dead4dd9bed9ad451a5648946cf4bf09b5bb9470", "unknown_certificate"),
    "jornaya": ("DEAD0313-03FB-43B8-AD0B-08CEF791D49B", "unknown_certificate"),
    "scrub": (NOBODY, "unknown_number"),
}
SECRETS = (SIMULATED_PROVIDER_KEY, SIMULATED_AUTH_TOKEN, SIMULATED_ACCOUNT_SID, LEAD[2:], EMAIL, CERT_ID, TOKEN)


# ---- the documented wire ------------------------------------------------------------------------------------


def _lookup(number: str) -> dict[str, Any]:
    """The example of Twilio's documents, with what this number is for."""
    broken = number == BROKEN
    return {
        "calling_country_code": "1",
        "country_code": "US",
        "phone_number": number,
        "national_format": "(303) 555-0142",
        "valid": number != NOBODY,
        "validation_errors": ["INVALID_BUT_POSSIBLE"] if number == NOBODY else [],
        "caller_name": None,
        "line_type_intelligence": {
            "error_code": 60610 if broken else None,
            "mobile_country_code": None if broken else "310",
            "mobile_network_code": None if broken else "456",
            "carrier_name": None if broken else "verizon",
            "type": None if broken else "mobile",
        },
        "reassigned_number": {
            "last_verified_date": None if broken else "2024-02-29",
            "is_number_reassigned": None if broken else "no",
            "error_code": "60608" if broken else None,
        },
        "url": f"https://lookups.twilio.com/v2/PhoneNumbers/{number}",
    }


TRUSTEDFORM_EXAMPLE = {
    "outcome": "success",
    "reason": None,
    "match_lead": {
        "email": EMAIL,
        "phone": LEAD[2:],
        "result": {"email_match": True, "phone_match": True, "success": True},
    },
    "retain": {
        "reference": "lead-1",
        "results": {
            "expires_at": "2029-07-18T12:03:52.000Z",
            "masked_cert_url": None,
            "previously_retained": False,
        },
        "vendor": "Acme Co.",
    },
    "insights": {
        "properties": {
            "age_seconds": 45,
            "bot_detected": False,
            "domain": "forms.example.com",
            "form_input_method": ["typing", "autofill"],
            "ip": "198.51.100.7",
            "is_framed": False,
            "is_masked": False,
            "page_url": "https://forms.example.com/quote",
        }
    },
    "verify": {"languages": [{"text": "I agree."}], "result": {"language_approved": True, "success": True}},
}
JORNAYA_EXAMPLE = {
    "audit": {
        "authentic": 1,
        "token": TOKEN,
        "lead_age": 45,
        "data_integrity": 1,
        "data_integrity_passed": "phone1,email",
        "data_integrity_failed": "",
        "market": {"leadid": {"tcpa": {"disclosure": 1}}},
    },
    "transid": "A26CE6E3-F92B-4528-9A7E-0696450E6B8F",
}
SCRUB_EXAMPLE = {
    "Phone": LEAD[2:],
    "ResultCode": "W",
    "Reserved": "",
    "Reason": ";;;W",
    "RegionAbbrev": "CO",
    "Country": "US",
    "CarrierInfo": '5820;WIRELESS;"Verizon Wireless:Verizon Wireless"',
    "IsWirelessOrVoIP": "1",
    "LineType": "Wireless",
}


def documented(request: web.Request) -> web.Response:
    """What the providers' documents show, for a few subjects."""
    if "/v2/PhoneNumbers/" in request.path:
        return web.json_response(_lookup(request.path.rpartition("/")[2]))
    if request.path.startswith("/trustedform/"):
        if request.path.endswith(UNKNOWN["trustedform"][0]):
            words = {"outcome": "error", "reason": "TrustedForm certificate has expired or could not be found"}
            return web.json_response(words, status=404)
        return web.json_response(TRUSTEDFORM_EXAMPLE)
    if request.path == "/jornaya/SingleQuery":
        if request.query["id"] == UNKNOWN["jornaya"][0]:
            return web.json_response({"audit": {"authentic": 0, "reason": 4, "reg_rule": 3, "result": 3}})
        return web.json_response(JORNAYA_EXAMPLE)
    number = request.query["phoneList"]
    code = {"ResultCode": "I", "Reason": ""} if number == NOBODY[2:] else {}
    return web.json_response([{**SCRUB_EXAMPLE, **code, "Phone": number}])


# ---- the service's side -------------------------------------------------------------------------------------


@dataclass
class Office:
    """The adapters, and what stands at the other end of the wire."""

    url: str
    session: aiohttp.ClientSession
    lookup: TwilioLookup
    trustedform: TrustedForm
    jornaya: Jornaya
    scrub: DncScrub

    async def ask(self, kind: str, subject: str | None = None) -> Any:
        subject = subject or GOOD[kind]
        match kind:
            case "lookup":
                return await self.lookup.look_up(subject)
            case "reassigned":
                return await self.lookup.reassigned(subject, SINCE)
            case "trustedform":
                return await self.trustedform.check(question(CERTIFICATE + subject))
            case "jornaya":
                return await self.jornaya.check(question(subject))
            case _:
                return await self.scrub.scrub(subject)

    async def answers(
        self, status: int = 200, text: str = "", headers: Mapping[str, str] | None = None, seconds: float = 0.0
    ) -> None:
        """From now on, everything is answered so."""
        raise NotImplementedError

    async def breaks_off(self) -> None:
        """From now on, every connection is dropped without an answer."""
        raise NotImplementedError

    async def asked(self) -> int:
        """How many requests came."""
        raise NotImplementedError


@dataclass
class Stub(Office):
    """The documented wire."""

    scripted: tuple[int, str, dict[str, str], float] | None = None
    drops: bool = False
    seen: list[web.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def receive(self, request: web.Request) -> web.Response:
        self.seen.append(request)
        self.bodies.append(await request.read())
        if self.drops and request.transport is not None:
            request.transport.abort()
        if self.scripted is None:
            return documented(request)
        status, text, headers, seconds = self.scripted
        if seconds:
            await asyncio.Event().wait()
        return web.Response(status=status, text=text, headers=headers)

    async def answers(
        self, status: int = 200, text: str = "", headers: Mapping[str, str] | None = None, seconds: float = 0.0
    ) -> None:
        self.scripted = (status, text, dict(headers or {}), seconds)

    async def breaks_off(self) -> None:
        self.drops = True

    async def asked(self) -> int:
        return len(self.seen)


@dataclass
class Simulated(Office):
    """The wire that ships with the service; scripted over its control endpoints."""

    simulator: RunningSimulator

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        async with self.session.request(method, f"{self.url}/simulator{path}", json=body) as response:
            return await response.json()

    async def answers(
        self, status: int = 200, text: str = "", headers: Mapping[str, str] | None = None, seconds: float = 0.0
    ) -> None:
        answer = {"status": status, "text": text, "headers": dict(headers or {}), "seconds": seconds}
        await self.control("DELETE", "/providers")
        await self.control("POST", "/providers", {"answers": [{**answer, "times": -1}]})

    async def breaks_off(self) -> None:
        await self.control("POST", "/faults", {"faults": [{"does": "reset_after", "times": -1}]})

    async def asked(self) -> int:
        return int((await self.control("GET", "/requests"))["count"])


def question(certificate: str, **more: Any) -> CertificateQuestion:
    asked = {"phone": LEAD, "email": EMAIL, "reference": "lead-1", "vendor": "Acme Co."}
    return CertificateQuestion(certificate=certificate, **{**asked, **more})


@asynccontextmanager
async def adapters(url: str, seconds: float) -> AsyncIterator[dict[str, Any]]:
    async with (
        aiohttp.ClientSession() as session,
        twilio_lookup(
            name="lookup",
            account_sid=SIMULATED_ACCOUNT_SID,
            auth_token=SIMULATED_AUTH_TOKEN,
            api_url="https://api.twilio.com",
            lookup_url=url,
            timeout=seconds,
        ) as lookup,
    ):
        key = SIMULATED_PROVIDER_KEY
        yield {
            "url": url,
            "session": session,
            "lookup": lookup,
            "trustedform": TrustedForm(session, key, seconds=seconds, endpoint=f"{url}/trustedform"),
            "jornaya": Jornaya(session, key, key, seconds=seconds, endpoint=f"{url}/jornaya/SingleQuery"),
            "scrub": DncScrub(session, key, seconds=seconds, endpoint=f"{url}/scrub/app/main/rpc/scrub"),
        }


@asynccontextmanager
async def stub(seconds: float = 5.0) -> AsyncIterator[Stub]:
    there: list[Stub] = []

    async def receive(request: web.Request) -> web.Response:
        return await there[0].receive(request)

    async with listening(receive) as url, adapters(url, seconds) as parts:
        there.append(Stub(**parts))
        yield there[0]


@asynccontextmanager
async def simulated(seconds: float = 5.0) -> AsyncIterator[Simulated]:
    async with running_simulator() as simulator, adapters(simulator.url, seconds) as parts:
        yield Simulated(**parts, simulator=simulator)


WIRES = {"documented": stub, "simulated": simulated}


@pytest.fixture(params=WIRES)
def wire(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def office(wire: str) -> AsyncIterator[Office]:
    async with WIRES[wire]() as opened:
        yield opened


# ---- what is known ------------------------------------------------------------------------------------------


async def test_a_number_without_a_fault_is_looked_up(office: Office) -> None:
    facts = await office.ask("lookup")
    assert facts.line_type is LineType.MOBILE
    assert facts.carrier_name
    assert facts.codes == {}
    assert await office.ask("reassigned") is Reassigned.NO
    scrubbed = await office.ask("scrub")
    assert (scrubbed.listed_on, scrubbed.list_date) == (frozenset(), None)


async def test_a_trustedform_certificate_without_a_fault_is_checked_and_retained(office: Office) -> None:
    answer: CertificateAnswer = await office.ask("trustedform")
    assert (answer.genuine, answer.reason) == (True, None)
    assert (answer.phone_matches, answer.email_matches) == (True, True)
    assert answer.age == timedelta(seconds=45)
    assert (answer.page_url, answer.ip) == ("https://forms.example.com/quote", "198.51.100.7")
    assert (answer.framed, answer.bot_detected, answer.wording_found) == (False, False, True)
    assert answer.retained_until is not None
    assert answer.retained_until.utcoffset() == timedelta(0)
    assert json.loads(answer.raw)["outcome"] == "success"


async def test_a_jornaya_token_without_a_fault_is_audited(office: Office) -> None:
    answer: CertificateAnswer = await office.ask("jornaya")
    assert (answer.genuine, answer.reason) == (True, None)
    assert (answer.phone_matches, answer.email_matches) == (True, True)
    assert answer.age == timedelta(seconds=45)
    assert answer.wording_found is True
    assert (answer.page_url, answer.ip, answer.framed, answer.bot_detected) == (None, None, None, None)
    assert answer.retained_until is None
    assert json.loads(answer.raw)["audit"]["authentic"] == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_every_question_is_one_request(kind: str, office: Office) -> None:
    await office.ask(kind)
    assert await office.asked() == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_what_the_provider_does_not_know_is_a_permanent_no(kind: str, office: Office) -> None:
    subject, code = UNKNOWN[kind]
    with pytest.raises(Permanent) as no:
        await office.ask(kind, subject)
    assert no.value.code == code
    assert await office.asked() == 1


async def test_a_package_that_fails_says_so_and_spoils_nothing_else(office: Office) -> None:
    facts = await office.ask("lookup", BROKEN)
    assert (facts.line_type, facts.carrier_name) == (None, None)
    assert facts.codes == {"line_type_intelligence": "60610"}
    with pytest.raises(Transient) as no:
        await office.ask("reassigned", BROKEN)
    assert no.value.provider_code == "60608"


# ---- what goes wrong ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
async def test_a_refused_request_is_a_permanent_no(kind: str, office: Office) -> None:
    await office.answers(400, '{"code": 20001, "message": "Invalid parameter", "status": 400}')
    with pytest.raises(Permanent) as no:
        await office.ask(kind)
    expected = "unknown_certificate" if kind == "trustedform" else "provider_refused"
    assert no.value.code == expected
    assert no.value.provider_code == ("20001" if kind in {"lookup", "reassigned"} else "400")
    assert await office.asked() == 1


IN_TROUBLE = [(kind, status) for kind in KINDS for status in (401, 403)]
OUT_OF_FUNDS = [(kind, 402) for kind in KINDS if kind not in {"lookup", "reassigned"}]


@pytest.mark.parametrize(("kind", "status"), IN_TROUBLE + OUT_OF_FUNDS)
async def test_an_account_in_trouble_gives_no_lead_up(kind: str, status: int, office: Office) -> None:
    await office.answers(status, '{"outcome": "error", "reason": "Unauthorized"}')
    with pytest.raises(Transient) as no:
        await office.ask(kind)
    assert no.value.retry_after >= timedelta(seconds=10)
    assert await office.asked() == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0"}, 0),
        ({}, 1),
        ({"Retry-After": "soon"}, 1),
        ({"Retry-After": "-5"}, 1),
        ({"Retry-After": "9" * 30}, 3600),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
async def test_too_many_requests_are_a_no_until_the_provider_says(
    kind: str, header: dict[str, str], seconds: int, office: Office
) -> None:
    await office.answers(429, '{"code": 20429, "message": "Too Many Requests", "status": 429}', header)
    with pytest.raises(Transient) as no:
        await office.ask(kind)
    least = 1 if kind in {"lookup", "reassigned"} else 0
    assert no.value.retry_after == timedelta(seconds=max(seconds, least))
    assert await office.asked() == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_failing_provider_may_be_asked_again(kind: str, status: int, office: Office) -> None:
    await office.answers(status, "<html>Bad gateway</html>", {"Retry-After": "3"})
    with pytest.raises(Transient) as no:
        await office.ask(kind)
    assert no.value.retry_after == timedelta(seconds=3)
    assert await office.asked() == 1


STRANGE = {
    "nothing": "",
    "a page": "<html>Welcome</html>",
    "null": "null",
    "an empty list": "[]",
    "an empty object": "{}",
    "a text": '"success"',
    "a number": "7",
    "cut off": '{"outcome": "succ',
    "a list of numbers": "[1, 2]",
    "too deep": "[" * 100_000,
    "other types": json.dumps({"outcome": 7, "audit": 3, "valid": "maybe", "phone_number": 7}),
    "a row of other types": '[{"Phone": {}, "ResultCode": 3}]',
    "an unknown outcome": json.dumps({"outcome": "perhaps", "audit": {"authentic": "perhaps"}, "valid": None}),
    "an age that overflows": json.dumps(
        {
            "outcome": "success",
            "insights": {"properties": {"age_seconds": 1e300}},
            "audit": {"authentic": 1, "lead_age": 1e300},
        }
    ),
}


@pytest.mark.parametrize("case", STRANGE)
@pytest.mark.parametrize("kind", KINDS)
async def test_an_odd_answer_is_a_no_for_now(kind: str, case: str, office: Office) -> None:
    await office.answers(200, STRANGE[case])
    with pytest.raises(Transient, match="odd answer") as no:
        await office.ask(kind)
    assert no.value.retry_after >= timedelta(seconds=10)
    assert await office.asked() == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_redirect_is_never_followed(kind: str, status: int, office: Office) -> None:
    await office.answers(status, "", {"Location": f"{office.url}/elsewhere"})
    with pytest.raises(Transient):
        await office.ask(kind)
    assert await office.asked() == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_dropped_connection_is_a_no_for_now(kind: str, office: Office) -> None:
    await office.breaks_off()
    with pytest.raises(Transient):
        await office.ask(kind)
    assert await office.asked() == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_silent_provider_is_waited_for_no_longer_than_was_said(kind: str, wire: str) -> None:
    async with WIRES[wire](0.3) as office, asyncio.timeout(5):
        await office.answers(seconds=3600)
        with pytest.raises(Transient):
            await office.ask(kind)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_refused_connection_is_a_no_for_now(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    async with adapters(url, 1.0) as parts:
        with pytest.raises(Transient):
            await Office(**parts).ask(kind)


async def test_being_cancelled_is_not_an_error_of_the_provider(wire: str) -> None:
    async with WIRES[wire](5.0) as office:
        await office.answers(seconds=3600)
        for kind in KINDS:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await office.ask(kind)


ECHO = json.dumps({"message": " ".join(SECRETS), "code": 20001, "reason": " ".join(SECRETS), "outcome": "error"})
PROBLEM = json.dumps(dict.fromkeys(("type", "title", "status", "code", "detail"), " ".join(SECRETS)))


@pytest.mark.parametrize(
    ("status", "text"),
    [(200, ECHO), (200, "{"), (302, ""), (400, ECHO), (400, PROBLEM), (401, ECHO), (404, ECHO), (500, ECHO)],
)
@pytest.mark.parametrize("kind", KINDS)
async def test_no_error_tells_a_key_or_a_person(kind: str, status: int, text: str, office: Office) -> None:
    await office.answers(status, text)
    with pytest.raises(PortError) as no:
        await office.ask(kind)
    told = "".join(traceback.format_exception(no.value)) + repr(no.value) + str(no.value.provider_code)
    assert [secret for secret in SECRETS if secret in told] == []


@pytest.mark.parametrize("kind", KINDS)
async def test_no_error_of_the_way_tells_a_key_or_a_person(kind: str, office: Office) -> None:
    await office.breaks_off()
    with pytest.raises(PortError) as no:
        await office.ask(kind)
    told = "".join(traceback.format_exception(no.value))
    assert [secret for secret in SECRETS if secret in told] == []


@pytest.mark.parametrize("kind", KINDS)
async def test_an_answer_that_is_not_text_is_a_no_for_now(kind: str) -> None:
    async def receive(request: web.Request) -> web.Response:
        return web.Response(body=b'{"outcome": "\xff\xfe"', content_type="application/json")

    async with listening(receive) as url, adapters(url, 5.0) as parts:
        with pytest.raises(Transient, match="odd answer"):
            await Office(**parts).ask(kind)


@pytest.mark.parametrize("kind", ["trustedform", "jornaya", "scrub"])
async def test_an_endless_answer_is_not_kept(kind: str) -> None:
    async def receive(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b" " * 64 * 1024)
        return response

    async with listening(receive) as url, adapters(url, 5.0) as parts:
        with pytest.raises(Transient, match="odd answer: too large"):
            await Office(**parts).ask(kind)
