"""Each provider's own sample, from its delivery at /in/{source_id} to a person who is called.

The samples are the documented ones (tests/contract/payloads), unchanged; their numbers are fictional. What they do
not say of consent, the source's mapping says. Meta's Graph API is a stub on loopback.
"""

from __future__ import annotations

import asyncio
import base64
import copy
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
import pytest_asyncio
from aiohttp import web
from posting import at, new_database, value, with_sources
from running import AGENTS_ANSWER, RunningService, person, running_service

from speedtolead.adapters.connectors import CONNECTORS
from speedtolead.simulator.people import Does

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAYLOADS = Path(__file__).parents[1] / "contract" / "payloads"
PICKS_UP = person("+1303555014?", Does.ANSWER, ring=1.0, talk=5.0)
TEST_PHONE = "+13035550190"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
SECRET = "a-secret-to-sign-with-0123456789"
STANDARD_SECRET = "whsec_" + base64.b64encode(SECRET.encode()).decode()


def payload(name: str) -> bytes:
    return (PAYLOADS / name).read_bytes().rstrip(b"\n")


def document(name: str) -> Any:
    return json.loads(payload(name))


# ---- what is configured ---------------------------------------------------------------------------------------


def mapped(connector: str, **ours: Any) -> dict[str, Any]:
    """The connector's own mapping, with rules of the operator's; ``__`` stands for a dot."""
    mapping = copy.deepcopy(CONNECTORS[connector].default_mapping)
    mapping["fields"] |= {name.replace("__", "."): rule for name, rule in ours.items()}
    return mapping


AGREED = {"const": ["call"]}
"""The form was set up so that nobody sends it off without agreeing to be called."""


def source(connector: str, settings: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"connector": {"type": connector, **settings}, "campaign": "auto", **more}


XML_REPLY = {
    "format": "xml",
    "accepted": "<result><status>success</status><id>{{ lead_id }}</id></result>",
    "refused": "<result><status>failure</status><reason>{{ detail }}</reason></result>",
}
TEXT_REPLY = {"format": "text", "accepted": "OK {{ status }}", "refused": "ERROR {{ code }}", "refused_status": 400}
JSON_REPLY = {
    "format": "json",
    "accepted": '{"outcome": "success", "id": "{{ lead_id }}"}',
    "refused": '{"outcome": "failure", "reason": {{ detail | tojson }}}',
}
BROKEN_REPLY = {"format": "text", "accepted": "{{ 1 // 0 }}", "refused": "{{ code / 2 }}"}
PRICE_REPLY = {"format": "text", "accepted": "OK {{ price }}", "refused": "NO {{ price }}"}
SELLER = {"key": "a-key-that-the-seller-posts"}
TIKTOK = {"token": "a-token-in-the-callback-address"}


def sources(graph_url: str) -> dict[str, dict[str, Any]]:
    ticked = {
        "from": "custom_disclaimer_responses[checkbox_key=may_call].is_checked",
        "map": {"1": "call"},
        "as": "list",
    }
    yes = {"from": "form_response.answers[field.ref=may_call].boolean", "map": {"true": "call"}, "as": "list"}
    meta = {
        "verify_token": "a-token-to-verify-us",
        "app_secret": SECRET,
        "access_token": "EAAB-page-token-of-the-account",
        "graph_url": f"{graph_url}/v23.0",
    }
    agreed_form = mapped("form", consent__channels=AGREED)
    loans = {"accept": {"attributes": {"roof_age": {"at_most": 30}}}, "mapping": agreed_form}
    return {
        "meta": source("meta", meta, mapping=mapped("meta", consent__channels=ticked)),
        "google": source(
            "google",
            {"google_key": "a-key-of-the-advertisers-form"},
            mapping=mapped("google", consent__channels=AGREED),
            accept={"states": ["CO"]},
        ),
        "tiktok": source("tiktok", TIKTOK, mapping=mapped("tiktok", consent__channels=AGREED)),
        "tiktok signed": source(
            "tiktok", TIKTOK | {"app_secret": SECRET}, mapping=mapped("tiktok", consent__channels=AGREED)
        ),
        "typeform": source("typeform", {"secret": SECRET}, mapping=mapped("typeform", consent__channels=yes)),
        "jotform": source(
            "jotform",
            {"key": "a-key-in-the-webhooks-address"},
            mapping=mapped("jotform", consent__channels=AGREED),
            accept={"states": ["CO"]},
        ),
        "leadconduit": source("form", SELLER, mapping=agreed_form),
        "boberdoo": source("form", SELLER | {"key_field": "Key"}, mapping=agreed_form, test_phone=TEST_PHONE),
        "without consent": source("form", SELLER),
        "xml": source("form", SELLER, reply=XML_REPLY, **loans),
        "text": source("form", SELLER, reply=TEXT_REPLY, **loans),
        "json": source("form", SELLER, reply=JSON_REPLY, **loans),
        "broken": source("form", SELLER, reply=BROKEN_REPLY, **loans),
        "priced": source("form", SELLER, reply=PRICE_REPLY, price={"flat": "31.50"}, mapping=agreed_form),
        "signed": source("hmac_signed", {"secret": SECRET, "prefix": "sha256="}),
        "standard": source("hmac_signed", {"secret": STANDARD_SECRET, "scheme": "standard-webhooks"}),
        "no connector": {},
    }


