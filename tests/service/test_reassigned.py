"""A number that changed hands since the consent: what a provider said when the lead came decides at the dial.

The sources here take a lead whatever is said of its number; the permit does not. At the simulated provider, a
number that ends in 55 changed hands, of one that ends in 56 nobody knows, and any other is its person's own.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from posting import TOMORROW, at, key_of, new_database, script, unscripted, value
from running import ACCOUNT_KEY, SOURCE_KEY, RunningService, configuration, configure, running_service

from speedtolead.store.migrations import shipped

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCOUNTS = ("lenient", "strict")
HOW = {"fresh": "auto", "planned": "later"}
"""By which campaign a lead is dialled: at once, with what the intake read, or from the plan."""
CLOSED = "closed"
"""A campaign that opens the day after tomorrow."""
ASKS = {"ask": {"owner": "5s"}, "checks": {"reactions": {"reassigned": "off"}}}
TOUCHED = ASKS | {"duplicates": {"window": "30d", "keys": ["phone"], "scope": "source", "on_repeat": "touch"}}
SOURCES: dict[str, dict[str, Any]] = {"asks": ASKS, "asks nobody": {}, "is touched": TOUCHED}

YES, NO_DATA, NO = "55", "56", "07"
TABLE = {
    # the source, the number: what the permit knows, and its decision for each account
    ("asks", YES): (True, "refused", "refused"),
    ("asks", NO): (False, "allowed", "allowed"),
    ("asks", NO_DATA): (None, "allowed", "refused"),
    ("asks nobody", YES): (None, "allowed", "refused"),
}


def key(account: str, source: str, how: str) -> str:
    return f"{account} {source} {how}"


def text(account: str) -> str:
    """An account with each source at each campaign; the strict one wants to know whose the number is."""
    usual = configuration(
        account=account, account_key=f"{ACCOUNT_KEY}_{account}", source_key=f"{SOURCE_KEY}_{account}", agents=8
    )
    settings = [
        {"name": key(account, name, how), "api_key": key_of(key(account, name, how)), "campaign": campaign, **terms}
        for name, terms in SOURCES.items()
        for how, campaign in (HOW | {CLOSED: CLOSED}).items()
    ]
    sources = "".join(f"  - {json.dumps(one)}\n" for one in settings)
    whole = usual.replace("\ncampaigns:", f"\n{sources}campaigns:")
    campaign = whole.partition("campaigns:\n")[2]
    later = campaign.replace("name: auto", "name: later").replace("[{after: 0s, channel: call}]", TOMORROW)
    day = f"{datetime.now(UTC) + timedelta(days=2):%a}".lower()
    closed = campaign.replace("name: auto", f"name: {CLOSED}").replace(
        'mon-sun: "00:00-24:00"', f'{day}: "12:00-14:00"'
    )
    unknown = "refuse" if account == "strict" else "allow"
    return f"{whole}{later}{closed}contact: {{reassigned_unknown: {unknown}}}\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    async with new_database(server_url) as url:
        await configure(url, text("strict"))
        async with running_service(url, tmp_path_factory.mktemp("reassigned"), text("lenient")) as running:
            yield running


def of(service: RunningService, account: str, source: str, how: str) -> RunningService:
    return replace(at(service, key(account, source, how)), account_key=f"{ACCOUNT_KEY}_{account}")


async def accepted(service: RunningService, phone: str, **more: Any) -> str:
    status, answer = await service.post(phone=phone, **more)
    assert status == 202, answer
    return str(answer["lead_id"])


async def due(service: RunningService, *leads: str) -> None:
    async with service.database.connection() as tx:
        await tx.execute("UPDATE attempt SET due_at = now() WHERE lead_id = ANY (CAST($1 AS uuid[]))", leads)
        await tx.execute("SELECT pg_notify('speedtolead', '')")


async def decided(service: RunningService, lead_id: str) -> tuple[object, str, str]:
    """What the first permit knew of the number's owner, what its rule said, and what was decided."""
    lead = await service.lead_when(lead_id, lambda lead: lead["attempts"][0]["decisions"])
    decision = lead["attempts"][0]["decisions"][0]
    (rule,) = (rule for rule in decision["rules"] if rule["name"] == "reassigned_number")
    return rule["inputs"]["reassigned"], rule["verdict"], decision["verdict"]


