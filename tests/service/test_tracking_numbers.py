"""Pay per call: a source that is a tracking number, from its menu to what a call costs and brings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from calling import TRACKING, answered_service, call_us, calls_in, over, tracking
from running import AGENTS_ANSWER, RunningService

from speedtolead.simulator import Person
from speedtolead.simulator.people import Does

IVR = (
    '[{ask: product, say: "Press 1 for auto, 2 for home, 9 to leave a message.",'
    " keys: {1: auto, 2: {value: home, agents: home}, 9: {value: message, then: voicemail}}},"
    ' {ask: postal_code, say: "Enter your postal code."}]'
)
TERMS = (
    ', greeting: "Thank you for calling Test Insurance.", whisper: "{{ lead.attributes.product }} from'
    ' {{ lead.postal_code }}. Press 1."'
    f", ivr: {IVR}"
    ", route: [{when: {states: [FL]}, agents: florida},"
    " {when: {attributes: {product: {one_of: [none]}}}, then: hang_up}]"
    ", qualified: {minimum_talk: 1s, choices: {product: [auto]}, states: [NY, FL], first_call_in: 30d}"
)
ANSWERS = Person(pattern="+12125557*", does=Does.ANSWER, ring=1.0, presses="1")


def configured() -> str:
    text = tracking(TERMS)
    more = (
        '  - {name: homer, phone: "+12125557001", groups: [home]}\n'
        '  - {name: floridian, phone: "+12125557002", groups: [florida]}\n'
    )
    return text.replace("sources:\n", f"{more}sources:\n")


@pytest.fixture
async def service(database_url: str, tmp_path: Path) -> AsyncIterator[RunningService]:
    async with answered_service(database_url, tmp_path, configured(), (AGENTS_ANSWER, ANSWERS)) as running:
        yield running


async def caller(service: RunningService, phone: str, *answers: str, talk: float = 30.0) -> Any:
    """One call from beginning to end, as the account is told of it."""
    await service.agents_free()
    return await over(service, await call_us(service, TRACKING, phone, answers=list(answers), talk=talk))


async def test_calls_go_by_choice_and_geography_and_only_the_qualified_ones_are_paid(
    service: RunningService,
) -> None:
    good = await caller(service, "+12125550143", "1", "10001")
    assert (good["outcome"], good["agents"], good["agent"][:6]) == ("talk", "sales", "agent-")
    assert (good["state"], good["postal_code"]) == ("NY", "10001")
    assert good["answers"] == {"product": "auto", "postal_code": "10001"}
    assert (good["billable"], good["price"]) == (True, "40")
    assert [c["met"] for c in good["conditions"]] == [True] * 4

    again = await caller(service, "+12125550143", "1", "10001")
    assert (again["lead_id"], again["billable"], again["price"]) == (good["lead_id"], False, "0")
    assert [c["name"] for c in again["conditions"] if not c["met"]] == ["first_call_in"]

    home = await caller(service, "+12125550144", "2", "10001")
    assert (home["agent"], home["billable"]) == ("homer", False)
    florida = await caller(service, "+12125550145", "1", "33101")
    assert (florida["agent"], florida["agents"], florida["billable"]) == ("floridian", "florida", True)
    short = await caller(service, "+12125550146", "1", "10001", talk=2.0)
    assert [c["name"] for c in short["conditions"] if not c["met"]] == ["minimum_talk"]
    silent = await caller(service, "+13055550147", "", "", "", "")  # pressed nothing: by the area code
    assert (silent["answers"], silent["state"], silent["agent"]) == ({}, "FL", "floridian")

    lead = await service.lead(good["lead_id"])
    assert (lead["source"], lead["postal_code"], lead["cost"]) == ("billboard", "10001", "40")
    assert lead["attributes"] == {"product": "auto"}

    sale = f"{service.url}/v1/leads/{florida['lead_id']}/outcomes"
    headers = {"Authorization": f"Bearer {service.account_key}"}
    async with service.http.post(sale, json={"kind": "sale", "value": "400.00"}, headers=headers) as response:
        assert response.status in {200, 201}
    (stats,) = (await service.get("/v1/stats/sources", source="billboard"))["sources"]
    told = {name: stats[name] for name in ("kind", "received", "accepted", "contacted", "sales", "cost", "roas")}
    assert told == {
        "kind": "call",
        "received": 5,
        "accepted": 5,
        "contacted": 5,
        "sales": 1,
        "cost": "80",
        "roas": "5",
    }
    assert stats["calls"] == {
        "received": 6,
        "talked": 6,
        "missed": 0,
        "messages": 0,
        "billable": 2,
        "cost": "80",
        "cost_per_call": "13.3333",
        "cost_per_billable_call": "40",
    }


async def test_a_caller_hears_the_greeting_and_the_agent_who_calls(service: RunningService) -> None:
    call = await call_us(service, TRACKING, "+12125550143", answers=["1", "10001"])
    await over(service, call)
    assert call.said[0].startswith("Thank you for calling Test Insurance. Press 1 for auto")
    (rung,) = call.children
    assert rung.said == ["auto from 10001. Press 1."]
    (told,) = await calls_in(service, source="billboard")
    story = (await service.lead(told["lead_id"]))["attempts"]
    assert [(a["direction"], a["mode"], a["decisions"]) for a in story] == [("inbound", "lead_first", [])]