@dataclass
class Graph:
    """Meta's Graph API: the leads that it knows, by id; ``away``: it answers nothing but 503."""

    leads: dict[str, Any] = field(default_factory=dict)
    away: bool = False

    async def answer(self, request: web.Request) -> web.Response:
        lead = self.leads.get(request.path.rpartition("/")[2])
        if self.away or lead is None:
            code = 2 if self.away else 100
            return web.json_response({"error": {"code": code}}, status=503 if self.away else 400)
        assert request.query["access_token"] == "EAAB-page-token-of-the-account"
        return web.json_response(lead)


@dataclass(frozen=True)
class Desk:
    """The running service, and where each source's deliveries go."""

    service: RunningService
    graph: Graph
    addresses: dict[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    graph = Graph()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", graph.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    text = with_sources(sources(f"http://127.0.0.1:{runner.addresses[0][1]}"), agents=3)
    folder = tmp_path_factory.mktemp("connectors")
    async with (
        new_database(server_url) as url,
        running_service(url, folder, text, (AGENTS_ANSWER, PICKS_UP)) as running,
    ):
        async with running.database.connection() as tx:
            found = await tx.fetch("SELECT name, id FROM source")
        yield Desk(running, graph, {row["name"]: f"{running.url}/in/{row['id']}" for row in found})
    await runner.cleanup()


# ---- deliveries -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Delivery:
    """A request as its provider makes it."""

    body: bytes = b""
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"

    async def to(self, desk: Desk, name: str) -> tuple[int, str]:
        url = f"{desk.addresses[name]}?{self.query}"
        async with desk.service.http.request(self.method, url, data=self.body, headers=self.headers) as response:
            return response.status, await response.text()

    async def results(self, desk: Desk, name: str) -> list[dict[str, Any]]:
        """What became of each lead, by an answer 200."""
        status, text = await self.to(desk, name)
        assert status == 200, text
        found: list[dict[str, Any]] = json.loads(text)["results"]
        return found


def hmac_of(message: bytes, secret: str = SECRET) -> bytes:
    return hmac.new(secret.encode(), message, hashlib.sha256).digest()


def as_json(body: Any, query: str = "", **headers: str) -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Delivery(raw, query, {"Content-Type": JSON} | named)


def meta(body: Any) -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return as_json(raw, X_Hub_Signature_256=f"sha256={hmac_of(raw).hex()}")


def google(body: Any = None) -> Delivery:
    return as_json(payload("google_lead.json") if body is None else body)


def tiktok(body: Any = None) -> Delivery:
    return as_json(payload("tiktok_lead.json") if body is None else body, urlencode(TIKTOK))


def tiktok_signed(at_seconds: float | None = None) -> Delivery:
    raw, seconds = payload("tiktok_lead.json"), int(time.time() if at_seconds is None else at_seconds)
    signature = hmac_of(f"{seconds}.".encode() + raw).hex()
    return as_json(raw, urlencode(TIKTOK), TikTok_Signature=f"t={seconds},s={signature}")


def typeform(body: Any = None) -> Delivery:
    raw = payload("typeform_response.json") if body is None else json.dumps(body).encode()
    return as_json(raw, Typeform_Signature="sha256=" + base64.b64encode(hmac_of(raw)).decode())


def jotform() -> Delivery:
    """As Jotform posts it: multipart."""
    boundary = "------------------------c0ffee"
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        f"{text if isinstance(text, str) else json.dumps(text)}\r\n"
        for name, text in document("jotform_submission.json").items()
    )
    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return Delivery(f"{parts}--{boundary}--\r\n".encode(), "key=a-key-in-the-webhooks-address", kind)


