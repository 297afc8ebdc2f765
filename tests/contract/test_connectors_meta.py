"""Meta Lead Ads, against a stand-in for the Graph API: handshake, signature, and what its errors mean."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web
from carrier_office import held, listening
from hypothesis import given
from hypothesis import strategies as st
from test_connectors_registry import (
    NOW,
    NOWHERE,
    USABLE,
    document,
    examples,
    hmac_hex,
    ours,
    payload,
    posted,
    spoilt,
)

from speedtolead.adapters.connectors import CONNECTORS, meta
from speedtolead.domain.mapping import parse_mapping
from speedtolead.ports import Permanent, PortError, Transient
from speedtolead.ports.connectors import Challenge, Incoming, NotGenuine, Posted, Unreadable

META = CONNECTORS["meta"]
SETTINGS = USABLE["meta"]
TOKEN = SETTINGS["access_token"]
FIRST, SECOND = "1123455634567801", "1123455634567802"
Answer = tuple[int, bytes]


def notified(body: bytes | dict[str, Any]) -> Posted:
    post = posted(body)
    return posted(post.body, x_hub_signature_256=f"sha256={hmac_hex(SETTINGS['app_secret'], post.body)}")


def naming(*lead_ids: object) -> Posted:
    changes = [{"field": "leadgen", "value": {"leadgen_id": lead_id}} for lead_id in lead_ids]
    return notified({"object": "page", "entry": [{"id": "1", "time": 1, "changes": changes}]})


def lead(lead_id: str = FIRST, **changed: Any) -> Answer:
    return 200, json.dumps(document("meta_lead.json") | {"id": lead_id} | changed).encode()


def error(code: object, status: int = 400, **more: Any) -> Answer:
    told = document("meta_error.json")["error"] | {"code": code} | more
    return status, json.dumps({"error": told}).encode()


@dataclass
class Graph:
    """The Graph API: leads, or other answers, by their ids; and what it was asked."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[web.Request] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        status, body = self.answers.get(request.path.rpartition("/")[2]) or error(100, error_subcode=33)
        return web.Response(status=status, body=body, content_type="application/json")


@asynccontextmanager
async def asking(url: str) -> AsyncIterator[Callable[[Posted], Any]]:
    """The connector, with a Graph API at this address."""
    settings = SETTINGS | {"graph_url": url}
    assert META.check_settings(settings) == []
    async with aiohttp.ClientSession() as http:
        yield lambda post: META.read(post, settings, http, NOW)


async def read(graph: Graph, post: Posted) -> list[Incoming]:
    async with listening(graph.answer) as url, asking(f"{url}/v23.0") as ask:
        leads = await ask(post)
    assert isinstance(leads, list)
    return leads


# ---- the handshake ------------------------------------------------------------------------------------------


def shaking(**changed: str) -> Posted:
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": SETTINGS["verify_token"],
        "hub.challenge": "1158201444",
    }
    return posted(method="GET", query=query | {f"hub.{name}": value for name, value in changed.items()})


async def test_the_handshake_is_answered_with_the_challenge() -> None:
    assert await META.read(shaking(), SETTINGS, NOWHERE, NOW) == Challenge("1158201444", "text/plain")


@pytest.mark.parametrize("changed", [{"verify_token": "another"}, {"verify_token": ""}, {"mode": "unsubscribe"}])
async def test_a_strangers_handshake_is_not_answered(changed: dict[str, str]) -> None:
    with pytest.raises(NotGenuine):
        await META.read(shaking(**changed), SETTINGS, NOWHERE, NOW)


async def test_a_handshake_without_a_challenge_is_unreadable() -> None:
    for challenge in ("", "1" * 257):
        with pytest.raises(Unreadable):
            await META.read(shaking(challenge=challenge), SETTINGS, NOWHERE, NOW)


# ---- the notification ---------------------------------------------------------------------------------------


