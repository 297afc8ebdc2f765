"""Agreed calls: at a lawful time of the person's clock, before all others, reminded, moved and taken back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import icalendar
import pytest
import pytest_asyncio
from posting import new_database, new_phone, value
from running import ACCOUNT_KEY, RunningService, configuration, running_service, until
from texting import text_in

from speedtolead.cli import parser
from speedtolead.domain.hours import DAYS

pytestmark = pytest.mark.asyncio(loop_scope="module")

NY = ZoneInfo("America/New_York")
CLOSED = datetime.now(NY).date() + timedelta(days=20)
"""Of the weekday that yesterday was: on it the campaign is closed."""
CONSENT = {"channels": ["call", "sms", "email"], "text": "Call, text and mail me."}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    text = configuration(cadence="[{after: 30d, channel: call}]", agents=3)
    text = text.replace('"+12125550100"}', '"+12125550100", sms: true}')
    week = {day: "00:00-24:00" for n, day in enumerate(DAYS) if n != CLOSED.weekday()}
    text = text.replace('{mon-sun: "00:00-24:00"}', json.dumps(week))
    text += 'mail: {sender: "Acme <hello@acme.example>", postal_address: "1 Main St, Albany NY 12207"}\n'
    folder = tmp_path_factory.mktemp("asked")
    async with new_database(server_url) as url, running_service(url, folder, text) as running:
        yield running


async def posted(service: RunningService, **fields: Any) -> str:
    status, answer = await service.post(**{"phone": new_phone(), "consent": CONSENT} | fields)
    assert status == 202, answer
    return str(answer["lead_id"])


async def ask(service: RunningService, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {ACCOUNT_KEY}"}
    async with service.http.request(method, f"{service.url}{path}", json=body, headers=headers) as response:
        return response.status, await response.json()


async def agreed(service: RunningService, lead_id: str, **said: Any) -> Any:
    status, answer = await ask(service, "POST", f"/v1/leads/{lead_id}/callbacks", said)
    assert status == 201, answer
    return answer


async def attempts(service: RunningService, lead_id: str) -> list[tuple[str, str, str]]:
    async with service.database.connection() as tx:
        found = await tx.fetch(
            "SELECT channel, state, origin FROM attempt WHERE lead_id = $1 ORDER BY number", lead_id
        )
    return [(row["channel"], row["state"], row["origin"]) for row in found]


def in_days(days: int, clock: str = "10:00") -> str:
    """A time on the person's clock, as it is posted."""
    return f"{datetime.now(NY).date() + timedelta(days=days)}T{clock}"


WITHDRAWN, CALL = ("call", "cancelled", "cadence"), ("call", "scheduled", "callback")


async def test_a_call_is_agreed_on_in_place_of_what_was_planned(service: RunningService) -> None:
    lead_id = await posted(service)
    found = await agreed(service, lead_id, at=in_days(3), note="has the papers then")
    assert (found["local"][:16], found["timezone"], found["agent"]) == (in_days(3), "America/New_York", None)
    assert await attempts(service, lead_id) == [WITHDRAWN, CALL]
    ahead = "SELECT rank_at - due_at FROM attempt WHERE lead_id = $1 AND origin = 'callback'"
    assert await value(service, ahead, lead_id) == timedelta(days=1)
    listed = (await service.get("/v1/callbacks", limit="1000"))["callbacks"]
    assert found["callback_id"] in [one["callback_id"] for one in listed]
    assert [one["at"] for one in listed] == sorted(one["at"] for one in listed)


async def test_a_time_with_an_offset_is_that_moment(service: RunningService) -> None:
    at = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
    found = await agreed(service, await posted(service), at=at.isoformat())
    assert datetime.fromisoformat(found["at"]) == at


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({"at": f"{CLOSED}T10:00"}, "at", "not_lawful"),
        ({"at": "2020-01-01T10:00"}, "at", "in_the_past"),
        ({"at": in_days(400)}, "at", "too_far"),
        ({"at": "soon"}, "at", "invalid_field"),
        ({"at": in_days(3), "agent": "nobody"}, "agent", "unknown_agent"),
        ({"at": f"{CLOSED + timedelta(days=1)}T00:30", "remind_minutes": 60}, "remind_minutes", "not_lawful"),
        ({"at": in_days(3), "remind_minutes": 2}, "remind_minutes", "invalid_field"),
        ({"at": in_days(3), "mail": True}, "mail", "no_mail"),
    ],
)
async def test_a_time_that_does_not_suit_is_refused_and_nothing_changes(
    service: RunningService, said: dict[str, Any], field: str, code: str
) -> None:
    lead_id = await posted(service)
    status, problem = await ask(service, "POST", f"/v1/leads/{lead_id}/callbacks", said)
    assert (status, problem["errors"][0]["field"], problem["errors"][0]["code"]) == (422, field, code)
    if said["at"].startswith(str(CLOSED)):
        following = datetime.fromisoformat(problem["errors"][0]["next_lawful"]).astimezone(NY)
        assert following.replace(tzinfo=None) == datetime.combine(CLOSED + timedelta(days=1), datetime.min.time())
    assert await attempts(service, lead_id) == [("call", "scheduled", "cadence")]