def leadconduit(**changed: str) -> Delivery:
    fields = dict(parse_qsl(payload("leadconduit_form.txt").decode())) | changed
    return Delivery(urlencode(fields).encode(), headers={"Content-Type": FORM})


def boberdoo() -> Delivery:
    return Delivery(query=payload("boberdoo_query.txt").decode())


def signed() -> Delivery:
    raw = payload("signed_lead.json")
    return as_json(raw, X_Signature=f"sha256={hmac_of(raw).hex()}")


def standard(message_id: str = "msg_1", at_seconds: float | None = None) -> Delivery:
    raw, seconds = payload("signed_lead.json"), int(time.time() if at_seconds is None else at_seconds)
    signature = base64.b64encode(hmac_of(f"{message_id}.{seconds}.".encode() + raw)).decode()
    return as_json(raw, webhook_id=message_id, webhook_timestamp=str(seconds), webhook_signature=f"v1,{signature}")


@dataclass(frozen=True)
class Sample:
    """A provider's sample, and what of it must be seen in the lead."""

    deliver: Callable[[], Delivery]
    phone: str
    lead: dict[str, Any]


SAMPLES = {
    "google": Sample(
        google,
        "+13035550143",
        {"first_name": "Jonas", "last_name": "Example", "state": "CO", "postal_code": "80301", "via": "google"},
    ),
    "tiktok": Sample(
        tiktok,
        "+13035550144",
        {"first_name": "Zoë", "last_name": "Example", "city": "Aurora", "external_id": "7478201256781923841"},
    ),
    "typeform": Sample(
        typeform,
        "+13035550145",
        {"first_name": "Lena", "state": "CO", "submitted_at": "2025-03-05T18:17:02.000Z"},
    ),
    "jotform": Sample(
        jotform,
        "+13035550146",
        {"first_name": "Omar", "address": "1 Example Street", "state": "CO", "external_id": "6170302841123456789"},
    ),
    "leadconduit": Sample(
        leadconduit,
        "+13035550147",
        {"first_name": "Ruth", "attributes": {"roof_age": "20"}, "external_id": "65f0c0ffee0ddba11c0ffee0"},
    ),
    "signed": Sample(
        signed, "+13035550149", {"first_name": "Tess", "external_id": "L-7781", "attributes": {"roof_age": 20}}
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
async def test_a_providers_sample_is_called_once_and_answered_alike_when_it_comes_again(
    desk: Desk, name: str
) -> None:
    sample, service = SAMPLES[name], desk.service
    (result,) = await sample.deliver().results(desk, name)
    assert result["status"] == "accepted"
    assert result["next_attempt_at"]
    lead = await service.ended(result["lead_id"])
    assert lead["hops"]["requested"] is not None
    assert lead["attempts"][0]["legs"]
    assert (lead["phone"], lead["source"]) == (sample.phone, name)
    assert {field: lead[field] for field in sample.lead} == sample.lead
    assert "call" in lead["consent"]["channels"]
    assert await sample.deliver().results(desk, name) == [result]
    assert await value(service, "SELECT count(*) FROM lead WHERE phone = $1", sample.phone) == 1
    assert service.rung(sample.phone) == 1


async def test_a_samples_evidence_is_kept_without_the_key(desk: Desk) -> None:
    """Whoever may see the evidence could otherwise post leads with it."""
    sql = "SELECT bool_or(position('a-key-'::bytea IN raw_body) > 0) FROM lead"
    assert await value(desk.service, sql) is False
    kept = await value(desk.service, "SELECT raw_body FROM lead WHERE phone = '+13035550145'")
    assert kept == payload("typeform_response.json")


async def test_a_sellers_test_lead_rings_the_sources_own_phone(desk: Desk) -> None:
    """boberdoo's sample says of itself that it is a test."""
    service = desk.service
    (result,) = await boberdoo().results(desk, "boberdoo")
    lead = await service.ended(result["lead_id"])
    assert (lead["test"], lead["phone"], lead["first_name"]) == (True, TEST_PHONE, "Sam")
    assert (service.rung(TEST_PHONE), service.rung("+13035550148")) == (1, 0)


async def test_standard_webhooks_are_known_by_their_messages_id(desk: Desk) -> None:
    body = document("signed_lead.json") | {"external_id": None, "phone": "+13035550140"}
    raw = json.dumps(body).encode()

    def delivery(message_id: str) -> Delivery:
        seconds = int(time.time())
        signature = base64.b64encode(hmac_of(f"{message_id}.{seconds}.".encode() + raw)).decode()
        head = {"webhook_id": message_id, "webhook_timestamp": str(seconds)}
        return as_json(raw, **head, webhook_signature=f"v1,{signature}")

    (first,) = await delivery("msg_a").results(desk, "standard")
    assert await delivery("msg_a").results(desk, "standard") == [first]
    assert first["external_id"] == "msg_a"
    assert (await delivery("msg_b").results(desk, "standard"))[0]["lead_id"] != first["lead_id"]


async def test_tiktoks_signature_is_asked_for_where_the_apps_secret_is_set(desk: Desk) -> None:
    (result,) = await tiktok_signed().results(desk, "tiktok signed")
    assert result["status"] == "accepted"


# ---- Meta -----------------------------------------------------------------------------------------------------

FIRST, SECOND = "1123455634567801", "1123455634567802"


@pytest_asyncio.fixture(loop_scope="module")
async def graph(desk: Desk) -> AsyncIterator[Graph]:
    """The Graph API, which knows both leads of the sample notification."""
    lead = document("meta_lead.json")
    second = [
        {"name": "full_name", "values": ["Ines Example"]},
        {"name": "phone_number", "values": ["+13035550141"]},
        {"name": "state", "values": ["CO"]},
    ]
    desk.graph.leads = {FIRST: lead, SECOND: lead | {"id": SECOND, "field_data": second}}
    yield desk.graph
    desk.graph.away = False


async def counts(desk: Desk) -> tuple[int, int]:
    """Leads, and posts that left none."""
    sql = "SELECT (SELECT count(*) FROM lead), (SELECT count(*) FROM source_post)"
    async with desk.service.database.connection() as tx:
        row = await tx.fetchrow(sql)
        assert row is not None
        return row[0], row[1]


async def test_the_handshake_with_meta_is_answered_with_its_challenge(desk: Desk) -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "a-token-to-verify-us"}
    assert await Delivery(query=urlencode(query), method="GET").to(desk, "meta") == (200, "1158201444")
    wrong = urlencode(query | {"hub.verify_token": "another-token-to-verify"})
    assert (await Delivery(query=wrong, method="GET").to(desk, "meta"))[0] == 403


async def test_while_the_graph_api_is_away_nothing_is_taken_and_meta_delivers_again(
    desk: Desk, graph: Graph
) -> None:
    service, notification = desk.service, meta(payload("meta_leadgen.json"))
    before = await counts(desk)
    graph.away = True
    async with service.http.post(
        desk.addresses["meta"], data=notification.body, headers=notification.headers
    ) as response:
        assert response.status == 503
        assert int(response.headers["Retry-After"]) >= 1
        assert (await response.json(content_type=None))["code"] == "provider_away"
    assert await counts(desk) == before
    graph.away = False
    results = await notification.results(desk, "meta")
    assert [result["external_id"] for result in results] == [FIRST, SECOND]
    leads = [await service.ended(result["lead_id"]) for result in results]
    assert [lead["phone"] for lead in leads] == ["+13035550142", "+13035550141"]
    assert leads[0]["first_name"] == "Maria"
    assert leads[0]["consent"]["channels"] == ["call"]
    assert await notification.results(desk, "meta") == results
    assert [service.rung(lead["phone"]) for lead in leads] == [1, 1]


async def test_who_did_not_tick_the_box_is_refused(desk: Desk, graph: Graph) -> None:
    lead = copy.deepcopy(graph.leads[SECOND]) | {"id": "77"}
    lead["custom_disclaimer_responses"][0]["is_checked"] = ""
    graph.leads["77"] = lead
    changes = [{"field": "leadgen", "value": {"leadgen_id": "77"}}]
    (result,) = await meta({"object": "page", "entry": [{"changes": changes}]}).results(desk, "meta")
    assert (result["status"], result["code"]) == ("refused", "no_consent")


async def test_a_lead_that_meta_does_not_know_is_said_to_be_so(desk: Desk, graph: Graph) -> None:
    changes = [{"field": "leadgen", "value": {"leadgen_id": "78"}}]
    status, text = await meta({"object": "page", "entry": [{"changes": changes}]}).to(desk, "meta")
    assert (status, json.loads(text)["code"]) == (502, "provider_refused")


# ---- who is not who they say ----------------------------------------------------------------------------------


def _with(delivery: Delivery, **changed: Any) -> Delivery:
    fields = {"body": delivery.body, "query": delivery.query, "headers": delivery.headers}
    return Delivery(**fields | changed)


FORGED: dict[str, tuple[str, Callable[[], Delivery]]] = {
    "meta, another body": ("meta", lambda: _with(meta(payload("meta_leadgen.json")), body=b"{}")),
    "meta, no signature": ("meta", lambda: as_json(payload("meta_leadgen.json"))),
    "google, another key": ("google", lambda: google(document("google_lead.json") | {"google_key": "x" * 20})),
    "google, no key": ("google", lambda: google({"lead_id": "1", "user_column_data": []})),
    "tiktok, another token": ("tiktok", lambda: _with(tiktok(), query="token=another-token-in-the-address")),
    "tiktok, no token": ("tiktok", lambda: _with(tiktok(), query="")),
    "tiktok, no signature": ("tiktok signed", tiktok),
    "tiktok, an old signature": ("tiktok signed", lambda: tiktok_signed(time.time() - 400)),
    "typeform, another body": ("typeform", lambda: _with(typeform(), body=typeform().body + b" ")),
    "typeform, no signature": ("typeform", lambda: as_json(payload("typeform_response.json"))),
    "jotform, another key": ("jotform", lambda: _with(jotform(), query="key=another-key-in-the-address")),
    "jotform, the key twice": ("jotform", lambda: _with(jotform(), query=f"{jotform().query}&{jotform().query}")),
    "a seller, another key": ("leadconduit", lambda: leadconduit(api_key="another-key-of-a-seller")),
    "a seller, no key": ("leadconduit", lambda: leadconduit(api_key="")),
    "a seller, the key in another field": ("boberdoo", leadconduit),
    "signed, another body": ("signed", lambda: _with(signed(), body=b"{}")),
    "signed, no signature": ("signed", lambda: as_json(payload("signed_lead.json"))),
    "standard, an old signature": ("standard", lambda: standard(at_seconds=time.time() - 400)),
    "standard, another id": ("standard", lambda: _with(
        standard(), headers=standard().headers | {"webhook-id": "msg_2"})),
}  # fmt: skip


@pytest.mark.parametrize("case", FORGED)
async def test_what_is_not_genuine_is_403_and_leaves_nothing(desk: Desk, case: str) -> None:
    name, deliver = FORGED[case]
    before = await counts(desk)
    status, text = await deliver().to(desk, name)
    assert (status, json.loads(text)["code"]) == (403, "not_genuine")
    assert await counts(desk) == before


@pytest.mark.parametrize("address", ["no connector", "nobody", "no id"])
async def test_an_address_without_a_connector_is_404(desk: Desk, address: str) -> None:
    here = desk.addresses["google"].rpartition("/")[0]
    addresses = desk.addresses | {"nobody": f"{here}/00000000-0000-4000-8000-000000000000", "no id": f"{here}/x"}
    async with desk.service.http.post(addresses[address], json={}) as response:
        assert response.status == 404


# ---- what cannot be read, and what is refused -----------------------------------------------------------------


async def test_of_several_leads_in_one_post_the_bad_ones_cost_only_themselves(desk: Desk) -> None:
    service = desk.service
    sample = document("tiktok_lead.json")
    (entry,) = sample["entry"]

    def lead(lead_id: int, phone: str | None) -> dict[str, Any]:
        changes = [one for one in entry["changes"] if one["field"] != "phone_number"]
        if phone is not None:
            changes.append({"field": "phone_number", "value": phone})
        return {**entry, "id": lead_id, "changes": changes}

    delivery = tiktok(sample | {"entry": [lead(31, "+13035550148"), lead(32, None), lead(33, "no number")]})
    results = await delivery.results(desk, "tiktok")
    assert [(one["external_id"], one["status"]) for one in results] == [
        ("31", "accepted"),
        ("32", "refused"),
        ("33", "refused"),
    ]
    assert [one.get("code") for one in results] == [None, "invalid_phone", "invalid_phone"]
    assert [one["field"] for one in results[1]["errors"]] == ["phone"]
    assert "lead_id" not in results[1]
    assert (await service.lead(results[2]["lead_id"]))["refusal"] == "invalid_phone"
    await service.ended(results[0]["lead_id"])
    async with service.database.connection() as tx:
        kept = await tx.fetch(
            "SELECT * FROM source_post p JOIN source s ON s.id = p.source_id WHERE s.name = 'tiktok'"
        )
    assert [(post["via"], post["status"], post["code"]) for post in kept] == [("tiktok", 422, "invalid_phone")]
    assert (kept[0]["fields"], kept[0]["content_type"]) == (["phone"], JSON)
    assert json.loads(kept[0]["body"])["id"] == 32  # the other people of the delivery are not in it
    again = await delivery.results(desk, "tiktok")
    assert (again[0], again[2]) == (results[0], results[2])
    assert service.rung("+13035550148") == 1


async def test_a_body_that_its_provider_would_not_send_is_400(desk: Desk) -> None:
    before = await counts(desk)
    for delivery, name, place in (
        (typeform({"event_type": "form_response", "form_response": {"answers": []}}), "typeform", "token"),
        (tiktok({"object": 1, "entry": [{"id": 1, "changes": "?"}]}), "tiktok", "entry.changes"),
    ):
        status, text = await delivery.to(desk, name)
        problem = json.loads(text)
        assert (status, problem["code"]) == (400, "unreadable_body")
        assert problem["errors"][0]["field"].endswith(place)
    assert await counts(desk) == before


async def test_other_news_of_a_provider_is_taken_note_of(desk: Desk) -> None:
    assert await typeform({"event_type": "form_response_partial"}).results(desk, "typeform") == []
    assert await tiktok({"object": 2}).results(desk, "tiktok") == []


async def test_a_post_that_says_nothing_of_consent_is_refused_and_kept(desk: Desk) -> None:
    """No default mapping makes one up."""
    (result,) = await leadconduit().results(desk, "without consent")
    assert (result["status"], result["code"]) == ("refused", "no_consent")
    assert (await desk.service.lead(result["lead_id"]))["first_name"] == "Ruth"


@pytest.mark.parametrize(
    ("odd", "phone"), [(b"\xff", "3035550149"), (b"\xff\xfe", ""), (b"x" * 5000, "3035550149")]
)
async def test_a_header_that_is_no_text_costs_nothing(desk: Desk, odd: bytes, phone: str) -> None:
    """Bytes that are no UTF-8, or without end, where only a label is expected."""
    sent = leadconduit(lead_id=f"odd-{len(odd)}", phone_1=phone)
    status, text = await raw(desk.addresses["leadconduit"], sent.body, FORM.encode() + b"; odd=" + odd)
    assert status == 200
    assert json.loads(text)["results"][0]["status"] == ("accepted" if phone else "refused")


async def test_a_type_that_is_no_text_is_said_to_be_so(desk: Desk) -> None:
    key = f"Authorization: Bearer {at(desk.service, 'xml').source_key}\r\nContent-Type".encode()
    status, text = await raw(f"{desk.service.url}/v1/leads", b"{}", b"text/\xff", key)
    assert (status, text) == (200, "<result><status>failure</status><reason>Post application/json or "
                                   "application/x-www-form-urlencoded.</reason></result>")  # fmt: skip


async def raw(url: str, body: bytes, kind: bytes, name: bytes = b"Content-Type") -> tuple[int, str]:
    """A post with a header of any bytes, which no client would send."""
    host, _, path = url.removeprefix("http://").partition("/")
    head = f"POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    reader, writer = await asyncio.open_connection(*host.split(":"))
    writer.write(head.encode() + name + b": " + kind + b"\r\n\r\n" + body)
    answered = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    first, _, rest = answered.partition("\r\n")
    return int(first.split()[1]), rest.partition("\r\n\r\n")[2]


# ---- in the vendor's own words --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    status: int
    kind: str
    text: str


async def said(desk: Desk, name: str, delivery: Delivery) -> Said:
    async with desk.service.http.post(
        desk.addresses[name], data=delivery.body, headers=delivery.headers
    ) as response:
        return Said(response.status, response.content_type, await response.text())


TOO_OLD = "<99> & more"
"""What is wrong with it is told, as the vendor's format has it."""


@pytest.mark.parametrize(
    ("name", "kind", "taken", "refused"),
    [
        (
            "xml",
            "application/xml",
            "<result><status>success</status><id>{id}</id></result>",
            "<result><status>failure</status><reason>roof_age is &lt;99&gt; &amp; more, which is not a number; "
            "this source takes 30 or less</reason></result>",
        ),
        ("text", "text/plain", "OK accepted", "ERROR outside_criteria"),
        (
            "json",
            "application/json",
            '{{"outcome": "success", "id": "{id}"}}',
            json.dumps(
                {
                    "outcome": "failure",
                    "reason": f"roof_age is {TOO_OLD}, which is not a number; this source takes 30 or less",
                }
            ),
        ),
        ("broken", "text/plain", "accepted", "refused outside_criteria"),
    ],
)
async def test_a_vendor_is_answered_by_its_template(
    desk: Desk, name: str, kind: str, taken: str, refused: str
) -> None:
    accepted = leadconduit(lead_id=f"{name}-1", phone_1=f"30355501{60 + len(name)}")
    good = await said(desk, name, accepted)
    sql = (
        "SELECT l.id::text FROM lead l JOIN source s ON s.id = l.source_id WHERE s.name = $1 AND l.external_id = $2"
    )
    lead_id = await value(desk.service, sql, name, f"{name}-1")
    assert good == Said(200, kind, taken.format(id=lead_id))
    assert await said(desk, name, accepted) == good
    bad = await said(desk, name, leadconduit(lead_id=f"{name}-2", roof_age=TOO_OLD))
    assert (bad.status, bad.kind) == (400 if name == "text" else 200, kind)
    assert (json.loads(bad.text) == json.loads(refused)) if name == "json" else (bad.text == refused)


async def test_the_template_may_tell_the_price(desk: Desk) -> None:
    delivery = leadconduit(lead_id="priced-1", phone_1="3035550166")
    assert [(await said(desk, "priced", delivery)).text for _ in range(2)] == ["OK 31.50", "OK 31.50"]


async def test_a_post_that_cannot_be_read_is_answered_by_the_template_too(desk: Desk) -> None:
    found = await said(desk, "text", leadconduit(lead_id="text-3", phone_1=""))
    assert (found.status, found.text) == (400, "ERROR invalid_phone")


async def test_the_template_answers_at_the_api_as_well(desk: Desk) -> None:
    """A source's mapping and reply hold wherever its posts come in."""
    fields = dict(parse_qsl(payload("leadconduit_form.txt").decode())) | {"lead_id": "api-1"}
    posts = [fields, fields | {"lead_id": "api-2", "roof_age": "99"}, fields | {"lead_id": "api-3", "phone_1": ""}]
    found = []
    for post in posts:
        headers = {"Authorization": f"Bearer {at(desk.service, 'text').source_key}"}
        async with desk.service.http.post(f"{desk.service.url}/v1/leads", data=post, headers=headers) as response:
            found.append((response.status, await response.text()))
    assert found == [(200, "OK accepted"), (400, "ERROR outside_criteria"), (400, "ERROR invalid_phone")]


async def test_no_lead_of_any_post_here_was_called_twice(desk: Desk) -> None:
    sql = """SELECT count(*) FROM (SELECT attempt_id FROM leg WHERE kind = 'lead' GROUP BY attempt_id
              HAVING count(*) > 1) twice"""
    assert await value(desk.service, sql) == 0
