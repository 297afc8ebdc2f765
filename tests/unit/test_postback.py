"""A postback's templates: what they may name, how each value is escaped, and what the file may not say."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from domain_samples import examples as so_many
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.domain.webhook import EVENT_KINDS
from speedtolead.service.configuration.document import ConfigurationError, read
from speedtolead.service.webhooks.postback import (
    CLAIM_FIELDS,
    LEAD_FIELDS,
    OUTCOME_FIELDS,
    Postback,
    Unmakable,
    facts,
    problem,
    told,
)

AT = datetime(2026, 11, 22, 15, 0, 0, 250_000, tzinfo=UTC)
LEAD: dict[str, Any] = {
    "lead_id": "0190",
    "external_id": 'a"b\\c &d/é',
    "cost": "25.0000",
    "phone": "+12125550142",
    "email": " Ada@Example.com ",
    "attributes": {"gclid": "Cj0 K", "list": [1, "x"], "none": None},
}
SALE: dict[str, Any] = {
    "outcome_id": "77",
    "kind": "sale",
    "value": "1200",
    "occurred_at": "2026-11-20T00:00:00.000Z",
}
URL = "https://vendor.example/p"


def post(body: str | None = None, url: str = URL, content: str = "json", method: str = "POST") -> Postback:
    return Postback(method, url, content, body)


def sale(**lead: Any) -> dict[str, Any]:
    return facts("outcome.sale", AT, "msg_1", SALE, LEAD | lead)


def body_of(template: str, content: str = "json", **lead: Any) -> str:
    return told(post(template, content=content), sale(**lead)).body.decode()


def test_every_name_has_its_value() -> None:
    named = [f"lead.{name}" for name in LEAD_FIELDS] + [f"claim.{name}" for name in CLAIM_FIELDS]
    named += [f"outcome.{name}" for name in OUTCOME_FIELDS] + ["event", "at", "timestamp", "message_id", "reason"]
    lines = ", ".join(f'"{name}": {{{{ {name} | tojson }}}}' for name in named)
    found = json.loads(body_of(f"{{{lines}}}"))
    assert {name: value for name, value in found.items() if value is not None} == {
        "lead.lead_id": "0190",
        "lead.external_id": LEAD["external_id"],
        "lead.cost": "25.00",
        "lead.phone": "+12125550142",
        "lead.email": " Ada@Example.com ",
        "outcome.outcome_id": "77",
        "outcome.kind": "sale",
        "outcome.value": "1200.00",
        "outcome.occurred_at": "2026-11-20T00:00:00.000Z",
        "event": "outcome.sale",
        "at": "2026-11-22T15:00:00.250Z",
        "timestamp": 1795359600,
        "message_id": "msg_1",
    }


def test_a_value_stays_one_value_wherever_it_stands() -> None:
    made = told(
        post('{"id": "{{ lead.external_id }}"}', f"{URL}/{{{{ lead.external_id }}}}?v={{{{ lead.external_id }}}}"),
        sale(),
    )
    assert json.loads(made.body) == {"id": LEAD["external_id"]}
    assert urlsplit(made.url).path.count("/") == 2
    assert parse_qs(urlsplit(made.url).query) == {"v": [LEAD["external_id"]]}
    assert parse_qs(body_of("v={{ lead.external_id }}&w=1", "form")) == {"v": [LEAD["external_id"]], "w": ["1"]}


@given(st.text(st.characters(codec="utf-8"), max_size=30))
@so_many(200)
def test_no_value_breaks_out(value: str) -> None:
    made = told(
        post(
            '{"a": "{{ lead.external_id }}", "b": {{ lead.external_id | tojson }}}',
            URL + "?v={{ lead.external_id }}&w=1",
        ),
        sale(external_id=value),
    )
    assert json.loads(made.body) == {"a": value, "b": value or None}
    if value not in {".", ".."}:
        assert parse_qs(urlsplit(made.url).query, keep_blank_values=True) == {"v": [value], "w": ["1"]}


@pytest.mark.parametrize("dots", [".", ".."])
def test_dots_lead_nowhere_else(dots: str) -> None:
    assert told(post(url=URL + "/{{ lead.external_id }}/x"), sale(external_id=dots)).url == URL + "//x"


def test_people_are_told_as_digests_and_nobody_as_nothing() -> None:
    digest = hashlib.sha256(b"ada@example.com").hexdigest()
    template = "{{ lead.email | trim | lower | sha256 }}"
    assert body_of(template, "form") == digest
    assert body_of(template, "form", email=None) == ""


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ lead.attributes.gclid }}", "Cj0%20K"),
        ("{{ lead['attributes']['gclid'] }}", "Cj0%20K"),
        ("{{ lead.attributes.nothing }}", ""),
        ("{{ lead.attributes.none | default('x') }}", "x"),
        ("{{ lead.first_name | default('x') }}", "x"),
        ("{{ lead.attributes.list }}", "%5B1%2C%20%22x%22%5D"),
        ("{{ lead.phone[2:] }}", "2125550142"),
        ("{% if outcome.value %}v={{ outcome.value }}{% else %}none{% endif %}", "v=1200.00"),
        ("{{ lead.external_id if lead.first_name else 'nobody' }}", "nobody"),
    ],
)
def test_what_templates_can_do(template: str, text: str) -> None:
    assert body_of(template, "form") == text


def test_nothing_is_sent_that_is_not_named() -> None:
    made = told(post('{"id": "{{ lead.lead_id }}"}'), sale())
    assert (made.body, made.url, made.headers) == (b'{"id": "0190"}', URL, {"Content-Type": "application/json"})
    bare = told(post(method="GET"), sale())
    assert (bare.body, bare.headers) == (b"", {})


@pytest.mark.parametrize(
    "template",
    ['{"v": {{ lead.first_name }}}', '{"v": "{{ lead.external_id | nothing }}"}', "{{ lead.lead_id[9].x.y.z }}{"],
)
def test_a_template_that_fails_makes_no_request(template: str) -> None:
    with pytest.raises(Unmakable) as failed:
        told(post(template), sale())
    assert LEAD["external_id"] not in str(failed.value)


def test_an_endless_address_makes_no_request() -> None:
    with pytest.raises(Unmakable, match="longer"):
        told(post(url=URL + "?v={{ lead.external_id }}"), sale(external_id="x" * 8000))


# ---- what the file may say ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{% for x in lead %}{{ x }}{% endfor %}", "For is not available"),
        ("{{ lead.items() }}", "Call is not available"),
        ("{{ lead.__class__ }}", "unsafe"),
        ("{{ 'x' * 10 }}", "Mul is not available"),
        ("{{ lead.external_id | replace('a', 'b') }}", "no filter replace"),
        ("{{ lead.surname }}", "no attribute 'surname'"),
        ("{{ lead }}", "say which part of lead"),
        ("{{ lead | tojson }}", "say which part of lead"),
        ("{{ lead.attributes | tojson }}", "say which part of lead.attributes"),
        ("{{ lead['attributes'] }}", "say which part of lead.attributes"),
        ("{{ lead[outcome.kind] }}", "say which part of lead"),
        ("{% if claim %}x{% endif %}", "say which part of claim"),
        ("{{ person.email }}", "'person' is undefined"),
        ("{{ lead.external_id", "unexpected end"),
        ('{"v": {{ outcome.value }}}', "of a lead that says little: the body is not JSON"),
        ('{"v": ', "the body is not JSON"),
    ],
)
def test_a_template_that_cannot_work_is_refused_with_the_reason(template: str, words: str) -> None:
    found = problem(post(template), "outcome.sale", AT)
    assert found is not None
    assert found.startswith("for outcome.sale")
    assert words in found


@pytest.mark.parametrize("kind", sorted(EVENT_KINDS))
def test_a_careful_template_works_for_every_kind(kind: str) -> None:
    body = '{"e": "{{ event }}", "v": {{ outcome.value | default(0) }}, "g": {{ lead.attributes.gclid | tojson }}}'
    assert problem(post(body, URL + "?id={{ lead.external_id }}"), kind, AT) is None


FILE = """
account: acme
timezone: America/New_York
numbers: [{phone: "+12125550100"}]
agents: [{name: one, phone: "+12125550111", groups: [sales]}]
campaigns: [{name: auto, seller: Acme, dial: {agents: sales}, cadence: [{after: 0s, channel: call}]}]
sources:
  - name: form
    campaign: auto
    """


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            "{on: [outcome.sale], url: 'https://{{ lead.external_id }}.example/'}",
            "expected one like https://vendor",
        ),
        ("{on: [outcome.sale], url: 'ftp://vendor.example/'}", "expected one like https://vendor"),
        ("{on: [outcome.sale], url: 'https://vendor.example/a b'}", "expected an address"),
        (
            "{on: [outcome.sale], url: 'https://vendor.example/', method: PUT}",
            "method: Input should be 'GET' or 'POST'",
        ),
        ("{on: [outcome.sale], url: 'https://vendor.example/', method: GET, body: x}", "a GET has no body"),
        ("{on: [agent.paused], url: 'https://vendor.example/'}", "agent.paused is not about a lead"),
        ("{on: [outcome.party], url: 'https://vendor.example/'}", "is no kind of event"),
        ("{on: [], url: 'https://vendor.example/'}", "on: List should have at least 1 item"),
        ("{on: [outcome.sale], url: 'https://vendor.example/', secret: x}", "expected whsec_"),
        (
            "{on: [outcome.sale], url: 'https://vendor.example/', body: '{{ lead.surname }}'}",
            "no attribute 'surname'",
        ),
    ],
)
def test_what_the_file_may_not_say_of_a_postback(said: str, line: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(f"{FILE}postbacks: [{said}]")
    (problem_line,) = refused.value.problems
    assert problem_line.startswith("sources[0].postbacks[0]")
    assert line in problem_line


def test_two_postbacks_of_a_source_have_two_names() -> None:
    one = "{on: [outcome.sale], url: 'https://vendor.example/'"
    assert len(read(f"{FILE}postbacks: [{one}}}, {one}}}]").sources[0].postbacks) == 2
    with pytest.raises(ConfigurationError, match="two are called 2"):
        read(f"{FILE}postbacks: [{one}, name: '2'}}, {one}}}]")


def test_a_secret_is_not_kept_with_what_was_said() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    (source,) = read(
        f"{FILE}postbacks: [{{on: [outcome.sale], url: 'https://vendor.example/', secret: {secret}}}]"
    ).sources
    assert source.postbacks[0].secret == secret
    assert secret not in json.dumps(source.said)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("{window: 7d}", "reasons: Field required"),
        ("{window: 0s, reasons: [fraud]}", "window: "),
        ("{window: 7d, reasons: []}", "reasons: "),
        ("{window: 7d, reasons: [bored]}", "reasons[0]: "),
        ("{window: 7d, reasons: [fraud], maximum_share: 1.5}", "maximum_share: "),
        ("{window: 7d, reasons: [fraud], maximum_share: 0}", "maximum_share: "),
    ],
)
def test_what_the_file_may_not_say_of_returns(said: str, line: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(f"{FILE}returns: {said}")
    assert refused.value.problems[0].startswith(f"sources[0].returns.{line}")
