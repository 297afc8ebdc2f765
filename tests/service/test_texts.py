"""Texts of a cadence: permitted, committed, handed over once, and followed to their receipt."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from posting import at, new_database, new_phone, value
from running import RunningService, configuration, person, running_service, until
from texting import OURS, signed, text_in

from speedtolead.clock import SystemClock
from speedtolead.domain.ledger import exact
from speedtolead.service.cadences.follow_up import FollowUp
from speedtolead.service.configuration.apply import apply
from speedtolead.service.configuration.document import read
from speedtolead.service.lawful.suppressions import Stop
from speedtolead.simulator.faults import Fault
from speedtolead.simulator.people import Does, Texts
from speedtolead.store.database import connect

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIRST = "Hi {{ lead.first_name or 'there' }}, Test Insurance here. Reply STOP to end."
CADENCE = f"""[
    {{after: 0s, channel: sms, text: "{FIRST}", next: {{failed: end}}}},
    {{after: 0s, channel: sms, text: "Still there?", if: "state = CA"}},
    {{after: 30d, channel: call}}]"""
REFUSES, DEAD = "+12125550196", "+12125550197"
LATER = datetime.now(UTC) + timedelta(days=2)
"""When somebody is next at work in the campaign ``desk``."""
DESK = """
  - name: desk
    seller: Test Insurance
    dial: {mode: agent_first, agents: desk, no_agent: {wait: 0s, then: text}}
    cadence: [{after: 0s, channel: call}]
"""
SOURCE = "  - {name: desk, api_key: stl_key_of_desk, campaign: desk}\ncampaigns:"
AGENT = f"""agents:
  - {{name: later, phone: "+12125550119", groups: [desk], presence: schedule, timezone: UTC,
      hours: {{{LATER:%a}: "{LATER:%H}:00-24:00"}}}}
""".lower().replace("utc", "UTC")
TEXT = (
    configuration(cadence=CADENCE)
    .replace('"+12125550100"}', '"+12125550100", sms: true}')
    .replace("agents:\n", AGENT)
    .replace("campaigns:", SOURCE)
    + DESK
)
CONSENT = {"channels": ["call", "sms"], "text": "Call and text me."}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    folder: Path = tmp_path_factory.mktemp("texts_out")
    people = (
        person("*96", Does.ANSWER, texts=Texts.OPTED_OUT),
        person("*97", Does.ANSWER, texts=Texts.UNDELIVERED),
    )
    async with new_database(server_url) as url, running_service(url, folder, TEXT, people=people) as running:
        yield running


async def posted(service: RunningService, phone: str | None = None, **fields: Any) -> tuple[str, str]:
    phone = phone or new_phone()
    status, answer = await service.post(**{"phone": phone, "consent": CONSENT} | fields)
    assert status == 202, answer
    return answer["lead_id"], phone


async def message(service: RunningService, lead_id: str, state: str) -> dict[str, Any]:
    """The lead's last message, once it is in this state."""

    async def look() -> dict[str, Any] | None:
        async with service.database.connection() as tx:
            row = await tx.fetchrow(
                "SELECT * FROM message WHERE lead_id = $1 ORDER BY made_at DESC LIMIT 1", lead_id
            )
        return dict(row) if row is not None and row["state"] == state else None

    return await until(look, what=f"a message that is {state}")


def carried(service: RunningService, phone: str) -> list[str]:
    """What the carrier was handed for a phone."""
    texts = service.simulator.messages.by_sid.values()
    return [text.body for text in texts if text.to == phone and text.direction == "outbound-api"]


async def test_a_text_is_sent_once_and_its_delivery_is_known(service: RunningService) -> None:
    lead_id, phone = await posted(service)
    sent = await message(service, lead_id, "delivered")
    assert sent["body"] == "Hi Ada, Test Insurance here. Reply STOP to end."
    assert (sent["sender"], sent["receiver"], sent["encoding"], sent["segments"]) == (OURS, phone, "gsm-7", 1)
    assert carried(service, phone) == [sent["body"]]
    lead = await service.lead(lead_id)
    assert [(a["channel"], a["state"]) for a in lead["attempts"]] == [("sms", "sent"), ("call", "scheduled")]
    assert lead["status"] == "working"