async def test_a_wrong_signature_is_not_genuine_and_nothing_is_read_or_asked() -> None:
    body = payload("meta_leadgen.json")
    right = notified(body).headers["x-hub-signature-256"]
    for post in (
        posted(body),
        posted(body, x_hub_signature_256=""),
        posted(body, x_hub_signature_256=right.removeprefix("sha256=")),
        posted(body, x_hub_signature_256=right.replace("sha256=", "sha1=")),
        posted(body, x_hub_signature="sha1=" + hmac_hex(SETTINGS["app_secret"], body, "sha1")),
        posted(body + b" ", x_hub_signature_256=right),
        posted(b"\xff", x_hub_signature_256=right),
        posted(body, x_hub_signature_256="sha256=" + hmac_hex("another app's secret", body)),
    ):
        with pytest.raises(NotGenuine):
            await META.read(post, SETTINGS, NOWHERE, NOW)


async def test_each_lead_of_a_notification_is_fetched_once_and_other_fields_are_ignored() -> None:
    graph = Graph({FIRST: lead(), SECOND: lead(SECOND)})
    leads = await read(graph, notified(payload("meta_leadgen.json")))
    assert [one.external_id for one in leads] == [FIRST, SECOND]
    assert sorted(request.path for request in graph.asked) == [f"/v23.0/{FIRST}", f"/v23.0/{SECOND}"]
    assert {request.method for request in graph.asked} == {"GET"}


async def test_the_lead_is_asked_for_with_the_token_its_proof_and_the_fields() -> None:
    graph = Graph({FIRST: lead()})
    await read(graph, naming(FIRST))
    (request,) = graph.asked
    assert dict(request.query) == {
        "access_token": TOKEN,
        "appsecret_proof": hmac_hex(SETTINGS["app_secret"], TOKEN.encode()),
        "fields": "id,created_time,ad_id,ad_name,form_id,field_data,is_organic,"
        "custom_disclaimer_responses,platform",
    }


async def test_more_leads_than_are_asked_for_at_once_are_all_fetched_in_order() -> None:
    ids = [str(number) for number in range(100, 130)]
    graph = Graph({lead_id: lead(lead_id) for lead_id in ids})
    assert [one.external_id for one in await read(graph, naming(*ids))] == ids


@pytest.mark.parametrize(
    "body",
    [
        {"object": "page", "entry": []},
        {"object": "page", "entry": [{"id": "1", "messaging": [{"message": "hi"}]}]},
        {"object": "page", "entry": [{"changes": [{"field": "feed", "value": "x"}]}]},
        {"object": "instagram", "entry": "anything"},
        {},
    ],
)
async def test_a_notification_of_something_else_holds_no_lead(body: dict[str, Any]) -> None:
    assert await META.read(notified(body), SETTINGS, NOWHERE, NOW) == []


@pytest.mark.parametrize(
    "lead_id", [None, "", "me", "../me", "1/2", "1?fields=x", "-1", "²", "٣", 1.5, True, [], {}]
)
async def test_an_id_that_would_lead_elsewhere_is_unreadable(lead_id: object) -> None:
    with pytest.raises(Unreadable) as why:
        await META.read(naming(FIRST, lead_id), SETTINGS, NOWHERE, NOW)
    assert why.value.field == "entry.changes.value.leadgen_id"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"object": "page", "object": "page", "entry": []}',
        b'{"object": "page"}',
        b'{"object": "page", "entry": ["x"]}',
        b'{"object": "page", "entry": [{"changes": {}}]}',
        b'{"object": "page", "entry": [{"changes": [{"field": "leadgen"}]}]}',
        b'{"object": "page", "entry": [{"changes": [{"field": "leadgen", "value": [1]}]}]}',
    ],
)
async def test_a_notification_of_another_shape_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        await META.read(notified(body), SETTINGS, NOWHERE, NOW)


class Away:
    """A session whose every request fails."""

    def get(self, *_: object, **__: object) -> None:
        raise aiohttp.ClientConnectionError


AWAY = cast(aiohttp.ClientSession, Away())


@examples
@given(body=st.binary(max_size=300))
async def test_any_signed_bytes_are_read_or_unreadable(body: bytes) -> None:
    with suppress(Unreadable):
        await META.read(notified(body), SETTINGS, AWAY, NOW)


@examples
@given(data=st.data())
async def test_a_notification_with_something_odd_in_it_is_read_or_unreadable(data: st.DataObject) -> None:
    with suppress(Unreadable, Transient):
        await META.read(notified(data.draw(spoilt(document("meta_leadgen.json")))), SETTINGS, AWAY, NOW)


