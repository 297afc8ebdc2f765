"""What follows from a text that a person writes to us, and from the key that says stop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from posting import TOMORROW, at, new_database, new_phone, value, with_sources
from reporting import RETURNS, ask, events_of
from running import RunningService, configure, running_service, until
from texting import OURS, PATH, new_sid, signed, text_in

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOURCES = {"vendor": {"cost_per_lead": 25, **RETURNS}}
SECOND_NUMBER = "+13055550100"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    folder: Path = tmp_path_factory.mktemp("texts")
    text = with_sources(SOURCES, cadence=TOMORROW)
    async with new_database(server_url) as url, running_service(url, folder, text) as running:
        yield running


@dataclass(frozen=True)
class Lead:
    id: str
    phone: str


async def lead_of(service: RunningService, **fields: Any) -> Lead:
    phone = new_phone()
    consent = {"channels": ["call", "sms"], "text": "Call and text me."}
    status, answer = await service.post(**{"phone": phone, "consent": consent} | fields)
    assert status == 202, answer
    return Lead(answer["lead_id"], phone)


async def suppressed(service: RunningService, phone: str) -> list[dict[str, Any]]:
    found = await service.get("/v1/suppressions", phone=phone)
    return list(found["suppressions"])


async def revoked(service: RunningService, lead: Lead) -> list[str]:
    return list(await value(service, "SELECT revoked FROM consent WHERE lead_id = $1", lead.id))


async def kept_texts(service: RunningService) -> int:
    return int(await value(service, "SELECT count(*) FROM inbound_text"))


STOPPED = "Test Insurance: you asked us to stop, and we will not call or text you again."


@pytest.mark.parametrize(
    ("words", "reason", "doubtful", "answer"),
    [
        ("STOP", "asked to stop by text", False, None),  # the carrier confirms its own words
        (" Unsubscribe ", "asked to stop by text", False, None),
        ("opt out", "asked to stop by text", False, STOPPED),
        ("stop texting me", "asked to stop by text", False, STOPPED),
        ("no me llamen más", "asked to stop by text", False, STOPPED),
        ("not interested", "asked to stop by text", True, STOPPED),
        ("you have the wrong number", "wrong number", False, STOPPED),
    ],
)
async def test_a_stop_in_any_words_suppresses_the_number_and_ends_its_leads(
    service: RunningService, words: str, reason: str, doubtful: bool, answer: str | None
) -> None:
    lead = await lead_of(service)
    assert await text_in(service, lead.phone, words) == (200, answer)
    (found,) = await suppressed(service, lead.phone)
    wanted = {"words": words, "reason": reason, "origin": "text", "channels": [], "scope": "account"}
    assert {name: found[name] for name in wanted} == wanted
    assert (found["doubtful"], found["lead_id"]) == (doubtful, lead.id)
    ended = await service.lead(lead.id)
    assert (ended["status"], ended["attempts"][0]["state"]) == ("suppressed", "cancelled")
    assert await revoked(service, lead) == ["call", "email", "sms"]
    ((_, data),) = await events_of(service, lead.id, "text.received")
    assert data["certain"] is not doubtful
    assert (await service.post(phone=lead.phone))[1]["code"] == "suppressed"


async def test_a_repeat_changes_nothing_and_a_second_stop_is_confirmed_once(service: RunningService) -> None:
    lead, sid = await lead_of(service), new_sid()
    assert await text_in(service, lead.phone, "please stop calling me", sid=sid) == (200, STOPPED)
    before = await kept_texts(service)
    for _ in range(2):
        assert await text_in(service, lead.phone, "please stop calling me", sid=sid) == (200, None)
    assert await kept_texts(service) == before
    assert await text_in(service, lead.phone, "I said stop calling me") == (200, None)
    assert await kept_texts(service) == before + 1
    assert len(await suppressed(service, lead.phone)) == 1
    assert len(await events_of(service, lead.id, "text.received")) == 2


async def test_a_certain_stop_after_a_doubtful_one_is_kept_as_well(service: RunningService) -> None:
    lead = await lead_of(service)
    for words in ("not interested", "stop calling me", "no thanks"):
        await text_in(service, lead.phone, words)
    assert [one["doubtful"] for one in await suppressed(service, lead.phone)] == [False, True]


@pytest.mark.parametrize("signature", ["", "bm9wZQ=="])
async def test_a_text_that_the_carrier_did_not_sign_changes_nothing(
    service: RunningService, signature: str
) -> None:
    lead, before = await lead_of(service), await kept_texts(service)
    assert (await text_in(service, lead.phone, "STOP", signature=signature))[0] == 403
    assert await suppressed(service, lead.phone) == []
    assert await kept_texts(service) == before


async def test_a_text_to_nobodys_number_or_without_an_id_is_not_taken(service: RunningService) -> None:
    lead, before = await lead_of(service), await kept_texts(service)
    assert (await text_in(service, lead.phone, "STOP", to="+12125550199"))[0] == 404
    assert (await signed(service, PATH, {"From": lead.phone, "To": OURS, "Body": "STOP"}))[0] == 400
    assert await suppressed(service, lead.phone) == []
    assert await kept_texts(service) == before


async def test_a_stop_of_somebody_unknown_is_kept_for_when_the_lead_comes(service: RunningService) -> None:
    phone = new_phone()
    answer = "test: you asked us to stop, and we will not call or text you again."
    assert await text_in(service, phone, "take me off your list") == (200, answer)
    assert (await service.post(phone=phone))[1]["code"] == "suppressed"


async def test_start_gives_back_texts_only_and_only_what_a_text_had_taken(service: RunningService) -> None:
    by_text, by_api = await lead_of(service), await lead_of(service)
    await text_in(service, by_text.phone, "STOP")
    assert await text_in(service, by_text.phone, "START") == (200, None)
    (left,) = await suppressed(service, by_text.phone)
    assert (left["channels"], left["words"], left["origin"]) == (["call", "email"], "STOP", "text")
    assert await revoked(service, by_text) == ["call", "email"]
    changes = "SELECT array_agg(kind || ' ' || array_to_string(channels, '+') ORDER BY id) FROM consent_change"
    told = await value(service, f"{changes} WHERE lead_id = $1", by_text.id)
    assert told == ["revoked call+email+sms", "given_back sms"]
    assert (await service.lead(by_text.id))["status"] == "suppressed"

    assert (await ask(service, "POST", "/v1/suppressions", {"phone": by_api.phone}))[0] == 201
    await text_in(service, by_api.phone, "STOP")
    await text_in(service, by_api.phone, "UNSTOP")
    assert {tuple(one["channels"]) for one in await suppressed(service, by_api.phone)} == {(), ("call", "email")}
    assert await revoked(service, by_api) == ["call", "email", "sms"]

    await text_in(service, by_text.phone, "stop texting me")  # and it can be taken back again
    assert [one["channels"] for one in await suppressed(service, by_text.phone)] == [[], ["call", "email"]]


@pytest.mark.parametrize("words", ["YES", "start now", "ok start", "Start?  no"])
async def test_nothing_but_start_alone_gives_texts_back(service: RunningService, words: str) -> None:
    lead = await lead_of(service)
    await text_in(service, lead.phone, "STOP")
    await text_in(service, lead.phone, words)
    assert any(one["channels"] == [] for one in await suppressed(service, lead.phone))


async def test_help_says_who_we_are_how_to_reach_us_and_how_to_stop(service: RunningService) -> None:
    lead = await lead_of(service)
    status, answer = await text_in(service, lead.phone, "HELP")
    assert (status, await suppressed(service, lead.phone)) == (200, [])
    assert answer is not None
    assert all(part in answer for part in ("Test Insurance", OURS, "STOP"))


async def test_other_words_wait_for_somebody_to_look_at_them(service: RunningService) -> None:
    lead, opt_outs = await lead_of(service), service.node.services.opt_outs
    media = {"NumMedia": "1", "MediaUrl0": "https://media.example/1.jpg"}
    assert await text_in(service, lead.phone, "call me after five", **media) == (200, None)
    assert await suppressed(service, lead.phone) == []
    account_id = await value(service, "SELECT account_id FROM lead WHERE id = $1", lead.id)
    (reply,) = (one for one in await opt_outs.unseen(account_id, 100) if one.from_phone == lead.phone)
    assert (reply.body, reply.media, str(reply.lead_id)) == (
        "call me after five",
        ["https://media.example/1.jpg"],
        lead.id,
    )
    await opt_outs.seen(account_id, reply.text_id, "manager@test.example")
    assert all(one.text_id != reply.text_id for one in await opt_outs.unseen(account_id, 100))


async def test_a_text_belongs_to_the_newest_lead_and_a_wrong_number_claims_it_back(service: RunningService) -> None:
    older = await lead_of(service)
    _, answer = await at(service, "vendor").post(phone=older.phone, headers={"Idempotency-Key": "again"})
    newer = answer["lead_id"]
    assert newer != older.id
    await text_in(service, older.phone, "wrong number, I am not Ada")
    (found,) = await suppressed(service, older.phone)
    assert found["lead_id"] == newer
    claim = "SELECT reason || ' ' || state FROM return_claim WHERE lead_id = $1"
    assert await value(service, claim, newer) == "wrong_person prepared"
    assert [(await service.lead(one))["status"] for one in (older.id, newer)] == ["suppressed", "suppressed"]


async def test_a_stop_of_one_channel_ends_one_where_the_account_says_so(service: RunningService) -> None:
    words = "you can call me, but stop texting me"
    wide, said = await lead_of(service), with_sources(SOURCES, cadence=TOMORROW)
    await text_in(service, wide.phone, words)
    assert [one["channels"] for one in await suppressed(service, wide.phone)] == [[]]
    await configure(service.database_url, said + "contact: {revocation: as_said}\n")
    try:
        lead = await lead_of(service)
        _, answer = await text_in(service, lead.phone, words)
        assert answer == "Test Insurance: you asked us to stop, and we will not text you again."
        assert [one["channels"] for one in await suppressed(service, lead.phone)] == [["sms"]]
        assert (await service.lead(lead.id))["attempts"][0]["state"] == "scheduled"
        assert await revoked(service, lead) == ["sms"]
        await text_in(service, lead.phone, "stop calling me")  # more than before: it is kept, and ends the rest
        assert (await service.lead(lead.id))["status"] == "suppressed"
    finally:
        await configure(service.database_url, said)


async def test_the_simulated_carrier_brings_a_text_as_a_real_one_would(service: RunningService) -> None:
    lead, control = await lead_of(service), f"{service.simulator.url}/simulator"
    numbers = {"numbers": [{"number": SECOND_NUMBER, "sms_url": service.url + PATH}]}
    doubled = {"faults": [{"does": "duplicate", "on": "callback", "path": PATH}]}
    for path, body in (("numbers", numbers), ("faults", doubled)):
        async with service.http.post(f"{control}/{path}", json=body) as response:
            assert response.status == 200, await response.text()
    given = {"from": lead.phone, "to": SECOND_NUMBER, "body": "Please remove me from your list"}
    async with service.http.post(f"{control}/texts", json=given) as response:
        assert response.status == 201

    async def stopped() -> bool:
        return bool(await suppressed(service, lead.phone))

    await until(stopped)
    await service.simulator.carrier.callbacks.settled()
    assert len(await suppressed(service, lead.phone)) == 1
    assert len(await events_of(service, lead.id, "text.received")) == 1


async def test_the_key_that_says_stop_suppresses_once_and_no_other_key_does(service: RunningService) -> None:
    lead = await lead_of(service)
    attempt = (await service.lead(lead.id))["attempts"][0]["attempt_id"]
    path = f"/carrier/twilio/attempts/{attempt}/legs/{attempt}/opt_out"
    status, body = await signed(service, path, {"CallSid": "CA1", "Digits": "1"})
    assert (status, "<Say>" in body, "<Hangup" in body) == (200, False, True)
    assert await suppressed(service, lead.phone) == []
    assert (await signed(service, path, {"CallSid": "CA1", "Digits": "9"}, "bm9wZQ=="))[0] == 403
    for n in range(2):
        status, body = await signed(service, path, {"CallSid": "CA1", "Digits": "9", "Try": str(n)})
        assert (status, "You will not be called again." in body) == (200, True)
    (found,) = await suppressed(service, lead.phone)
    assert (found["origin"], found["words"], found["channels"]) == ("keypad", "pressed 9", [])
    assert (await service.lead(lead.id))["status"] == "suppressed"