async def test_a_texts_words_and_receipts_are_evidence_and_a_change_of_its_words_is_found(
    service: RunningService,
) -> None:
    lead_id, phone = await posted(service)
    sent = await message(service, lead_id, "delivered")
    account, ledger = await service.account_id(), service.node.services.ledger
    await ledger.chain_account(account)
    entries = (await service.node.services.exports.gather(account, UUID(lead_id))).entries
    (written,) = [exact(one.personal) for one in entries if one.kind == "message_written" and one.personal]
    assert written == {"message": {"receiver": phone, "subject": None, "body": sent["body"]}}
    reports = [exact(one.facts) for one in entries if one.kind == "message_reported"]
    assert [one["state"] for one in reports][-1] == "delivered"
    assert {one["provider_message_id"] for one in reports} == {sent["provider_message_id"]}
    assert (await ledger.check(account)).faults == []
    async with service.database.connection() as tx:
        await tx.execute("UPDATE message SET body = 'Hello.' WHERE id = $1", sent["id"])
    faults = (await ledger.check(account)).faults
    assert any("message_written" in str(fault) for fault in faults), faults
    async with service.database.connection() as tx:
        await tx.execute("UPDATE message SET body = $2 WHERE id = $1", sent["id"], sent["body"])


async def test_the_next_step_is_planned_with_the_end_of_the_one_before(service: RunningService) -> None:
    lead_id, phone = await posted(service, state="CA")
    lead = await service.lead_when(lead_id, lambda lead: len(lead["attempts"]) == 3)
    assert [a["channel"] for a in lead["attempts"]] == ["sms", "sms", "call"]
    (cap,) = [rule for rule in lead["attempts"][1]["decisions"][0]["rules"] if rule["name"] == "attempt_cap"]
    first = await value(service, "SELECT id FROM message WHERE lead_id = $1 ORDER BY made_at LIMIT 1", lead_id)
    assert [(one["channel"], one["attempt_id"]) for one in cap["inputs"]["counted"]] == [("sms", str(first))]
    assert len(carried(service, phone)) == 2


@pytest.mark.parametrize("stopped", [True, False], ids=["stopped", "taken-back"])
async def test_a_stop_that_commits_while_the_text_waits_for_its_lock_is_obeyed(
    service: RunningService, stopped: bool
) -> None:
    """The permit was decided on facts without the stop; the statement that commits the text waits behind it. The
    stop is of this channel's and ends nothing by itself.
    """
    lead_id, phone = await posted(service)
    await message(service, lead_id, "delivered")
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'WITH wanted %'"
    account_id, stop = await service.account_id(), Stop("phone", phone, "no texts", "api", None, ("sms",))
    async with service.database.connection() as tx:
        held = tx.transaction()
        await held.start()
        await service.node.services.suppressions.add_within(tx, account_id, stop)
        due = """UPDATE attempt SET channel = 'sms', words = 'Still there?', due_at = now()
                  WHERE lead_id = $1 AND state = 'scheduled' RETURNING id"""
        attempt = await value(service, due, lead_id)

        async def text_waits() -> bool:
            return bool(await value(service, waiting))

        await until(text_waits, what="the text at the person's row")
        await (held.commit() if stopped else held.rollback())

    async def ended() -> str | None:
        sql = "SELECT state FROM attempt WHERE id = $1 AND ended_at IS NOT NULL"
        return cast("str | None", await value(service, sql, attempt))

    assert await until(ended) == ("refused" if stopped else "sent")
    assert carried(service, phone)[1:] == ([] if stopped else ["Still there?"])


async def test_a_text_without_consent_is_refused_and_the_calls_go_on(service: RunningService) -> None:
    lead_id, phone = await posted(service, consent={"channels": ["call"], "text": "Call me."})
    lead = await service.lead_when(lead_id, lambda lead: len(lead["attempts"]) == 2)
    assert [(a["channel"], a["state"]) for a in lead["attempts"]] == [("sms", "refused"), ("call", "scheduled")]
    assert carried(service, phone) == []


async def test_who_has_opted_out_at_the_carrier_is_suppressed_for_texts(service: RunningService) -> None:
    lead_id, _ = await posted(service, REFUSES)
    failed = await message(service, lead_id, "failed")
    assert failed["provider_code"] == "21610"
    found = await service.get("/v1/suppressions", phone=REFUSES)
    assert [(one["origin"], one["channels"]) for one in found["suppressions"]] == [("carrier", ["sms"])]
    counted = await value(service, "SELECT lifetime FROM outreach WHERE key = $1", REFUSES)
    assert counted == 0