async def test_a_reminder_without_consent_to_texts_is_refused(service: RunningService) -> None:
    lead_id = await posted(service, consent={"channels": ["call"], "text": "Call me."})
    status, problem = await ask(
        service, "POST", f"/v1/leads/{lead_id}/callbacks", {"at": in_days(3), "remind_minutes": 60}
    )
    assert status == 422
    assert "no consent to be texted" in problem["detail"]


async def test_it_is_made_at_its_time_by_the_agent_whose_it_is(service: RunningService) -> None:
    lead_id = await posted(service)
    at = datetime.now(UTC) + timedelta(seconds=0.5)
    await agreed(service, lead_id, at=at.isoformat(), agent="agent-3")
    lead = await service.lead_when(lead_id, lambda lead: lead["attempts"][-1]["bridged_at"])
    assert lead["attempts"][-1]["agent"] == "agent-3", "not the one who is idle for longest"
    assert lead["owner"] == "agent-3"
    await service.agents_free()


async def test_a_reminder_goes_out_before_and_a_mail_with_the_entry_at_once(service: RunningService) -> None:
    phone, email = new_phone(), "ada@asked.example"
    lead_id = await posted(service, phone=phone, email=email)
    at = datetime.now(UTC) + timedelta(minutes=5, seconds=1)
    found = await agreed(service, lead_id, at=at.isoformat(), remind_minutes=5, mail=True)

    def texts() -> list[str]:
        return [one.body for one in service.simulator.messages.by_sid.values() if one.to == phone]

    async def both() -> bool:
        return bool(texts() and service.simulator.mailbox.to(email))

    await until(both, what="the reminder and the mail")
    clock = at.astimezone(NY).strftime("%H:%M")
    (text,) = texts()
    assert text.startswith(f"Hi Ada, Test Insurance calls you at {clock} on ")
    (mail,) = service.simulator.mailbox.to(email)
    assert f"Our call at {clock}" in mail["Subject"]
    (attached,) = mail.iter_attachments()
    entry: Any = icalendar.Calendar.from_ical(attached.get_content())
    (event,) = entry.walk("VEVENT")
    assert abs(event["DTSTART"].dt - at) < timedelta(seconds=1)
    assert (str(event["SUMMARY"]), int(event["SEQUENCE"])) == ("Call from Test Insurance", 0)
    assert found["calendar"] in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    async with service.http.get(found["calendar"]) as answer:
        assert answer.content_type == "text/calendar"
        assert "STATUS:CONFIRMED" in await answer.text()
    forged = found["calendar"].replace(".ics", "AA.ics")
    async with service.http.get(forged) as answer:
        assert answer.status == 404


async def test_it_is_moved_and_its_entry_with_it(service: RunningService) -> None:
    lead_id = await posted(service)
    found = await agreed(service, lead_id, at=in_days(3), note="first", remind_minutes=60)
    path = f"/v1/leads/{lead_id}/callbacks/{found['callback_id']}"
    status, moved = await ask(service, "PATCH", path, {"at": in_days(4, "11:30"), "agent": "agent-1"})
    assert status == 200
    assert (moved["local"][:16], moved["agent"], moved["note"]) == (in_days(4, "11:30"), "agent-1", None)
    now = [one for one in await attempts(service, lead_id) if one[1] == "scheduled"]
    assert now == [CALL], "the reminder is gone as well"
    async with service.http.get(found["calendar"]) as answer:
        assert "SEQUENCE:1" in await answer.text()
    assert (await ask(service, "PATCH", path, {"at": f"{CLOSED}T10:00"}))[0] == 422
    assert [one for one in await attempts(service, lead_id) if one[1] == "scheduled"] == [CALL]


async def test_it_is_taken_back_and_the_cadence_goes_on(service: RunningService) -> None:
    lead_id = await posted(service)
    found = await agreed(service, lead_id, at=in_days(3), remind_minutes=60)
    path = f"/v1/leads/{lead_id}/callbacks/{found['callback_id']}"
    for _ in range(2):
        status, gone = await ask(service, "DELETE", path)
        assert (status, gone["state"], gone["cancelled_by"]) == (200, "cancelled", "api")
    now = [one for one in await attempts(service, lead_id) if one[1] == "scheduled"]
    assert now == [("call", "scheduled", "cadence")]
    assert (await ask(service, "PATCH", path, {"at": in_days(4)}))[1]["code"] == "callback_over"
    async with service.http.get(found["calendar"]) as answer:
        assert "STATUS:CANCELLED" in await answer.text()


async def test_a_second_one_replaces_the_first(service: RunningService) -> None:
    lead_id = await posted(service)
    await agreed(service, lead_id, at=in_days(3))
    await agreed(service, lead_id, at=in_days(5))
    found = (await service.get(f"/v1/leads/{lead_id}/callbacks"))["callbacks"]
    assert [(one["local"][:16], one["state"]) for one in found] == [
        (in_days(3), "cancelled"),
        (in_days(5), "scheduled"),
    ]
    assert [one for one in await attempts(service, lead_id) if one[1] == "scheduled"] == [CALL]


