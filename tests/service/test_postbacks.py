"""Postbacks: told to the vendor of the lead and to nobody else, in its own words, by the machinery of webhooks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from posting import TOMORROW, new_database, value, with_sources
from reporting import RETURNS, ask, report, returned, taken
from running import LEAD_PHONE, RunningService, running_service, until
from telling import SECRET, shorten_waits

from speedtolead.clock import SystemClock
from speedtolead.domain.webhook import signature
from speedtolead.service.configuration.apply import apply
from speedtolead.service.configuration.document import read

pytestmark = pytest.mark.asyncio(loop_scope="module")

BODY = '{"click": "{{ lead.external_id }}", "event": "{{ event }}", "worth": {{ outcome.value | default(0) }}}'


@dataclass(frozen=True)
class Got:
    """One request that a vendor got."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Vendor:
    """A vendor's own system, on a port of its own. ``answers`` are statuses for the next requests to a path."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    answers: dict[str, list[int]] = field(default_factory=dict)

    async def take(self, request: web.Request) -> web.Response:
        query = parse_qs(urlsplit(request.path_qs).query, keep_blank_values=True)
        self.got.append(Got(request.method, request.path, query, request.headers, await request.read()))
        waiting = self.answers.get(request.path, [])
        return web.Response(status=waiting.pop(0) if waiting else 200)

    def at(self, path: str) -> list[Got]:
        return [one for one in self.got if one.path == path]

    async def gets(self, path: str, count: int) -> list[Got]:
        async def look() -> list[Got]:
            return self.at(path) if len(self.at(path)) >= count else []

        return await until(look, what=f"{count} requests to {path}")


@asynccontextmanager
async def listening() -> AsyncIterator[Vendor]:
    found = Vendor()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", found.take)
    server = TestServer(app)
    await server.start_server(shutdown_timeout=0.1)
    found.url = str(server.make_url("")).rstrip("/")
    try:
        yield found
    finally:
        await server.close()


def sources(vendor: Vendor) -> dict[str, dict[str, Any]]:
    def said(path: str, *on: str, **more: Any) -> dict[str, Any]:
        return {"postbacks": [{"on": list(on), "url": f"{vendor.url}{path}", **more}]}

    in_url = "/got/{{ lead.external_id }}?v={{ outcome.value }}&by={{ lead.attributes.gclid }}"
    return {
        "json": said("/json", "outcome.sale", "lead.accepted", body=BODY, secret=SECRET),
        "url": said(in_url, "outcome.sale", method="GET"),
        "claims": said("/form", "return.sent", content_type="form", body="r={{ reason }}&a={{ claim.amount }}")
        | RETURNS
        | {"cost_per_lead": 25},
        "retried": said("/retried", "outcome.quote", body='{"id": "{{ message_id }}"}'),
        "gone": said("/gone", "outcome.quote"),
        "broken": said(
            "/broken", "outcome.sale", body='{"worth": {{ lead.attributes.amount | default(0) }}}', name="crm"
        ),
        "quiet": {},
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def vendor() -> AsyncIterator[Vendor]:
    async with listening() as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(
    server_url: str, tmp_path_factory: pytest.TempPathFactory, vendor: Vendor
) -> AsyncIterator[RunningService]:
    folder: Path = tmp_path_factory.mktemp("postbacks")
    text = with_sources(sources(vendor), cadence=TOMORROW)
    with pytest.MonkeyPatch.context() as patch:
        shorten_waits(patch)
        async with new_database(server_url) as url, running_service(url, folder, text) as running:
            yield running


async def applied(service: RunningService, said: Mapping[str, Any]) -> list[str]:
    """What changed by applying a file with these sources."""
    text = with_sources(said, cadence=TOMORROW)
    return (await apply(service.node.database, SystemClock(), read(text))).lines


async def states(service: RunningService, name: str) -> list[tuple[str, str | None]]:
    page = await service.get(f"/v1/webhooks/{name}/deliveries")
    return [(one["state"], one["last_error"]) for one in page["deliveries"]]


async def is_failed(service: RunningService, name: str) -> str | None:
    async def look() -> str | None:
        found = await states(service, name)
        return found[0][1] if found and found[0][0] == "failed" else None

    return await until(look)


# ---- what is told -------------------------------------------------------------------------------------------


async def test_a_sale_is_posted_in_the_vendors_words_and_signed(service: RunningService, vendor: Vendor) -> None:
    lead_id = await taken(service, "json", external_id='cl"ick', email="ada@example.com", last_name="Lovelace")
    await report(service, lead_id, kind="sale", value="1200.50", note="our secret")
    found = await vendor.gets("/json", 2)
    assert sorted((one.json for one in found), key=lambda told: str(told["event"])) == [
        {"click": 'cl"ick', "event": "lead.accepted", "worth": 0},
        {"click": 'cl"ick', "event": "outcome.sale", "worth": 1200.5},
    ]
    for one in found:
        assert (one.method, one.headers["Content-Type"]) == ("POST", "application/json")
        message_id, at = one.headers["webhook-id"], int(one.headers["webhook-timestamp"])
        assert one.headers["webhook-signature"] == signature(SECRET, message_id, at, one.body)
        for personal in ("ada@example.com", "Lovelace", "+1", "Ada", "our secret", lead_id):
            assert personal not in one.body.decode()


async def test_a_get_names_it_in_the_address_escaped_and_unsigned(service: RunningService, vendor: Vendor) -> None:
    lead_id = await taken(service, "url", external_id="a/b?c&d=é", attributes={"gclid": "x y+z"})
    await report(service, lead_id, kind="sale", value="7")
    path = "/got/a/b?c&d=é"
    (one,) = await vendor.gets(path, 1)
    assert (one.method, one.body, one.query) == ("GET", b"", {"v": ["7.00"], "by": ["x y+z"]})
    assert "webhook-signature" not in one.headers
    assert one.headers["webhook-id"].startswith("msg_")


async def test_a_claim_that_is_sent_tells_its_vendor_as_a_form(service: RunningService, vendor: Vendor) -> None:
    claim = (await returned(service, "claims", "fraud"))["claim"]
    await ask(service, "POST", f"/v1/returns/{claim['return_id']}", {"action": "send"})
    (one,) = await vendor.gets("/form", 1)
    assert (one.headers["Content-Type"], one.body) == (
        "application/x-www-form-urlencoded", b"r=fraud&a=25.00"
    )  # fmt: skip


async def test_a_contact_is_told_as_soon_as_the_call_is_over(server_url: str, tmp_path: Path) -> None:
    async with listening() as vendor, new_database(server_url) as url:
        one = {"on": ["lead.contacted"], "url": f"{vendor.url}/contact", "body": BODY}
        text = with_sources({"vendor": {"postbacks": [one]}})
        async with running_service(url, tmp_path, text) as service:
            lead_id = await taken(service, "vendor", phone=LEAD_PHONE, external_id="c-1")
            assert (await service.ended(lead_id))["status"] == "contacted"
            (told,) = await vendor.gets("/contact", 1)
    assert told.json == {"click": "c-1", "event": "lead.contacted", "worth": 0}


async def test_only_leads_of_the_source_are_told_and_no_tests(service: RunningService, vendor: Vendor) -> None:
    before = len(vendor.at("/json"))
    for source, more in (("quiet", {}), (None, {}), ("json", {"test": True})):
        await report(service, await taken(service, source, external_id="no", **more), kind="sale")
    await report(service, await taken(service, "json", external_id="last"), kind="sale")
    found = await vendor.gets("/json", before + 2)
    assert [one.json["click"] for one in found[before:]] == ["last", "last"]


# ---- retries, rests, replays --------------------------------------------------------------------------------


async def test_it_is_tried_again_as_the_same_message(service: RunningService, vendor: Vendor) -> None:
    vendor.answers["/retried"] = [500, 404]
    await report(service, await taken(service, "retried"), kind="quote")
    found = await vendor.gets("/retried", 3)
    assert len({(one.headers["webhook-id"], one.body) for one in found}) == 1
    assert found[0].json == {"id": found[0].headers["webhook-id"]}


async def test_410_pauses_it_and_applying_the_file_goes_on(service: RunningService, vendor: Vendor) -> None:
    vendor.answers["/gone"] = [410]
    await report(service, await taken(service, "gone"), kind="quote")
    await is_failed(service, "gone:1")
    (shown,) = [one for one in (await service.get("/v1/webhooks"))["webhooks"] if one["name"] == "gone:1"]
    assert (shown["paused"], shown["paused_why"]) == (True, "the receiver answered 410 Gone")
    await report(service, await taken(service, "gone"), kind="quote")
    assert await applied(service, sources(vendor)) == ["~ postback gone:1: paused: True → False"]
    await vendor.gets("/gone", 2)
    status, answer = await ask(service, "POST", "/v1/webhooks/gone:1/replay", {"failed": True})
    assert (status, answer) == (202, {"count": 1})
    await vendor.gets("/gone", 3)


async def test_a_template_that_fails_is_given_up_and_told_when_it_was_repaired(
    service: RunningService, vendor: Vendor
) -> None:
    lead_id = await taken(service, "broken", attributes={"amount": "a lot"})
    await report(service, lead_id, kind="sale")
    assert await is_failed(service, "broken:crm") == "the body is not JSON"
    assert vendor.at("/broken") == []
    repaired = sources(vendor)
    repaired["broken"]["postbacks"][0]["body"] = '{"worth": {{ lead.attributes.amount | tojson }}}'
    lines = await applied(service, repaired)
    assert len(lines) == 1
    assert lines[0].startswith("~ postback broken:crm: body: ")
    await ask(service, "POST", "/v1/webhooks/broken:crm/replay", {"failed": True})
    (one,) = await vendor.gets("/broken", 1)
    assert one.json == {"worth": "a lot"}


async def test_a_replay_of_a_span_is_of_the_sources_events_only(service: RunningService, vendor: Vendor) -> None:
    await report(service, await taken(service, "quiet"), kind="sale")
    span = {"since": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z"}
    told = len(await states(service, "url:1"))
    status, answer = await ask(service, "POST", "/v1/webhooks/url:1/replay", span)
    assert (status, answer) == (202, {"count": told})
    event_id = await value(
        service,
        "SELECT e.id FROM event e JOIN lead l ON l.id = e.lead_id JOIN source s ON s.id = l.source_id"
        " WHERE s.name = 'quiet' LIMIT 1",
    )
    status, _ = await ask(service, "POST", "/v1/webhooks/url:1/replay", {"event_id": event_id})
    assert status == 404


# ---- the file -----------------------------------------------------------------------------------------------


async def test_it_is_listed_with_its_source_and_without_what_may_be_secret(
    service: RunningService, vendor: Vendor
) -> None:
    listed = (await service.get("/v1/webhooks"))["webhooks"]
    found = {one["name"]: one for one in listed}
    assert {"json:1", "url:1", "claims:1", "broken:crm"} <= set(found)
    assert (found["url:1"]["source"], found["url:1"]["events"]) == ("url", ["outcome.sale"])
    assert found["url:1"]["url"] == f"{vendor.url}/got/{{{{ lead.external_id }}}}?…"
    assert SECRET not in json.dumps(listed)


async def test_it_comes_changes_and_goes_with_its_source(service: RunningService, vendor: Vendor) -> None:
    await applied(service, sources(vendor))
    assert await applied(service, sources(vendor)) == [], "the same file changes nothing"
    unsigned, gone = sources(vendor), sources(vendor)
    del unsigned["json"]["postbacks"][0]["secret"]
    assert await applied(service, unsigned) == [], "a secret that is left out stays"
    unsigned["json"]["postbacks"][0]["secret"] = SECRET.replace("MDEy", "MDEz", 1)
    assert await applied(service, unsigned) == ["~ postback json:1: secret changed"]
    del gone["quiet"], gone["json"]
    gone["url"]["postbacks"].append({"on": ["outcome.quote"], "url": f"{vendor.url}/more"})
    lines = await applied(service, gone)
    assert [line for line in lines if "postback" in line] == ["+ postback url:2", "- postback json:1"]
    del gone["url"]["postbacks"]
    assert await applied(service, gone) == ["- postback url:1", "- postback url:2"]
    lines = await applied(service, sources(vendor))
    assert {"+ postback json:1", "+ postback url:1"} <= set(lines)


async def test_the_accounts_own_webhooks_are_told_of_outcomes_as_before(server_url: str, tmp_path: Path) -> None:
    async with listening() as vendor, new_database(server_url) as url:
        text = with_sources({"vendor": {"postbacks": [{"on": ["outcome.sale"], "url": f"{vendor.url}/p"}]}})
        text += f"webhooks:\n  - {{name: crm, url: '{vendor.url}/crm', secret: {SECRET}, events: [outcome.sale]}}\n"
        async with running_service(url, tmp_path, text) as service:
            lead_id = await taken(service, "vendor", test=True)
            await report(service, lead_id, kind="sale", value="5")
            (one,) = await vendor.gets("/crm", 1)
            assert vendor.at("/p") == []
    assert one.json["type"] == "outcome.sale"
    told = one.json["data"]
    assert (told["lead_id"], told["source"], told["value"]) == (lead_id, "vendor", "5")
    assert told["status"] in {"new", "converted"}