# ---- the lead -----------------------------------------------------------------------------------------------


async def test_a_lead_becomes_ours() -> None:
    graph = Graph({FIRST: (200, payload("meta_lead.json"))})
    (one,) = await read(graph, naming(FIRST))
    assert one.fields == document("meta_lead.json")
    assert one.raw == payload("meta_lead.json")
    assert one.submitted_at == datetime(2025, 3, 5, 8, 49, 14, tzinfo=UTC)
    assert not one.test
    fields = ours(META, one)
    attributes = fields.pop("attributes")
    assert fields == {
        "phone": "+13035550142",
        "first_name": "Maria",
        "last_name": "Fernández",
        "email": "maria@example.com",
        "city": "Denver",
        "state": "CO",
        "postal_code": "80202",
        "external_id": FIRST,
        "submitted_at": "2025-03-05T08:49:14Z",
    }
    assert "when_do_you_need_it?" in attributes.values()
    assert attributes["ad_name"] == "Roof check, spring"


async def test_the_operators_mapping_takes_the_consent_from_the_box_that_was_ticked() -> None:
    """As the connector's documentation says; the default mapping does not."""
    (one,) = await read(Graph({FIRST: lead()}), naming(FIRST))
    box = "custom_disclaimer_responses[checkbox_key=may_call].is_checked"
    rules = {"consent.channels": {"from": box, "map": {"1": ["call"], "true": ["call"]}}}
    assert parse_mapping({"fields": rules}).apply(one.fields).fields == {"consent": {"channels": ["call"]}}


async def test_a_lead_of_the_testing_tool_works_the_same_and_is_flagged() -> None:
    (one,) = await read(Graph({FIRST: (200, payload("meta_test_lead.json"))}), naming(FIRST))
    assert one.test
    assert one.external_id == FIRST
    assert ours(META, one)["phone"] == "<test lead: dummy data for phone_number>"


async def test_a_lead_without_answers_is_a_lead() -> None:
    (one,) = await read(Graph({FIRST: (200, json.dumps({"id": int(FIRST)}).encode())}), naming(FIRST))
    assert (one.external_id, one.test, one.submitted_at) == (FIRST, False, None)


# ---- what goes wrong ----------------------------------------------------------------------------------------

AWAY_ANSWERS: dict[str, Answer] = {
    "too many calls of the app": error(4),
    "too many calls of the user": error(17),
    "too many calls of the page": error(32),
    "too many calls by a custom limit": error(613),
    "too many calls of lead retrieval": error(80005),
    "429": error(0, 429),
    "unknown to the API": error(1, 500),
    "service away": error(2, 500),
    "said to be transient": error(100, is_transient=True),
    "a gateway's page": (502, b"<html>Bad gateway</html>"),
    "a 503 without anything": (503, b""),
    "an error of a new kind": error(99999),
    "an error without a code": error(None),
    "an error that is a text": (400, b'{"error": "no"}'),
    "no JSON": (200, b"OK"),
    "a list": (200, b"[]"),
    "a lead that is nobody's": (200, b"{}"),
    "another lead": lead(SECOND),
    "answers that are none": lead(field_data="x"),
    "an endless answer": (200, b'{"id": "' + b"1" * meta.MAX_ANSWER + b'"}'),
    "a redirect": (302, b"{}"),
}


@pytest.mark.parametrize("case", AWAY_ANSWERS)
async def test_what_is_away_is_transient_so_that_meta_delivers_again(case: str) -> None:
    graph = Graph({FIRST: AWAY_ANSWERS[case]})
    with pytest.raises(Transient) as no:
        await read(graph, naming(FIRST))
    assert no.value.code == "provider_away"
    assert len(graph.asked) == 1


async def test_a_limit_is_waited_for_longer() -> None:
    with pytest.raises(Transient) as no:
        await read(Graph({FIRST: error(4)}), naming(FIRST))
    assert (no.value.provider_code, no.value.retry_after.total_seconds()) == ("4", 60)


@pytest.mark.parametrize(
    ("code", "status"), [(190, 400), (190, 401), (102, 400), (10, 403), (200, 403), (299, 403)]
)
async def test_a_refused_token_is_permanent(code: int, status: int) -> None:
    with pytest.raises(Permanent) as no:
        await read(Graph({FIRST: lead(), SECOND: error(code, status)}), naming(FIRST, SECOND))
    assert (no.value.code, no.value.provider_code) == ("token_refused", str(code))


