"""What the configuration file may say of calls that come in, and what is said of what it may not."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from speedtolead.domain import criteria
from speedtolead.domain.hours import LocalHours, parse_weekly
from speedtolead.domain.inbound import InboundPolicy
from speedtolead.domain.ivr import Choice, Route, Step, Then
from speedtolead.domain.qualified import QualifiedRule
from speedtolead.domain.tracking import CallTerms
from speedtolead.service.configuration.document import ConfigurationError, Document, read
from speedtolead.store.call_terms_json import policy_from_json, policy_to_json, terms_from_json, terms_to_json

FILE = """
account: acme
timezone: America/New_York
numbers: [{{phone: "+12125550100"{number}}}, {{phone: "+13055550100"}}]
agents: [{{name: ann, phone: "+12125550111", groups: [sales]}}]
sources: [{{name: billboard, campaign: auto{source}}}{more}]
campaigns:
  - name: auto
    seller: Acme
    dial: {{agents: sales}}
    cadence: [{{after: 0s, channel: call}}]
{campaign}
"""
CALL = ', kind: call, number: "+13055550100"'


def document(source: str = CALL, *, number: str = "", campaign: str = "", more: str = "") -> Document:
    return read(FILE.format(source=source, number=number, campaign=campaign, more=more))


def test_a_tracking_number_in_full() -> None:
    found = document(
        CALL + ', price_per_call: 40, greeting: "Hello.", hours: {mon-fri: "08:00-20:00"}, whisper: "A call."'
        ', ivr: [{ask: product, say: "1 or 2?", keys: {1: auto, "2": {value: home, agents: sales,'
        " then: voicemail}},"
        ' tries: 3, otherwise: hang_up}, {ask: postal_code, say: "Code?"}]'
        ', route: [{when: {states: [FL], hours: {sat: "09:00-12:00"}}, agents: sales}]'
        ", qualified: {minimum_talk: 90s, choices: {product: [auto]}, states: [NY], first_call_in: 30d}"
    )
    terms = found.sources[0].to_domain("America/New_York").call
    hours = {"zone": "America/New_York", "week": {"sat": "09:00-12:00"}}
    assert terms == CallTerms(
        number="+13055550100",
        price=Decimal("40.00"),
        greeting="Hello.",
        steps=(
            Step(
                "product",
                "1 or 2?",
                {"1": Choice("auto"), "2": Choice("home", "sales", Then.VOICEMAIL)},
                3,
                Then.HANG_UP,
            ),
            Step("postal_code", "Code?"),
        ),
        routes=(Route(criteria.from_document({"states": ["FL"], "hours": hours}), "sales"),),
        hours=LocalHours("America/New_York", parse_weekly({"mon-fri": "08:00-20:00"})),
        whisper="A call.",
        qualified=QualifiedRule(
            timedelta(seconds=90), {"product": frozenset({"auto"})}, frozenset({"NY"}), timedelta(days=30)
        ),
    )
    assert terms_from_json(terms_to_json(terms)) == terms


def test_how_a_campaign_takes_calls() -> None:
    assert document().campaigns[0].inbound.to_domain() == InboundPolicy()
    said = (
        '    inbound: {wait: 90s, ring: 20s, callback: true, greeting: "Hi.", hold: "Wait.", voicemail: "Speak."}'
    )
    policy = document(campaign=said).campaigns[0].inbound.to_domain()
    expected = InboundPolicy(timedelta(seconds=90), timedelta(seconds=20), True, "Hi.", "Wait.", "Speak.")
    assert policy == expected
    assert policy_from_json(policy_to_json(policy)) == policy
    assert policy_from_json(None) == InboundPolicy()


IVR = ', ivr: [{{ask: product, say: "?", keys: {{1: auto}}{more}}}]'


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (", kind: call", "sources[0]: kind call: say its number"),
        (
            ', kind: call, number: "+19995550100"',
            "sources[0].number: +19995550100 is none of the account's numbers",
        ),
        (CALL + ", api_key: stl_example_key_0001", "sources[0]: api_key: a source of kind call has none"),
        (CALL + ", cost_per_lead: 5", "sources[0]: cost_per_lead: a source of kind call has none"),
        (', number: "+13055550100"', "sources[0]: number: only a source of kind call has one"),
        (CALL + ", price_per_call: -1", "sources[0].price_per_call: Input should be greater than or equal to 0"),
        (
            CALL + IVR.format(more=", tries: 0"),
            "sources[0].ivr[0].tries: Input should be greater than or equal to 1",
        ),
        (CALL + ', ivr: [{ask: a, say: "?", keys: {11: x}}]', "sources[0].ivr[0]: '11' is no key of a phone"),
        (CALL + ', ivr: [{ask: a, say: "?"}]', "sources[0].ivr[0]: say its keys"),
        (
            CALL + ', ivr: [{ask: postal_code, say: "?", keys: {1: x}}]',
            "sources[0].ivr[0]: a postal code is typed in",
        ),
        (
            CALL + ', ivr: [{ask: a, say: "?", keys: {1: {value: x, then: fax}}}]',
            "sources[0].ivr[0].keys.1.then: 'fax' is not available",
        ),
        (
            CALL + ', ivr: [{ask: a, say: "?", keys: {1: {value: x, agents: none}}}]',
            "sources[0].ivr[0].keys.1.agents: no agent is in group 'none'",
        ),
        (CALL + ", route: [{when: {states: [FL]}}]", "sources[0].route[0]: say agents, or then"),
        (
            CALL + ", route: [{when: {states: [Fl]}, agents: sales}]",
            "sources[0].route[0].when.states[0]: expected a",
        ),
        (CALL + ", route: [{when: {}, agents: none}]", "sources[0].route[0].agents: no agent is in group 'none'"),
        (CALL + ", qualified: {choices: {product: [auto]}}", "sources[0]: qualified.choices: nothing in ivr asks"),
        (CALL + ", qualified: {states: [New York]}", "sources[0].qualified.states[0]: String should match"),
        (CALL + ', hours: {mon: "25:00-26:00"}', "sources[0].hours: "),
        (CALL + ', greeting: ""', "sources[0].greeting: say it in words"),
    ],
)
def test_a_mistake_is_named_by_its_place(source: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as found:
        document(source)
    assert any(line.startswith(problem) for line in found.value.problems), found.value.problems


def test_a_number_rings_for_one_source_and_its_campaign_is_there() -> None:
    with pytest.raises(ConfigurationError) as found:
        document(number=", campaign: home", more=f", {{name: other, campaign: auto{CALL}}}")
    assert found.value.problems == [
        "numbers[0].campaign: there is no campaign 'home'",
        "sources[1].number: +13055550100 is another source's already",
    ]