async def test_a_text_that_cannot_be_delivered_says_why(service: RunningService) -> None:
    lead_id, _ = await posted(service, DEAD)
    assert (await message(service, lead_id, "undelivered"))["provider_code"] == "30003"


async def test_receipts_in_any_order_and_twice_end_in_the_same_state(service: RunningService) -> None:
    lead_id, _ = await posted(service)
    sent = await message(service, lead_id, "delivered")
    path = f"/carrier/twilio/texts/{sent['id']}"
    for status in ("sent", "undelivered", "delivered", "queued", "nonsense"):
        fields = {"MessageSid": sent["provider_message_id"], "MessageStatus": status}
        assert (await signed(service, path, fields))[0] == 204
    assert (await message(service, lead_id, "delivered"))["ended_at"] == sent["ended_at"]
    told = await value(
        service, "SELECT count(*) FROM event WHERE lead_id = $1 AND kind = 'message.delivered'", lead_id
    )
    assert told == 1
    assert (await signed(service, path, {"MessageSid": "SM1", "MessageStatus": "read"}, "forged"))[0] == 403


async def test_what_the_carrier_took_without_an_answer_is_found_and_not_sent_again(service: RunningService) -> None:
    phone = new_phone()
    fault = Fault("reset_after", path="*/Messages.json", method="POST", to=phone)
    service.simulator.carrier.faults.order([fault])
    lead_id, _ = await posted(service, phone)
    await message(service, lead_id, "delivered")
    assert len(carried(service, phone)) == 1


async def planned(service: RunningService, lead_id: str) -> list[tuple[str, str, str]]:
    async with service.database.connection() as tx:
        rows = await tx.fetch(
            "SELECT channel, state, origin FROM attempt WHERE lead_id = $1 ORDER BY number", lead_id
        )
    return [(row["channel"], row["state"], row["origin"]) for row in rows]


SENT = ("sms", "sent", "cadence")


async def test_a_reply_stops_the_cadence(service: RunningService) -> None:
    lead_id, phone = await posted(service)
    await message(service, lead_id, "delivered")
    assert (await text_in(service, phone, "Who is this?"))[0] == 200
    assert await planned(service, lead_id) == [SENT, ("call", "cancelled", "cadence")]
    lead = await service.lead(lead_id)
    assert lead["status"] == "working"
    assert [(m["direction"], m["state"], m["body"][:6]) for m in lead["messages"]] == [
        ("out", "delivered", "Hi Ada"),
        ("in", "reply", "Who is"),
    ]


async def test_nothing_automatic_is_written_until_somebody_has_looked_at_a_reply(service: RunningService) -> None:
    phone, opt_outs = new_phone(), service.node.services.opt_outs
    assert (await text_in(service, phone, "Who is this?"))[0] == 200
    lead_id, _ = await posted(service, phone)
    put_off = "SELECT due_at > lead_received_at + interval '10 minutes' FROM attempt WHERE lead_id = $1"
    await until(lambda: value(service, put_off, lead_id), what="the text to be put off")
    assert carried(service, phone) == []
    account_id = await value(service, "SELECT account_id FROM lead WHERE id = $1", lead_id)
    (reply,) = (one for one in await opt_outs.unseen(account_id, 100) if one.from_phone == phone)
    await opt_outs.seen(account_id, reply.text_id, "manager@test.example")
    await value(service, "UPDATE attempt SET due_at = now() WHERE lead_id = $1 RETURNING id", lead_id)
    await message(service, lead_id, "delivered")
    assert len(carried(service, phone)) == 1


async def test_who_asks_for_a_call_later_gets_it_then_in_place_of_what_was_planned(service: RunningService) -> None:
    lead_id, phone = await posted(service)
    await message(service, lead_id, "delivered")
    assert (await text_in(service, phone, "Call me tomorrow at 10"))[0] == 200
    assert await planned(service, lead_id) == [
        SENT,
        ("call", "cancelled", "cadence"),
        ("call", "scheduled", "callback"),
    ]
    due = await value(service, "SELECT due_at FROM attempt WHERE lead_id = $1 AND origin = 'callback'", lead_id)
    assert due.astimezone(ZoneInfo("America/New_York")).strftime("%H:%M") == "10:00"