async def known(service: RunningService, lead_id: str) -> object:
    return await value(service, "SELECT reassigned FROM consent WHERE lead_id = $1", lead_id)


@pytest.mark.parametrize("how", HOW)
async def test_what_the_provider_said_of_the_number_refuses_or_permits_the_dial(
    service: RunningService, how: str
) -> None:
    areas = {"fresh": {"asks": "315", "asks nobody": "347"}, "planned": {"asks": "516", "asks nobody": "518"}}[how]
    leads = {
        (account, source, ending): await accepted(
            of(service, account, source, how), f"+1{areas[source]}55501{ending}"
        )
        for account in ACCOUNTS
        for source, ending in TABLE
    }
    if how == "planned":
        await due(service, *leads.values())
    for (account, source, ending), lead_id in leads.items():
        told, *decisions = TABLE[source, ending]
        verdict = decisions[ACCOUNTS.index(account)]
        found = await decided(of(service, account, source, how), lead_id)
        assert found == (told, verdict, verdict), (account, source, ending)


async def test_a_repeat_with_a_consent_of_before_the_change_is_believed_and_a_later_one_does_not_undo_it(
    service: RunningService,
) -> None:
    """The channels of both consents count, so a number that changed hands since either is not called."""
    posting, phone, now = of(service, "lenient", "is touched", "planned"), "+16465550107", datetime.now(UTC)

    def consent(days: int) -> dict[str, Any]:
        given = now - timedelta(days=days)
        return {"channels": ["call"], "text": "Call me.", "captured_at": given.isoformat()}

    lead_id = await accepted(posting, phone, consent=consent(1))
    assert await known(service, lead_id) is False
    said = {"last_verified_date": "2026-01-01", "is_number_reassigned": "yes", "error_code": None}
    body = {"phone_number": phone, "valid": True, "reassigned_number": said}
    await script(service, provider="lookup", subject=phone, times=-1, body=body)
    assert await accepted(posting, phone, consent=consent(400)) == lead_id
    assert await known(service, lead_id) is True
    await unscripted(service)
    assert await accepted(posting, phone, consent=consent(0)) == lead_id
    assert await known(service, lead_id) is True
    await due(service, lead_id)
    assert await decided(posting, lead_id) == (True, "refused", "refused")


async def test_a_ping_and_the_plan_tell_when_it_opens_whoever_wants_to_know_the_owner(
    service: RunningService,
) -> None:
    """A ping asks no provider: it tells when somebody would be called, not whether."""
    posting = of(service, "strict", "asks", CLOSED)
    asked = {"state": "NY", "consent": {"channels": ["call"]}}
    headers = {"Authorization": f"Bearer {posting.source_key}"}
    async with service.http.post(f"{service.url}/v1/leads/ping", json=asked, headers=headers) as response:
        offer = await response.json()
    _, answer = await posting.post(phone=f"+16075550{100 + int(NO)}")
    assert offer["starts_at"] == answer["next_attempt_at"] > (datetime.now(UTC) + timedelta(hours=20)).isoformat()


async def test_leads_that_came_before_this_was_kept_get_it_from_their_findings(service: RunningService) -> None:
    posting = of(service, "lenient", "asks", "planned")
    leads = [await accepted(posting, f"+171855501{ending}") for ending in (YES, NO, NO_DATA)]
    silent = await accepted(of(service, "lenient", "asks nobody", "planned"), "+17185550155")
    (migration,) = (one for one in shipped() if one.version == 18)
    (update,) = (one for one in migration.text.split(";\n") if "\nUPDATE consent" in one)
    async with service.database.connection() as tx:
        await tx.execute("UPDATE consent SET reassigned = NULL")
        await tx.execute(update)
    assert await asyncio.gather(*(known(service, lead) for lead in (*leads, silent))) == [True, False, None, None]
