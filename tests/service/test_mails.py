"""Mails of a cadence: to a real SMTP server, in the form that mail programs read, and ended by one click."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from posting import new_database, new_phone, value
from running import RunningService, configuration, running_service, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = "Hi {{ lead.first_name }},\\n\\nyour quote: https://acme.example/q?a=1&b=2 <soon>"
CADENCE = f"""[
    {{after: 0s, channel: email, subject: "Your quote, {{{{ lead.first_name }}}}", text: "{TEXT}"}},
    {{after: 30d, channel: call}}]"""
MAIL = 'mail: {sender: "Test Insurance <hello@test.example>", postal_address: "1 Main St, Albany NY 12207"}\n'
CONSENT = {"channels": ["call", "email"], "text": "Call and mail me."}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    folder: Path = tmp_path_factory.mktemp("mails")
    text = configuration(cadence=CADENCE).replace("\nnumbers:", f"\n{MAIL}numbers:", 1)
    async with new_database(server_url) as url, running_service(url, folder, text) as running:
        yield running


async def posted(service: RunningService, email: str, **fields: Any) -> str:
    status, answer = await service.post(**{"phone": new_phone(), "email": email, "consent": CONSENT} | fields)
    assert status == 202, answer
    return str(answer["lead_id"])


async def mail_to(service: RunningService, receiver: str) -> EmailMessage:
    async def look() -> EmailMessage | None:
        return next(iter(service.simulator.mailbox.to(receiver)), None)

    return await until(look, what=f"a mail to {receiver}")


async def state_of(service: RunningService, lead_id: str, state: str) -> Any:
    async def look() -> Any:
        async with service.database.connection() as tx:
            row = await tx.fetchrow("SELECT * FROM message WHERE lead_id = $1", lead_id)
        return row if row is not None and row["state"] == state else None

    return await until(look, what=f"a mail that is {state}")


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


async def test_a_mail_is_text_and_html_with_who_sends_it_and_how_it_is_ended(service: RunningService) -> None:
    lead_id = await posted(service, "ada@people.example", first_name="Ada & Co")
    mail = await mail_to(service, "ada@people.example")
    assert mail["From"] == "Test Insurance <hello@test.example>"
    assert mail["Subject"] == "Your quote, Ada & Co"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    stop = str(mail["List-Unsubscribe"]).strip("<>")
    assert stop.startswith(f"{service.url}/unsubscribe/")
    plain, page = part(mail, "plain"), part(mail, "html")
    assert plain.startswith("Hi Ada & Co,\n\nyour quote: https://acme.example/q?a=1&b=2 <soon>")
    for said in (plain, page):
        assert "1 Main St, Albany NY 12207" in said
        assert stop in said
    assert "Hi Ada &amp; Co," in page
    assert '<a href="https://acme.example/q?a=1&amp;b=2"' in page
    assert "&lt;soon&gt;" in page
    sent = await state_of(service, lead_id, "sent")
    assert sent["provider_message_id"] == mail["Message-ID"]
    lead = await service.lead(lead_id)
    assert [(a["channel"], a["state"]) for a in lead["attempts"]] == [("email", "sent"), ("call", "scheduled")]


async def test_one_click_ends_mails_and_calls_go_on(service: RunningService) -> None:
    lead_id = await posted(service, "bob@people.example")
    mail = await mail_to(service, "bob@people.example")
    stop = str(mail["List-Unsubscribe"]).strip("<>")
    async with service.http.get(stop) as looked:
        assert looked.status == 200
        assert "No more mails?" in await looked.text()
    assert (await service.get("/v1/suppressions", email="bob@people.example"))["suppressions"] == []
    for _ in range(2):
        async with service.http.post(
            stop, data={"List-Unsubscribe": "One-Click"}, headers={"Sec-Fetch-Site": "cross-site"}
        ) as ended:
            assert ended.status == 200
            assert "You will get no more mails" in await ended.text()
    (found,) = (await service.get("/v1/suppressions", email="bob@people.example"))["suppressions"]
    assert (found["origin"], found["channels"]) == ("unsubscribe", ["email"])
    again = await posted(service, "bob@people.example")
    lead = await service.lead_when(again, lambda lead: len(lead["attempts"]) == 2)
    assert [(a["channel"], a["state"]) for a in lead["attempts"]] == [("email", "refused"), ("call", "scheduled")]
    assert len(service.simulator.mailbox.to("bob@people.example")) == 1
    assert (await service.lead(lead_id))["attempts"][-1]["state"] == "scheduled"


async def test_an_address_that_is_in_no_mail_of_ours_ends_nothing(service: RunningService) -> None:
    before = await value(service, "SELECT count(*) FROM suppression")
    for token in ("x", "A" * 43, "%00"):
        async with service.http.post(f"{service.url}/unsubscribe/{token}") as answer:
            assert answer.status == 404
    assert await value(service, "SELECT count(*) FROM suppression") == before


async def test_a_receiver_who_is_refused_for_good_ends_the_step(service: RunningService) -> None:
    lead_id = await posted(service, "bounce@people.example")
    assert (await state_of(service, lead_id, "failed"))["provider_code"] == "550"
    lead = await service.lead_when(lead_id, lambda lead: len(lead["attempts"]) == 2)
    assert [(a["channel"], a["state"]) for a in lead["attempts"]] == [("email", "failed"), ("call", "scheduled")]


async def test_a_receiver_who_is_refused_for_now_is_tried_later(service: RunningService) -> None:
    lead_id = await posted(service, "later@people.example")
    lead = await service.lead_when(lead_id, lambda lead: lead["attempts"][0]["note"])
    assert lead["attempts"][0]["state"] == "scheduled"
    assert len(lead["attempts"]) == 1


async def test_a_mail_whose_last_word_never_came_is_not_sent_again(service: RunningService) -> None:
    lead_id = await posted(service, "silent@people.example")
    lead = await service.lead_when(lead_id, lambda lead: lead["attempts"][0]["state"] == "sent")
    assert lead["attempts"][0]["channel"] == "email"
    assert len(service.simulator.mailbox.to("silent@people.example")) == 1


async def tell(service: RunningService, mail: EmailMessage, **said: Any) -> tuple[int, Any]:
    body = {"message_id": str(mail["Message-ID"])} | said
    headers = {"Authorization": f"Bearer {service.account_key}"}
    async with service.http.post(f"{service.url}/v1/mail/events", json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def told(service: RunningService, mail: EmailMessage, **said: Any) -> str:
    status, answer = await tell(service, mail, **said)
    assert status == 200, answer
    return str(answer["followed"])


async def sent_to(service: RunningService, name: str) -> tuple[str, EmailMessage]:
    lead_id = await posted(service, f"{name}@people.example")
    mail = await mail_to(service, f"{name}@people.example")
    await service.lead_when(lead_id, lambda lead: len(lead["attempts"]) == 2)
    return lead_id, mail


async def stops_of(service: RunningService, name: str) -> list[tuple[str, list[str]]]:
    found = (await service.get("/v1/suppressions", email=f"{name}@people.example"))["suppressions"]
    return [(one["origin"], one["channels"]) for one in found]


async def test_a_bounce_for_good_ends_mails_to_the_address_one_for_now_does_not(
    service: RunningService,
) -> None:
    lead_id, mail = await sent_to(service, "gone")
    assert await told(service, mail, kind="bounced", lasting=False, code="4.2.2") == "noted"
    assert await stops_of(service, "gone") == []
    news = {"kind": "bounced", "code": "5.1.1", "event_id": "e1"}
    assert [await told(service, mail, **news), await told(service, mail, **news)] == ["suppressed", "known"]
    assert await stops_of(service, "gone") == [("bounce", ["email"])]
    await state_of(service, lead_id, "undelivered")
    assert (await service.lead(lead_id))["attempts"][-1]["state"] == "scheduled", "calls go on"


async def test_a_complaint_ends_mails_and_a_delivery_is_noted(service: RunningService) -> None:
    lead_id, mail = await sent_to(service, "cross")
    assert await told(service, mail, kind="delivered") == "noted"
    await state_of(service, lead_id, "delivered")
    assert await told(service, mail, kind="complained") == "suppressed"
    assert await stops_of(service, "cross") == [("mail", ["email"])]


async def test_a_reply_pauses_the_cadence_and_is_a_to_do(service: RunningService) -> None:
    lead_id, mail = await sent_to(service, "polite")
    said = "What would it cost for two cars?\n\nOn Monday Test Insurance wrote:\n> Hi"
    assert await told(service, mail, kind="replied", text=said) == "paused"
    lead = await service.lead(lead_id)
    assert lead["attempts"][-1]["state"] == "cancelled"
    assert [(one["direction"], one["state"]) for one in lead["messages"]] == [("out", "sent"), ("in", "replied")]
    (task,) = (await service.get("/v1/tasks", lead_id=lead_id))["tasks"]
    assert task["title"].startswith("Answer the mail: What would it cost for two cars?")


async def test_a_stop_in_any_words_of_a_reply_ends_everything(service: RunningService) -> None:
    lead_id, mail = await sent_to(service, "done")
    said = "Please remove me from your list and do not contact me again."
    assert await told(service, mail, kind="replied", text=said) == "suppressed"
    assert await stops_of(service, "done") == [("mail", [])]
    assert (await service.lead(lead_id))["status"] == "suppressed"


async def test_news_of_a_mail_that_is_not_ours_is_not_found(service: RunningService) -> None:
    _, mail = await sent_to(service, "other")
    for message_id in ("<x@y>", "00000000-0000-0000-0000-000000000001", "-" * 36):
        assert (await tell(service, mail, kind="bounced", message_id=message_id))[0] == 404
    status, problem = await tell(service, mail, kind="eaten")
    assert (status, problem["errors"][0]["field"]) == (422, "kind")
