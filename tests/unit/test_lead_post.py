"""Reading a posted lead: whatever is posted becomes a lead or a problem that names the field."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from unittest import mock
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from domain_samples import examples
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.service.intake.post import LeadPost
from speedtolead.web.lead_post import MAX_BODY, read
from speedtolead.web.problems import Problem

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
CANARY = "canary-7531"


def request(body: bytes, kind: str | None = JSON, headers: dict[str, str] | None = None) -> web.Request:
    payload = mock.Mock()
    chunks = [body, b""]

    async def readany() -> bytes:
        return chunks.pop(0)

    payload.readany = readany
    named = {**({} if kind is None else {"Content-Type": kind}), **(headers or {})}
    return make_mocked_request("POST", "/v1/leads", headers=named, payload=payload, client_max_size=MAX_BODY)


def posted(body: bytes | str | dict[str, Any], kind: str | None = JSON, **headers: str) -> LeadPost:
    """The lead; raises what reading it raises. Headers are written with underscores."""
    raw = json.dumps(body) if isinstance(body, dict) else body
    raw = raw.encode() if isinstance(raw, str) else raw
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    reading = read(request(raw, kind, named))
    try:
        reading.send(None)
    except StopIteration as done:
        lead: LeadPost = done.value
        return lead
    raise AssertionError("the body is there; nothing is to be waited for")


def outcome(body: bytes | dict[str, Any], kind: str) -> LeadPost | Problem:
    """What a post comes to; nothing else may be raised."""
    try:
        return posted(body, kind)
    except Problem as problem:
        return problem


def form(*pairs: tuple[str, str], **fields: str) -> LeadPost:
    return posted(urlencode([*pairs, *fields.items()]), FORM)


def refused(body: bytes | str | dict[str, Any], kind: str | None = JSON, **headers: str) -> Problem:
    with pytest.raises(Problem) as problem:
        posted(body, kind, **headers)
    return problem.value


def fields(problem: Problem) -> list[str]:
    return [error["field"] for error in problem.errors]


PHONE = {"phone": "+12125550142"}

# ---- JSON ---------------------------------------------------------------------------------------------------


def test_a_phone_is_enough() -> None:
    lead = posted(PHONE)
    assert (lead.phone, lead.country, lead.test, lead.attributes) == ("+12125550142", "US", False, {})
    assert lead.consent.channels == ()
    assert (lead.raw_type, json.loads(lead.raw_body)) == (JSON, PHONE)


def test_every_field_is_read() -> None:
    lead = posted(
        {
            "phone": " (212) 555-0142 ",
            "first_name": " Ann ",
            "last_name": "Lee",
            "email": "Ann@Example.com",
            "address": "1 Main St",
            "city": "Tampa",
            "state": "FL",
            "postal_code": 33601,
            "country": "us",
            "external_id": 7,
            "submitted_at": "2026-06-10T12:00:00-04:00",
            "schedule_at": "2026-06-10T16:00:00Z",
            "cost": 12.5,
            "attributes": {"vehicle": {"year": 2020}, "drivers": [1, "two", None, True, 1.5]},
            "consent": {
                "channels": ["call", "SMS", "call"],
                "text": "I agree.",
                "captured_at": "2026-06-10T16:00:00Z",
                "url": "https://example.com/form",
                "ip": "192.0.2.1",
                "user_agent": "Mozilla/5.0",
                "seller": "Acme",
                "trustedform_cert_url": "https://cert.trustedform.com/1",
                "leadid_token": "token",
            },
            "test": True,
            "unheard_of": 1,
        },
        Idempotency_Key="key-1",
    )
    assert (lead.phone, lead.first_name, lead.email) == ("(212) 555-0142", "Ann", "ann@example.com")
    assert (lead.postal_code, lead.country, lead.external_id) == ("33601", "US", "7")
    noon = datetime(2026, 6, 10, 16, tzinfo=UTC)
    assert lead.submitted_at == lead.schedule_at == lead.consent.captured_at == noon
    assert (lead.cost, lead.test, lead.idempotency_key) == (Decimal("12.5"), True, "key-1")
    assert lead.attributes == {"vehicle": {"year": 2020}, "drivers": [1, "two", None, True, 1.5]}
    assert lead.consent.channels == ("call", "sms")
    assert (lead.consent.ip, lead.consent.leadid_token) == ("192.0.2.1", "token")


@pytest.mark.parametrize("kind", [JSON, "application/json; charset=utf-8", "application/vnd.leads+json"])
def test_json_has_many_names(kind: str) -> None:
    assert posted(PHONE, kind).phone == "+12125550142"


def test_a_phone_may_be_a_number() -> None:
    assert posted('{"phone": 2125550142}').phone == "2125550142"


@pytest.mark.parametrize("blank", ["", "  ", "\t\n", None])
@pytest.mark.parametrize(
    "name", ["first_name", "last_name", "email", "address", "city", "state", "postal_code", "external_id",
             "submitted_at", "schedule_at", "cost"]
)  # fmt: skip
def test_blank_is_nothing(name: str, blank: str | None) -> None:
    assert getattr(posted({**PHONE, name: blank}), name) is None


@pytest.mark.parametrize("blank", ["", None, "  "])
def test_a_blank_country_is_the_united_states(blank: str | None) -> None:
    assert posted({**PHONE, "country": blank}).country == "US"


@pytest.mark.parametrize("channels", ["call,sms", " call , SMS ,", ["call", "sms"], ["sms", "CALL "]])
def test_channels_are_a_list_however_they_are_written(channels: object) -> None:
    assert set(posted({**PHONE, "consent": {"channels": channels}}).consent.channels) == {"call", "sms"}


@pytest.mark.parametrize("channels", ["", [], " , "])
def test_no_channel_is_no_consent(channels: object) -> None:
    assert posted({**PHONE, "consent": {"channels": channels}}).consent.channels == ()


# ---- forms --------------------------------------------------------------------------------------------------


def test_a_form_is_read() -> None:
    lead = form(phone="+12125550142", first_name="Ann", test="true", cost="1.25", postal_code="07030", city="")
    assert (lead.first_name, lead.test, lead.cost, lead.postal_code) == ("Ann", True, Decimal("1.25"), "07030")
    assert lead.city is None
    assert lead.raw_type == FORM


@pytest.mark.parametrize(
    "pairs",
    [
        [("consent[channels][]", "call"), ("consent[channels][]", "sms")],
        [("consent[channels]", "call"), ("consent[channels]", "sms")],
        [("consent.channels", "call"), ("consent.channels", "sms")],
        [("consent.channels[]", "call"), ("consent[channels]", "sms")],
        [("consent[channels]", "call,sms")],
        [("consent.channels", "call,sms")],
    ],
)
def test_nested_fields_have_brackets_or_dots(pairs: list[tuple[str, str]]) -> None:
    lead = form(("phone", "+12125550142"), *pairs, ("attributes[car][year]", "2020"), ("attributes.colour", "red"))
    assert lead.consent.channels == ("call", "sms")
    assert lead.attributes == {"car": {"year": "2020"}, "colour": "red"}


def test_a_field_of_a_form_that_is_repeated_is_a_list() -> None:
    lead = form(("phone", "+12125550142"), *[("attributes.a", x) for x in "xyz"])
    assert lead.attributes == {"a": ["x", "y", "z"]}


def test_a_text_field_that_is_repeated_is_refused_by_name() -> None:
    assert fields(refused("phone=1&phone=2", FORM)) == ["phone"]
    assert fields(refused("phone=%2B12125550142&city=a&city=b", FORM)) == ["city"]


@pytest.mark.parametrize(
    "body",
    [
        "consent=yes&consent.channels=call",
        "consent.channels=call&consent=yes",
        "attributes[a]=1&attributes[a][b]=2",
        "attributes[a][b]=1&attributes[a]=2",
        "attributes.a=1&attributes.a=2&attributes.a.b=3",
    ],
)
def test_a_field_with_a_value_and_fields_of_its_own_cannot_be_read(body: str) -> None:
    problem = refused(f"phone=%2B12125550142&{body}", FORM)
    assert (problem.status, problem.code, fields(problem)) == (400, "unreadable_body", ["body"])


@pytest.mark.parametrize("name", ["[]", ".", "", "[[[", "..", "]"])
def test_a_field_without_a_name_is_ignored(name: str) -> None:
    assert form((name, "x"), phone="+12125550142").phone == "+12125550142"


@pytest.mark.parametrize("body", [b"phone=%FF", b"phone=\xff", b"phone=%ED%A0%80", b"&".join([b"a=1"] * 501)])
def test_a_form_that_cannot_be_read_is_refused(body: bytes) -> None:
    problem = refused(body, FORM)
    assert (problem.status, problem.code) == (400, "unreadable_body")


# ---- what cannot be read ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["text/plain", "multipart/form-data; boundary=x", "application/xml", "", "x", None]
)
def test_another_type_is_refused(kind: str | None) -> None:
    problem = refused(PHONE, kind)
    assert (problem.status, problem.code, fields(problem)) == (415, "unsupported_type", ["Content-Type"])


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"null", b"7", b'"a"', b"[]", b"[{}]", b"{", b'{"phone": }', b"{'phone': 1}", b'{"phone": "1",}',
        b'{"phone": NaN}', b'{"cost": Infinity}', b'{"cost": -Infinity}', b'{"phone": "\xff"}', b"\xfe\xff{}",
        b'{"phone": "\\ud800"}', b'{"phone": "\\udc00x"}', b'{"a": "\x00"}', b'{"phone": "1"} x',
        b'{"a":' * 5000 + b"1" + b"}" * 5000, b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
    ids=lambda body: body[:20].decode("latin-1"),
)  # fmt: skip
def test_what_is_not_a_json_object_cannot_be_read(body: bytes) -> None:
    problem = refused(body)
    assert (problem.status, problem.code, fields(problem)) == (400, "unreadable_body", ["body"])


def test_a_body_may_be_so_large_and_no_larger() -> None:
    frame = len(json.dumps({**PHONE, "x": ""}))
    assert posted({**PHONE, "x": "a" * (MAX_BODY - frame)}).phone
    problem = refused({**PHONE, "x": "a" * (MAX_BODY - frame + 1)})
    assert (problem.status, problem.code, fields(problem)) == (413, "too_large", ["body"])


TEXTS = ["phone", "first_name", "last_name", "email", "address", "city", "state", "postal_code", "country",
         "external_id"]  # fmt: skip
MOMENTS = ["submitted_at", "schedule_at"]
CONSENT_TEXTS = ["text", "url", "ip", "user_agent", "seller", "trustedform_cert_url", "leadid_token"]


def nested(name: str, value: object) -> dict[str, Any]:
    """A good lead but for one field, which may be ``consent.…``."""
    head, _, tail = name.partition(".")
    return {**PHONE, head: {tail: value} if tail else value}


EVERY_TEXT = [*TEXTS, *[f"consent.{name}" for name in CONSENT_TEXTS]]
EVERY_MOMENT = [*MOMENTS, "consent.captured_at"]


@pytest.mark.parametrize("name", EVERY_TEXT)
@pytest.mark.parametrize("value", [True, [], {}, ["x"], {"x": "y"}], ids=repr)
def test_a_text_of_another_type_is_refused_by_name(name: str, value: object) -> None:
    problem = refused(nested(name, value))
    assert (problem.status, fields(problem)) == (422, [name])


@pytest.mark.parametrize("name", EVERY_TEXT)
@pytest.mark.parametrize("value", ["a\x00b", "a\x07", "\x1b[0m", "\x7f"], ids=repr)
def test_control_characters_are_refused_by_name(name: str, value: str) -> None:
    problem = refused(nested(name, value))
    assert (problem.status, fields(problem)) == (422, [name])


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("phone", 60), ("first_name", 120), ("last_name", 120), ("email", 254), ("address", 2000), ("city", 120),
        ("state", 120), ("postal_code", 16), ("external_id", 200), ("consent.text", 20_000), ("consent.url", 2000),
        ("consent.ip", 120), ("consent.user_agent", 2000), ("consent.seller", 2000),
        ("consent.trustedform_cert_url", 2000), ("consent.leadid_token", 120),
    ],
)  # fmt: skip
def test_a_text_may_be_so_long_and_no_longer(name: str, most: int) -> None:
    posted(nested(name, "é" * most))
    assert fields(refused(nested(name, "é" * (most + 1)))) == [name]


def test_line_ends_are_text() -> None:
    assert posted(nested("consent.text", "a\r\n\tb")).consent.text == "a\r\n\tb"


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_lead_without_a_phone_is_refused_for_its_phone(value: object) -> None:
    for body in ({"phone": value}, {}):
        problem = refused(body)
        assert (problem.status, problem.code, fields(problem)) == (422, "invalid_phone", ["phone"])


@pytest.mark.parametrize("name", EVERY_MOMENT)
@pytest.mark.parametrize(
    "value",
    [
        "2026-06-10T12:00:00", "2026-06-10", "yesterday", "12:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
        "1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-06-10T25:00:00Z",
        "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", True, [], {}, 10**30, -(10**18), 1e300, "nan",
    ],
    ids=repr,
)  # fmt: skip
def test_a_moment_has_a_zone_and_is_of_this_century(name: str, value: object) -> None:
    problem = refused(nested(name, value))
    assert (problem.status, fields(problem)) == (422, [name])


@pytest.mark.parametrize("name", EVERY_MOMENT)
@pytest.mark.parametrize("value", ["2000-01-01T00:00:00Z", "2099-12-31T23:59:59Z"])
def test_the_century_is_taken_whole(name: str, value: str) -> None:
    posted(nested(name, value))


@pytest.mark.parametrize(
    "value", [-1, "-0.01", "NaN", "Infinity", "1e400", "x", "1.23456", 10**20, True, [], {}, "1,50"], ids=repr
)
def test_a_cost_is_an_amount_of_money(value: object) -> None:
    problem = refused(nested("cost", value))
    assert (problem.status, fields(problem)) == (422, ["cost"])


@pytest.mark.parametrize("value", ["x", "USA", "U", "ÜS", "U1", "US\n"])
def test_a_country_has_two_letters(value: str) -> None:
    if value == "US\n":
        assert posted(nested("country", value)).country == "US"
    else:
        assert fields(refused(nested("country", value))) == ["country"]


@pytest.mark.parametrize("value", ["maybe", 2, [], {}, "\x00"], ids=repr)
def test_a_test_is_one_or_is_none(value: object) -> None:
    assert fields(refused(nested("test", value))) == ["test"]


@pytest.mark.parametrize("value", ["yes", 7, [], [{"channels": "call"}], True], ids=repr)
def test_a_consent_is_an_object(value: object) -> None:
    assert fields(refused(nested("consent", value))) == ["consent"]


@pytest.mark.parametrize(
    ("channels", "place"),
    [
        ("phone", "consent.channels.0"),
        (["call", "fax"], "consent.channels.1"),
        (["call", 7], "consent.channels.1"),
        ([["call"]], "consent.channels.0"),
        ({"call": True}, "consent.channels"),
        (7, "consent.channels"),
        (["call"] * 11, "consent.channels"),
    ],
)
def test_a_channel_that_does_not_exist_is_refused_by_its_place(channels: object, place: str) -> None:
    assert fields(refused(nested("consent.channels", channels))) == [place]


def deep(levels: int) -> object:
    return {"a": deep(levels - 1)} if levels else 1


@pytest.mark.parametrize(
    "value",
    [
        "x", 7, [], True, {"a": "\x00"}, {"\x00": 1}, {"a": ["\x1f"]}, {"a": {"b": "\x7f"}}, {"a": 10**31},
        {"a": -(10**31)}, {"a": [[10**31]]}, deep(9), deep(50),
    ],
    ids=lambda value: repr(value)[:20],
)  # fmt: skip
def test_attributes_are_plain_values(value: object) -> None:
    problem = refused(nested("attributes", value))
    assert (problem.status, fields(problem)) == (422, ["attributes"])


def test_attributes_that_cannot_be_a_number_are_refused() -> None:
    problem = refused('{"phone": "+12125550142", "attributes": {"a": 1e400}}')
    assert problem.status in {400, 422}
    problem = refused('{"phone": "+12125550142", "attributes": {"a": ' + "9" * 5000 + "}}")
    assert problem.status in {400, 422}
    problem = refused('{"phone": ' + "9" * 5000 + "}")
    assert problem.status in {400, 422}


def test_attributes_may_be_eight_deep() -> None:
    assert posted(nested("attributes", deep(8))).attributes == deep(8)


def test_every_field_that_does_not_fit_is_named_at_once() -> None:
    problem = refused({"phone": [], "city": True, "cost": "x", "consent": {"channels": ["fax"], "ip": {}}})
    assert fields(problem) == ["phone", "city", "cost", "consent.channels.0", "consent.ip"]
    assert problem.code == "invalid_phone"
    assert problem.body()["errors"] == problem.errors


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_an_idempotency_key_has_a_length(key: str) -> None:
    assert fields(refused(PHONE, Idempotency_Key=key)) == ["Idempotency-Key"]


def test_an_idempotency_key_is_text() -> None:
    assert fields(refused(PHONE, Idempotency_Key="a\x01")) == ["Idempotency-Key"]


@pytest.mark.parametrize(
    "name", [*EVERY_TEXT, *EVERY_MOMENT, "cost", "test", "consent.channels", "attributes", "consent"]
)
def test_a_problem_does_not_repeat_what_was_sent(name: str) -> None:
    for value in (f"{CANARY}\x00", [CANARY], {CANARY: CANARY}, CANARY * 2000):
        came = outcome(nested(name, value), JSON)
        if isinstance(came, Problem):
            assert CANARY not in json.dumps(came.body())


# ---- anything at all ----------------------------------------------------------------------------------------

NAMES = [*TEXTS, *MOMENTS, "cost", "test", "attributes", "consent", "channels", *CONSENT_TEXTS, "captured_at"]
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30)
    | st.sampled_from(["call", "call,sms", "2026-06-10T12:00:00Z", "+12125550142", "US", "12.5"])
    | st.sampled_from(["0001-01-01T00:00Z", "9999-12-31T23:59:59-12:00", "2026-06-10T12:00:00", "NaN", "1e999"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
objects = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), values, max_size=8)


def is_read_or_refused(body: bytes, kind: str) -> None:
    lead = outcome(body, kind)
    if isinstance(lead, Problem):
        assert 400 <= lead.status < 500
        assert lead.errors
        assert all(error["field"] and error["message"] for error in lead.errors)
        json.dumps(lead.body()).encode()
        return
    assert lead.phone.strip()
    json.dumps(lead.attributes, allow_nan=False).encode()
    for text in (lead.phone, lead.first_name, lead.consent.text, json.dumps(lead.attributes, ensure_ascii=False)):
        assert text is None or b"\x00" not in text.encode()
    for moment in (lead.submitted_at, lead.schedule_at, lead.consent.captured_at):
        assert moment is None or moment.utcoffset() is not None
        assert moment is None or 1999 <= moment.astimezone(UTC).year <= 2100


@examples(150)
@given(objects)
def test_any_json_object_is_read_or_refused(body: dict[str, Any]) -> None:
    is_read_or_refused(json.dumps(body).encode(), JSON)


@examples(150)
@given(objects)
def test_any_json_object_with_a_phone_is_read_or_refused(body: dict[str, Any]) -> None:
    is_read_or_refused(json.dumps({**body, "phone": "+12125550142"}).encode(), JSON)


@examples(150)
@given(st.binary(max_size=200), st.sampled_from([JSON, FORM]))
def test_any_bytes_are_read_or_refused(body: bytes, kind: str) -> None:
    is_read_or_refused(body, kind)


@examples(200)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["{}", "consent[{}]", "consent.{}", "attributes[{}][]", "attributes.{}.{}", "[{}]"]),
            st.sampled_from([*NAMES, "a", "", "]"]),
            st.text(max_size=12),
        ),
        max_size=8,
    )
)
def test_any_form_is_read_or_refused(pairs: list[tuple[str, str, str]]) -> None:
    encoded = urlencode([(shape.format(name, name), value) for shape, name, value in pairs], errors="surrogatepass")
    is_read_or_refused(f"phone=%2B12125550142&{encoded}".encode(), FORM)


# ---- through a server ---------------------------------------------------------------------------------------


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async def take(incoming: web.Request) -> web.Response:
        try:
            lead = await read(incoming)
        except Problem as problem:
            return web.json_response(problem.body(), status=problem.status)
        return web.json_response({"phone": lead.phone, "key": lead.idempotency_key})

    app = web.Application(client_max_size=MAX_BODY)
    app.router.add_post("/", take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def test_over_a_wire_it_is_the_same(address: str) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.post(address, json=PHONE, headers={"Idempotency-Key": "k"}) as response:
            assert (response.status, await response.json()) == (200, {"phone": "+12125550142", "key": "k"})
        async with session.post(address, data=PHONE) as response:
            assert response.status == 200
        async with session.post(address, data=b"x" * (MAX_BODY + 1), headers={"Content-Type": JSON}) as response:
            assert response.status == 413
        async with session.post(address, data=b"{") as response:
            assert response.status == 415


async def test_a_header_that_is_not_unicode_is_refused_by_name(address: str) -> None:
    host, _, port = address.removeprefix("http://").removesuffix("/").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = json.dumps(PHONE).encode()
    head = f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: {JSON}\r\nContent-Length: {len(body)}\r\n"
    writer.write(head.encode() + b"Connection: close\r\nIdempotency-Key: \xff\r\n\r\n" + body)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 422")
    assert b"Idempotency-Key" in answer