async def test_what_a_person_writes_goes_the_same_way_at_a_lawful_time(service: RunningService) -> None:
    phone = new_phone()
    lead_id = await posted(service, phone=phone)
    assert (await text_in(service, phone, "Call me tomorrow at 10"))[0] == 200
    (found,) = (await service.get(f"/v1/leads/{lead_id}/callbacks"))["callbacks"]
    assert (found["asked_by"], found["local"][:16], found["state"]) == ("person", in_days(1), "scheduled")
    assert (await text_in(service, phone, "Call me tomorrow at 11"))[0] == 200
    states = [one["state"] for one in (await service.get(f"/v1/leads/{lead_id}/callbacks"))["callbacks"]]
    assert states == ["cancelled", "scheduled"]


async def test_what_was_agreed_in_a_talk_outlives_the_talk(service: RunningService) -> None:
    lead_id = await posted(service)
    at = datetime.now(UTC) + timedelta(seconds=0.3)
    await agreed(service, lead_id, at=at.isoformat())
    await service.lead_when(lead_id, lambda lead: lead["attempts"][-1]["bridged_at"])
    await agreed(service, lead_id, at=in_days(3))
    lead = await service.lead_when(lead_id, lambda lead: lead["status"] == "contacted")
    assert [one["state"] for one in lead["attempts"]][-1] == "scheduled"
    await service.agents_free()


async def test_an_ended_lead_is_promised_nothing(service: RunningService) -> None:
    lead_id = await posted(service)
    await agreed(service, lead_id, at=in_days(3))
    assert (await ask(service, "POST", f"/v1/leads/{lead_id}/stop"))[0] == 200
    assert [one for one in await attempts(service, lead_id) if one[1] == "scheduled"] == []
    status, problem = await ask(service, "POST", f"/v1/leads/{lead_id}/callbacks", {"at": in_days(3)})
    assert (status, problem["code"]) == (409, "lead_ended")


async def test_a_manager_agrees_on_a_call_on_the_leads_page(service: RunningService) -> None:
    lead_id = await posted(service)
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(headers={"Accept": "text/html"}, cookie_jar=jar) as browser:
        signed = {"email": "manager@test.example", "password": "change-me-now"}
        async with browser.post(f"{service.url}/login", data=signed, allow_redirects=False) as answer:
            assert answer.status == 303
        place = f"{service.url}/leads/{lead_id}"
        async with browser.get(place) as answer:
            csrf = (await answer.text()).split('name="csrf" value="')[1].split('"')[0]
        form = {"csrf": csrf, "action": "plan", "at": in_days(3), "agent": "", "note": "", "remind_minutes": ""}
        async with browser.post(f"{place}/callbacks", data=form, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
        async with browser.post(f"{place}/callbacks", data=form | {"at": f"{CLOSED}T10:00"}) as answer:
            assert answer.status == 422
            assert "Next lawful time" in await answer.text()
        (found,) = (await service.get(f"/v1/leads/{lead_id}/callbacks"))["callbacks"]
        async with browser.get(place) as answer:
            assert f'data-callback="{found["callback_id"]}"' in await answer.text()
        form = {"csrf": csrf, "action": "cancel", "callback_id": found["callback_id"]}
        async with browser.post(f"{place}/callbacks", data=form, allow_redirects=False) as answer:
            assert answer.status == 303
    (found,) = (await service.get(f"/v1/leads/{lead_id}/callbacks"))["callbacks"]
    assert found["cancelled_by"] == "manager@test.example"


async def test_past_leads_are_replayed_through_a_changed_file(
    service: RunningService, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lead_id = await posted(service)
    at = datetime.now(UTC) + timedelta(seconds=0.3)
    await agreed(service, lead_id, at=at.isoformat())
    await service.lead_when(lead_id, lambda lead: lead["status"] == "contacted")
    changed = configuration(cadence='[{after: 0s, channel: call}, {after: 1d, at: "10:00", channel: call}]')
    path = tmp_path / "changed.yaml"
    path.write_text(changed)
    since, until = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) + timedelta(hours=1)
    said = ["cadence", "replay", str(path), "--from", since.isoformat(), "--to", until.isoformat()]
    given = parser().parse_args(said)
    assert await given.run(service.settings, given) == 0
    out = capsys.readouterr().out
    count = await value(service, "SELECT count(*) FROM lead WHERE state <> 'rejected'")
    assert out.startswith(f"auto: {count} of {count} leads of the span; left out: 0 refused, 0 tests or erased")
    assert "contacted" in out.splitlines()[-2]
    given = parser().parse_args([*said, "--account", "nobody"])
    assert await given.run(service.settings, given) == 1
    given = parser().parse_args([*said[:3], "--from", "x", "--to", "y"])
    assert await given.run(service.settings, given) == 2
    await service.agents_free()
