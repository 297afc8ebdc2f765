"""``POST /v1/permits/preview``: the decision that would be made, for one person or a thousand, and nothing done."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from posting import new_database, value
from running import ACCOUNT_KEY, SOURCE_KEY, RunningService, configuration, configure, running_service, until

from speedtolead.domain.permit import RULES
from speedtolead.service.lawful.preview import Question
from speedtolead.store.ids import new_id
from speedtolead.web.permits import MAX_BODY, MOST

pytestmark = pytest.mark.asyncio(loop_scope="module")

OTHER, LISTS = "stl_acct_other_account_0001", "stl_acct_lists_account_0001"
PHONE = "+12152360142"
"""Of Philadelphia, and not of fiction: the hours of the law hold for it."""
WORKDAY, EVENING = "2026-11-18T17:00:00Z", "2026-11-21T01:12:00Z"
RENEWALS = """
  - name: renewals
    seller: Test Insurance
    hours: {mon-fri: "14:00-16:00"}
    dial: {mode: agent_first, agents: sales}
    cadence: [{after: 0s, channel: call}]
"""
ASKED = {
    "campaign": "auto",
    "channel": "call",
    "at": WORKDAY,
    "phone": PHONE,
    "state": "PA",
    "postal_code": "19103",
    "consent": {"channels": ["call"], "text": "I agree to be called."},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    """One node with three accounts: the usual one, another one, and one that relies on a do-not-call list."""
    folder = tmp_path_factory.mktemp("preview")
    async with new_database(server_url) as url:
        await configure(url, configuration(account="other", account_key=OTHER, source_key="stl_other_key_01"))
        listing = configuration(account="lists", account_key=LISTS, source_key="stl_lists_key_01")
        await configure(url, listing + "contact: {do_not_call: [national]}\n")
        async with running_service(url, folder, configuration() + RENEWALS) as running:
            yield running


async def ask(service: RunningService, body: Any, key: str | None = ACCOUNT_KEY, **more: Any) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with service.http.post(
        f"{service.url}/v1/permits/preview", headers=headers, json=body, **more
    ) as response:
        return response.status, await response.json()


async def answered(service: RunningService, key: str = ACCOUNT_KEY, **said: Any) -> Any:
    """The answer to the usual question with these changes; None leaves a field out."""
    body = {name: given for name, given in (ASKED | said).items() if given is not None}
    status, answer = await ask(service, body, key)
    assert status == 200, answer
    return answer


def rule(answer: Any, name: str) -> Any:
    (found,) = (one for one in answer["rules"] if one["name"] == name)
    return found


async def suppress(service: RunningService, key: str = ACCOUNT_KEY, **said: Any) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    async with service.http.post(f"{service.url}/v1/suppressions", json=said, headers=headers) as response:
        assert response.status == 201, await response.text()


async def test_the_answer_tells_verdict_places_rules_and_version(service: RunningService) -> None:
    answer = await answered(service)
    assert answer["verdict"] == "allowed"
    assert answer["not_before"] is None
    assert answer["at"] == "2026-11-18T17:00:00.000Z"
    assert answer["rule_set"] == service.node.services.rules.at(datetime.now(UTC)).version
    assert [one["name"] for one in answer["rules"]] == [one.__name__ for one in RULES]
    assert rule(answer, "calling_window")["citation"] == "47 CFR 64.1200(c)(1)"
    assert all(one["citation"] for one in answer["rules"])
    assert rule(answer, "consent_age")["citation"] == "the account's own rule"
    places = {(one["state"], one["origin"], one["because"]) for one in answer["candidates"]}
    assert {("PA", "postal_code", "postal code 19103"), ("PA", "area_code", "area code 215")} <= places
    assert answer["words"].startswith("May be called at 12:00 New York time")


async def test_a_closed_state_says_when_it_opens_and_in_words(service: RunningService) -> None:
    answer = await answered(service, at="2026-11-20T20:12:00-05:00")
    assert (answer["verdict"], answer["at"]) == ("not_before", EVENING.replace("Z", ".000Z"))
    assert answer["not_before"] == "2026-11-21T14:00:00.000Z"
    window = rule(answer, "state_window")
    assert (window["verdict"], window["not_before"]) == ("not_before", answer["not_before"])
    assert {clock["state"] for clock in window["inputs"]["clocks"]} == {"PA"}
    assert "Pennsylvania is a candidate state (area code 215 and postal code 19103)" in answer["words"]
    assert answer["words"].endswith("Next lawful time: Saturday 09:00 New York.")


async def test_without_a_moment_it_is_now_and_without_consent_nobody_is_contacted(service: RunningService) -> None:
    answer = await answered(service, at=None, consent=None)
    assert abs(datetime.now(UTC) - datetime.fromisoformat(answer["at"])) < timedelta(seconds=20)
    assert answer["verdict"] == "refused"
    assert rule(answer, "consent_for_channel")["verdict"] == "refused"


async def test_texts_and_mails_go_by_their_own_consent(service: RunningService) -> None:
    for channel in ("sms", "email"):
        assert (await answered(service, channel=channel))["verdict"] == "refused"
        consent = {"channels": [channel], "text": "I agree."}
        assert (await answered(service, channel=channel, consent=consent, at=WORKDAY))["verdict"] == "allowed"
    at_night = await answered(service, channel="email", consent={"channels": "email"}, at="2026-11-18T08:00:00Z")
    assert at_night["verdict"] == "allowed"


async def test_earlier_contacts_count_towards_the_caps_and_mails_do_not(service: RunningService) -> None:
    contacts = [{"at": f"2026-11-18T{hour}:00:00Z", "channel": "call"} for hour in ("14", "15", "16")]
    answer = await answered(service, attempts=contacts)
    assert (answer["verdict"], answer["not_before"]) == ("not_before", "2026-11-19T14:00:00.000Z")
    assert len(rule(answer, "attempt_cap")["inputs"]["counted"]) == 3
    mails = [one | {"channel": "email"} for one in contacts]
    assert (await answered(service, attempts=mails))["verdict"] == "allowed"
    texts = [one | {"channel": "sms"} for one in contacts]
    assert (await answered(service, attempts=texts))["verdict"] == "not_before"


async def test_the_certificate_a_recorded_voice_and_a_new_owner_are_taken_as_told(service: RunningService) -> None:
    assert (await answered(service, reassigned=True))["verdict"] == "refused"
    assert rule(await answered(service, reassigned=False), "reassigned_number")["inputs"] == {"reassigned": False}
    spoken = await answered(service, recorded=True, state="MA", postal_code="02108")
    assert rule(spoken, "recorded_message")["verdict"] == "refused"
    consent = ASKED["consent"] | {"trustedform_cert_url": "https://cert.trustedform.com/1"}  # type: ignore[operator]
    assert rule(await answered(service, consent=consent), "consent_certificate")["inputs"] == {
        "certificate": "unchecked"
    }


async def test_null_is_the_same_as_left_out(service: RunningService) -> None:
    least = {"campaign": "auto", "channel": "call", "at": WORKDAY}
    nulls = dict.fromkeys(("phone", "email", "state", "postal_code", "consent", "attempts", "reassigned"))
    assert await ask(service, least | nulls) == await ask(service, least)
    assert (await ask(service, least))[0] == 200


async def test_the_campaigns_own_hours_hold(service: RunningService) -> None:
    answer = await answered(service, campaign="renewals")
    assert (answer["verdict"], answer["not_before"]) == ("not_before", "2026-11-18T19:00:00.000Z")


async def test_a_list_is_answered_in_its_order(service: RunningService) -> None:
    moments = [datetime(2026, 11, 18, tzinfo=UTC) + timedelta(minutes=2 * n) for n in range(MOST)]
    items = [ASKED | {"at": at.isoformat(), "phone": f"+1215236{n:04d}"} for n, at in enumerate(moments)]
    wordy = {"channels": ["call"], "text": "I agree to be called. " * 30}
    status, answers = await ask(service, [item | {"consent": wordy} for item in items])
    assert status == 200
    assert [datetime.fromisoformat(one["at"]) for one in answers] == moments
    assert {one["verdict"] for one in answers} == {"allowed", "not_before"}
    alone = await ask(service, items[7])
    assert alone == (200, answers[7])


async def test_calls_have_their_turn_while_a_long_list_is_decided(service: RunningService) -> None:
    account = await value(service, "SELECT id FROM account WHERE name = 'test'")
    asked = [
        Question("call", "auto", datetime(2026, 11, 18, 4, tzinfo=UTC), f"+1215236{n:04d}") for n in range(MOST)
    ]
    turns, done = 0, False

    async def other_work() -> None:
        nonlocal turns
        while not done:
            turns += 1
            await asyncio.sleep(0)

    working = asyncio.create_task(other_work())
    seen, before = [], 0
    async for _ in service.node.services.previews.answers(account, None, asked):
        before = before or turns
        seen.append(turns)
    done = True
    await working
    assert len(seen) == MOST
    assert len(set(seen)) > 5, "the list was decided in one go"


WRONG: dict[str, tuple[Any, str, str]] = {
    "no campaign": ({"campaign": None}, "campaign", "unknown_campaign"),
    "another campaign": ({"campaign": "nobody's"}, "campaign", "unknown_campaign"),
    "a campaign of another kind": ({"campaign": ["auto"]}, "campaign", "invalid_field"),
    "no channel": ({"channel": None}, "channel", "invalid_field"),
    "another channel": ({"channel": "fax"}, "channel", "invalid_field"),
    "a moment without a zone": ({"at": "2026-11-18T17:00:00"}, "at", "invalid_field"),
    "a moment of another century": ({"at": "1999-12-31T00:00:00Z"}, "at", "invalid_field"),
    "no phone number": ({"phone": "12345"}, "phone", "invalid_phone"),
    "an empty phone number": ({"phone": ""}, "phone", "invalid_field"),
    "a NUL in a name": ({"state": "P\x00"}, "state", "invalid_field"),
    "an endless postal code": ({"postal_code": "1" * 121}, "postal_code", "invalid_field"),
    "consent that is a word": ({"consent": "yes"}, "consent", "invalid_field"),
    "consent to what is no channel": ({"consent": {"channels": ["fax"]}}, "consent.channels[0]", "invalid_field"),
    "an attempt without a moment": ({"attempts": [{"channel": "call"}]}, "attempts[0].at", "invalid_field"),
    "an attempt at nothing": ({"attempts": [{"at": None}]}, "attempts[0].at", "invalid_field"),
    "too many attempts": ({"attempts": [{"at": WORKDAY}] * 1001}, "attempts", "invalid_field"),
    "a name that is not known": ({"postalcode": "19103"}, "postalcode", "invalid_field"),
}


async def test_whatever_does_not_fit_is_named_and_nothing_is_answered(service: RunningService) -> None:
    for name, (change, field, code) in WRONG.items():
        bad = {key: given for key, given in (ASKED | change).items() if given is not None}
        for body, place in ((bad, field), ([ASKED, ASKED, ASKED, bad], f"items[3].{field}")):
            status, problem = await ask(service, body)
            named = [(error["field"], error["code"]) for error in problem.get("errors", [])]
            assert (status, named) == (422, [(place, code)]), name
            assert problem["code"] == code


async def test_every_mistake_of_a_list_is_named_up_to_a_hundred(service: RunningService) -> None:
    status, problem = await ask(service, [ASKED | {"channel": "fax"}, ASKED, ASKED | {"at": "never"}, 7])
    assert status == 422
    assert [error["field"] for error in problem["errors"]] == ["items[0].channel", "items[2].at", "items[3]"]
    status, problem = await ask(service, [ASKED | {"phone": "1", "campaign": "x"}] * 60)
    assert (status, len(problem["errors"])) == (422, 100)


@pytest.mark.parametrize("body", [[], [ASKED] * (MOST + 1), 7, "call"])
async def test_what_is_no_question_is_refused(service: RunningService, body: Any) -> None:
    status, problem = await ask(service, body)
    assert status == 422
    assert problem["errors"][0]["field"] in {"items", "body"}


async def test_a_body_that_is_too_large_or_of_another_type_is_refused(service: RunningService) -> None:
    address, headers = f"{service.url}/v1/permits/preview", {"Authorization": f"Bearer {ACCOUNT_KEY}"}
    large = io.BytesIO(b'"' + b"x" * MAX_BODY + b'"')
    told = headers | {"Content-Type": "application/json"}
    async with service.http.post(address, data=large, headers=told) as response:
        assert (response.status, (await response.json(content_type=None))["code"]) == (413, "too_large")
    async with service.http.post(address, data=aiohttp.FormData({"channel": "call"}), headers=headers) as response:
        assert response.status == 415


async def test_a_suppression_refuses_by_phone_and_by_email_in_its_scope(service: RunningService) -> None:
    phone, mail = "+12152360143", "ann@preview.example"
    await suppress(service, phone=phone, reason="said stop to a person", channels=["call"])
    await suppress(service, email=mail, campaign="renewals", reason="wrote stop")
    answer = await answered(service, phone=phone)
    assert answer["verdict"] == "refused"
    found = rule(answer, "suppression")["inputs"]["matches"]
    assert found == [{"reason": "said stop to a person", "scope": "account"}]
    assert "said stop to a person" in answer["words"]
    text: dict[str, Any] = {"channel": "sms", "consent": {"channels": ["sms"], "text": "I agree."}}
    assert (await answered(service, phone=phone, **text))["verdict"] == "allowed"
    assert (await answered(service, email=mail))["verdict"] == "allowed"
    in_scope = await answered(service, email=mail.upper(), campaign="renewals", at="2026-11-18T20:00:00Z")
    assert rule(in_scope, "suppression")["inputs"]["matches"] == [{"reason": "wrote stop", "scope": "campaign"}]


async def test_each_of_a_list_is_looked_up_as_itself(service: RunningService) -> None:
    phones = [f"+1215236{n}" for n in ("0150", "0151", "0152")]
    await suppress(service, phone=phones[1], reason="the second")
    _, answers = await ask(service, [ASKED | {"phone": phone} for phone in (*phones, phones[1])])
    assert [one["verdict"] for one in answers] == ["allowed", "refused", "allowed", "refused"]


async def test_suppressions_of_another_account_never_show(service: RunningService) -> None:
    phone = "+12152360144"
    await suppress(service, OTHER, phone=phone, reason="known to the other account only")
    assert (await answered(service, phone=phone))["verdict"] == "allowed"
    assert (await answered(service, OTHER, phone=phone))["verdict"] == "refused"


async def test_who_is_suppressed_everywhere_is_refused_in_every_account(service: RunningService) -> None:
    phone = "+12152360145"
    sql = """INSERT INTO global_suppression (id, kind, value, reason, origin, created_at)
             VALUES ($1, 'phone', $2, 'a known litigator', 'operator', now()) RETURNING id"""
    await value(service, sql, new_id(), phone)
    for key in (ACCOUNT_KEY, OTHER):
        answer = await answered(service, key, phone=phone)
        assert rule(answer, "suppression")["inputs"]["matches"][0]["scope"] == "everyone"


async def test_a_do_not_call_list_refuses_whom_it_names_unless_they_consented_in_writing(
    service: RunningService,
) -> None:
    spoken = {"channels": ["call"], "captured_at": "2025-01-02T00:00:00Z"}
    missing = await answered(service, LISTS)
    assert rule(missing, "do_not_call_list")["verdict"] == "refused", "a list that was never imported"
    account = await value(service, "SELECT id FROM account WHERE name = 'lists'")
    made = await value(
        service,
        """INSERT INTO do_not_call_list (id, account_id, name, version_date, numbers, sha256, imported_at)
           VALUES ($1, $2, 'national', '2026-11-10', 1, '', now()) RETURNING id""",
        new_id(),
        account,
    )
    sql = "INSERT INTO do_not_call_number (account_id, list_id, phone) VALUES ($1, $2, $3) RETURNING phone"
    await value(service, sql, account, made, PHONE)
    listed = await answered(service, LISTS, consent=spoken)
    assert rule(listed, "do_not_call_list")["verdict"] == "refused"
    assert rule(await answered(service, LISTS), "do_not_call_list")["inputs"]["exemption"] == "written consent"
    assert (await answered(service, LISTS, phone="+12152360146", consent=spoken))["verdict"] == "allowed"
    nobody = await answered(service, LISTS, phone=None, consent=spoken)
    assert rule(nobody, "do_not_call_list")["verdict"] == "not_applicable"


async def test_without_a_person_no_suppression_passes_for_looked_up(service: RunningService) -> None:
    answer = await answered(service, phone=None)
    assert rule(answer, "suppression")["verdict"] == "not_applicable"
    assert "no phone and no email was sent" in rule(answer, "suppression")["reason"]
    assert rule(await answered(service, phone=None, email="a@b.example"), "suppression")["verdict"] == "allowed"
    nowhere = await answered(service, phone=None, state=None, postal_code=None)
    assert (nowhere["verdict"], nowhere["candidates"]) == ("refused", [])


async def test_a_sources_key_asks_about_its_own_campaign_and_is_told_no_reason(service: RunningService) -> None:
    phone = "+12152360147"
    await suppress(service, phone=phone, reason="threatened to sue")
    answer = await answered(service, SOURCE_KEY, phone=phone, campaign=None)
    assert answer["verdict"] == "refused"
    assert "threatened" not in str(answer)
    status, problem = await ask(service, ASKED | {"campaign": "renewals"}, SOURCE_KEY)
    assert (status, problem["code"]) == (422, "unknown_campaign")


@pytest.mark.parametrize("key", [None, "stl_acct_of_nobody"])
async def test_without_a_key_nothing_is_told(service: RunningService, key: str | None) -> None:
    assert (await ask(service, ASKED, key))[0] == 401


async def test_the_recorded_permit_says_what_the_preview_said(service: RunningService) -> None:
    said = {"phone": "+12155550187", "state": "PA", "postal_code": "19103"}
    before = await answered(service, at=None, **said)
    status, accepted = await service.post(**said)
    assert status == 202
    lead = await service.lead_when(accepted["lead_id"], lambda one: one["attempts"][0]["decisions"])
    recorded = lead["attempts"][0]["decisions"][0]
    assert [(one["name"], one["verdict"]) for one in recorded["rules"]] == [
        (one["name"], one["verdict"]) for one in before["rules"]
    ]
    assert recorded["rule_set"] == before["rule_set"]
    assert recorded["words"].startswith("Allowed at ")


async def test_nothing_is_kept_and_nobody_is_contacted(service: RunningService) -> None:
    async def kept() -> list[int]:
        tables = ("lead", "attempt", "permit", "event", "outreach", "suppression")
        return [await value(service, f"SELECT count(*) FROM {table}") for table in tables]

    async def nothing_goes_on() -> bool:
        under_way = "state IN ('claimed', 'dialing', 'unknown', 'connected') AND ended_at IS NULL"
        due = "state = 'scheduled' AND due_at <= now() + interval '1 minute'"
        return not await value(service, f"SELECT EXISTS (SELECT FROM attempt WHERE {under_way} OR {due})")

    await until(nothing_goes_on, what="the calls of other tests over")
    before, rung = await kept(), service.rung(PHONE)
    assert (await ask(service, [ASKED] * 3))[0] == 200
    assert (await kept(), service.rung(PHONE)) == (before, rung)