@pytest.mark.parametrize("code", [100, 803])
async def test_a_lead_that_nobody_knows_is_permanent(code: int) -> None:
    with pytest.raises(Permanent) as no:
        await read(Graph({FIRST: error(code)}), naming(FIRST))
    assert (no.value.code, no.value.provider_code) == ("unknown_lead", str(code))


async def test_a_lead_that_nobody_knows_does_not_hold_back_the_others() -> None:
    leads = await read(Graph({SECOND: lead(SECOND)}), naming(FIRST, SECOND))
    assert [one.external_id for one in leads] == [SECOND]


async def test_one_lead_that_is_away_holds_back_the_notification() -> None:
    """Meta sends all of it again; those fetched now are known by their ids then."""
    with pytest.raises(Transient):
        await read(Graph({FIRST: lead(), SECOND: error(2, 500)}), naming(FIRST, SECOND))


async def test_a_refused_connection_is_transient() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    async with asking(url) as ask:
        with pytest.raises(Transient) as no:
            await ask(naming(FIRST))
    assert_without_token(no.value)


async def test_a_silent_graph_api_is_waited_for_no_longer_than_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert meta.SECONDS == 5
    monkeypatch.setattr(meta, "SECONDS", 0.2)
    async with listening(held) as url, asking(url) as ask, asyncio.timeout(4):
        with pytest.raises(Transient) as no:
            await ask(naming(FIRST))
    assert_without_token(no.value)


async def test_a_connection_that_breaks_is_transient() -> None:
    async def breaking(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with listening(breaking) as url, asking(url) as ask:
        with pytest.raises(Transient) as no:
            await ask(naming(FIRST))
    assert_without_token(no.value)


async def test_being_cancelled_is_not_an_error_of_the_provider() -> None:
    async with listening(held) as url, asking(url) as ask:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await ask(naming(FIRST))


# ---- the token ----------------------------------------------------------------------------------------------


def assert_without_token(found: PortError) -> None:
    told = "".join(traceback.format_exception(found)) + repr(found) + str(vars(found))
    assert TOKEN not in told
    assert hmac_hex(SETTINGS["app_secret"], TOKEN.encode()) not in told
    assert found.__context__ is None
    assert found.__cause__ is None


@pytest.mark.parametrize("code", [190, 100, 4, 2])
async def test_the_token_is_in_no_error_and_no_log_though_the_answer_quotes_it(
    code: int, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    assert TOKEN in document("meta_error.json")["error"]["message"]
    with caplog.at_level(logging.DEBUG), pytest.raises(PortError) as no:
        await read(Graph({FIRST: error(code)}), naming(FIRST))
    assert_without_token(no.value)
    assert TOKEN not in caplog.text
    assert TOKEN not in "".join(capsys.readouterr())


async def test_the_token_is_never_sent_on_to_where_a_redirect_points() -> None:
    elsewhere = Graph({FIRST: lead()})

    async with listening(elsewhere.answer) as other:

        async def redirect(request: web.Request) -> web.Response:
            return web.Response(status=302, headers={"Location": f"{other}/{FIRST}"})

        async with listening(redirect) as url, asking(url) as ask:
            with pytest.raises(Transient):
                await ask(naming(FIRST))
    assert elsewhere.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://graph.example.com",
        "ftp://127.0.0.1",
        "graph.facebook.com",
        "https://",
        "https://user:pass@graph.example.com",
        "https://graph.example.com/?a=1",
        "https://graph.example.com/#a",
        "https://[",
        "https://graph.example.com:99999",
        "//graph.example.com",
    ],
)
def test_the_token_is_sent_only_over_tls(url: str) -> None:
    assert [name for name, _ in META.check_settings(SETTINGS | {"graph_url": url})] == ["graph_url"]


@pytest.mark.parametrize("url", ["https://graph.facebook.com/v24.0/", "http://localhost:8080", "http://[::1]:1/v1"])
def test_another_version_or_this_machine_may_be_asked(url: str) -> None:
    assert META.check_settings(SETTINGS | {"graph_url": url}) == []