async def test_who_asks_for_a_call_is_called_at_once(service: RunningService) -> None:
    lead_id, phone = await posted(service)
    await message(service, lead_id, "delivered")
    assert (await text_in(service, phone, "Call me now please"))[0] == 200
    lead = await service.lead_when(lead_id, lambda lead: lead["attempts"][-1]["bridged_at"])
    assert [a["channel"] for a in lead["attempts"]] == ["sms", "call", "call"]


async def test_an_appointment_stops_the_cadence(service: RunningService) -> None:
    lead_id, _ = await posted(service)
    await message(service, lead_id, "delivered")
    headers = {"Authorization": f"Bearer {service.account_key}"}
    path = f"{service.url}/v1/leads/{lead_id}/outcomes"
    async with service.http.post(path, json={"kind": "quote"}, headers=headers) as answer:
        assert answer.status == 201
    assert (await planned(service, lead_id))[-1] == ("call", "scheduled", "cadence")
    async with service.http.post(path, json={"kind": "appointment"}, headers=headers) as answer:
        assert answer.status == 201
    assert (await planned(service, lead_id))[-1] == ("call", "cancelled", "cadence")


async def test_leads_under_way_keep_their_cadence_until_they_are_told_to_change(service: RunningService) -> None:
    lead_id, _ = await posted(service)
    await message(service, lead_id, "delivered")
    later = TEXT.replace("after: 30d, channel: call", "after: 40d, channel: call")
    async with connect(service.database_url, 2) as database:
        kept = await apply(database, SystemClock(), read(later))
    assert any("leads under way keep the cadence" in line for line in kept.lines)
    assert (await planned(service, lead_id))[-1] == ("call", "scheduled", "cadence")
    new_id, _ = await posted(service)
    await message(service, new_id, "delivered")

    async def days(lead_id: str) -> int:
        waits = "SELECT due_at - lead_received_at FROM attempt WHERE lead_id = $1 AND state = 'scheduled'"
        waited: timedelta = await value(service, waits, lead_id)
        return round(waited / timedelta(days=1))

    assert (await days(lead_id), await days(new_id)) == (30, 40)
    async with connect(service.database_url, 2) as database:
        await apply(database, SystemClock(), read(later), change_under_way=True)

    async def changed() -> bool:
        return await days(lead_id) == 40

    await until(changed, what="the lead to follow the new cadence")
    versions = await value(
        service, "SELECT array_agg(cadence_version ORDER BY number) FROM attempt WHERE lead_id = $1", lead_id
    )
    assert versions[0] == versions[1] < versions[2]


async def test_a_lead_for_whom_nobody_is_at_work_is_told_by_text_when_it_is_called(service: RunningService) -> None:
    lead_id, phone = await posted(at(service, "desk"))
    sent = await message(service, lead_id, "delivered")
    lead = await service.lead(lead_id)
    call, text = sorted(lead["attempts"], key=lambda one: int(one["number"]))
    due = datetime.fromisoformat(call["due_at"])
    assert [(one["channel"], one["state"]) for one in (call, text)] == [("call", "scheduled"), ("sms", "sent")]
    assert timedelta(days=1) < due - datetime.now(UTC) <= timedelta(days=2)
    local = due.astimezone(ZoneInfo("America/New_York"))
    when = f"on {local:%A, %B} {local.day} at {local.hour % 12 or 12}:00 {local:%p}"
    assert f"We will call you {when}." in sent["body"]
    assert carried(service, phone) == [sent["body"]]
    assert service.rung(phone) == 0


async def test_the_older_of_two_leads_of_a_person_ends_where_the_campaign_says_so(service: RunningService) -> None:
    said = TEXT.replace(
        "after: 30d, channel: call}]", "after: 30d, channel: call}]\n    stop: {on: {newer_lead: all}}"
    )
    async with connect(service.database_url, 2) as database:
        await apply(database, SystemClock(), read(said))
    older, phone = await posted(service, state="CA")
    newer, _ = await posted(service, phone, state="CA")
    await message(service, newer, "delivered")

    async def ended() -> bool:
        async with service.node.database.transaction() as tx:
            follow_up = FollowUp(service.node.services.permits)
            account_id = await service.account_id()
            await follow_up.reconsider(tx, account_id, UUID(older), "the same person came again", datetime.now(UTC))
        return all(state != "scheduled" for _, state, _ in await planned(service, older))

    await until(ended, what="the older lead's cadence to end")
    assert older != newer
    await service.lead_when(newer, lambda lead: lead["attempts"][-1]["state"] == "scheduled")
