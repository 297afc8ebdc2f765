"""Machines that answer: the agent is free at once, a message comes after the beep, detection's errors are known.

One node with several campaigns; each test has numbers of its own. Complaint 8: humans taken for machines.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from posting import new_database
from running import (
    AGENTS_ANSWER,
    RunningService,
    configure,
    running_service,
    until,
)
from test_evidence import files_of, verified
from test_hot import asked, line_is
from test_recording import Post

from speedtolead.domain.voicemail import message
from speedtolead.service.configuration.document import ConfigurationError
from speedtolead.simulator import Does, Fault, Person
from speedtolead.simulator.call import Call

pytestmark = pytest.mark.asyncio(loop_scope="module")

CAMPAIGNS = {
    "drop": ("agent_first", "", "{leave: true, toll_free: '+18005550199', text: 'Hi {{ lead.first_name }}.'}"),
    "twice": ("agent_first", "", "{leave: true, toll_free: '+18005550199', text: 'Hello.'}"),
    "drop-lead-first": ("lead_first", "", "{leave: true, toll_free: '+18005550199', text: 'Hello.'}"),
    "drop-both": ("both", "", "{leave: true, toll_free: '+18005550199', text: 'Hello.'}"),
    "hot": ("hot", "", "{leave: true, toll_free: '+18005550199', text: 'Hello.'}"),
    "hang-up": ("agent_first", "sample: 100%", "{}"),
    "late": ("agent_first", "late: 1s, sample: 0%", "{leave: true, toll_free: '+18005550199', text: 'Hello.'}"),
    "unknown": ("agent_first", "unknown: hang_up", "{}"),
    "unknown-lead-first": ("lead_first", "unknown: hang_up", "{}"),
    "keypad": ("agent_first", "sample: 100%, ask: keypad", "{}"),
    "undetected": ("agent_first", "detect: false", "{}"),
}
HEAD = """
account: test
account_key: stl_acct_test_key_0001
timezone: America/New_York
numbers: [{phone: "+12125550100"}]
users: [{email: manager@test.example, role: manager, password: change-me-now}]
agents:
  - {name: agent-1, phone: "+12125550111", groups: [sales]}
sources:
"""
SOURCE = "  - {{name: {name}, api_key: stl_{key}_key_0001, campaign: {name}, cost_per_lead: 1.00}}\n"
CAMPAIGN = """
  - name: {name}
    seller: Test Insurance
    hours: {{mon-sun: "00:00-24:00"}}
    dial: {{mode: {mode}, agents: sales, ring_timeout: 20s, minimum_talk: {minimum}, wrap_up: {wrap_up}}}
    machine: {{{machine}}}
    voicemail: {voicemail}
    cadence: [{{after: 0s, channel: call}}{again}]
"""
PHONE = "+12125550{}"
SAID = message("Test Insurance", "Hi Ada.", "+18005550199")
PARTS = [SAID.opening, SAID.words, SAID.closing]
MAILBOX = {"does": Does.VOICEMAIL, "ring": 1.0, "speaks": 30.0, "talk": 600.0}
MACHINE = "machine_start"


def configuration(**voicemails: str) -> str:
    sources = "".join(SOURCE.format(name=name, key=name.replace("-", "_")) for name in CAMPAIGNS)
    campaigns = "".join(
        CAMPAIGN.format(
            name=name,
            mode=mode,
            machine=machine,
            voicemail=voicemails.get(name.replace("-", "_"), voicemail),
            minimum="30s" if name == "undetected" else "0s",
            again=", {after: 1s, channel: call}" if name == "twice" else "",
            wrap_up="1h" if name.startswith("drop") else "0s",
        )
        for name, (mode, machine, voicemail) in CAMPAIGNS.items()
    )
    return f"{HEAD}{sources}campaigns:{campaigns}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    async with (
        new_database(server_url) as url,
        running_service(url, tmp_path_factory.mktemp("machines"), configuration(), (AGENTS_ANSWER,)) as running,
    ):
        yield running


async def posted(service: RunningService, campaign: str, last: int, person: dict[str, Any], **more: Any) -> str:
    """A lead for a campaign, whose phone is this person's; the lead's id."""
    phone = PHONE.format(last)
    service.simulator.carrier.people.put_first([Person(pattern=phone, **person)])
    key = f"stl_{campaign.replace('-', '_')}_key_0001"
    status, answer = await service.post(phone=phone, headers={"Authorization": f"Bearer {key}"}, **more)
    assert status == 202, answer
    lead_id: str = answer["lead_id"]
    return lead_id


async def ended(service: RunningService, lead_id: str) -> Any:
    """The lead's one attempt once it is over, with the agent free again."""
    lead = await service.ended(lead_id, 40.0)
    await service.agents_free(40.0)
    (attempt,) = lead["attempts"]
    return attempt | {"status": lead["status"]}


def call_of(service: RunningService, last: int) -> Call:
    (call,) = service.simulator.carrier.calls_to(PHONE.format(last))
    return call


async def report(service: RunningService, campaign: str) -> Any:
    (group,) = (await service.get("/v1/stats/detection", campaign=campaign))["groups"]
    return group


async def rows(service: RunningService, sql: str, *values: Any) -> list[Any]:
    async with service.database.connection() as tx:
        return list(await tx.fetch(sql, *values))


def leg(attempt: Any, kind: str) -> Any:
    return next(one for one in attempt["legs"] if one["kind"] == kind)


async def label(service: RunningService, attempt_id: str, who: str) -> tuple[int, Any]:
    async with service.http.post(
        f"{service.url}/v1/attempts/{attempt_id}/answered-by",
        json={"answered_by": who},
        headers={"Authorization": f"Bearer {service.account_key}"},
    ) as response:
        return response.status, await response.json(content_type=None)


# ---- a message is left --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("campaign", "last"), [("drop", 121), ("drop-lead-first", 122), ("drop-both", 123)])
async def test_a_machine_frees_the_agent_at_once_and_has_the_message_after_its_beep(
    service: RunningService, campaign: str, last: int
) -> None:
    attempt = await ended(service, await posted(service, campaign, last, MAILBOX))
    (left,) = attempt["voicemails"]
    assert (attempt["state"], attempt["contact"], attempt["status"]) == ("machine", False, "exhausted")
    assert leg(attempt, "agent")["ended_at"] < left["begun_at"], "the agent is gone before the greeting is over"
    assert left["begun_at"] < left["left_at"] == attempt["voicemail_left_at"]
    heard = call_of(service, last).left
    assert heard == [left["opening"], left["words"], left["closing"]]
    assert heard[0] == SAID.opening
    found = await report(service, campaign)
    assert (found["answered"], found["machine"], found["voicemails_left"]) == (1, 1, 1)
    contact = (await service.get("/v1/stats/contact", campaign=campaign))["groups"][0]
    assert (contact["contacted"], contact["machine_only"]) == (0, 1)


async def test_a_lead_has_as_many_messages_as_the_campaign_says(service: RunningService) -> None:
    lead_id = await posted(service, "twice", 120, MAILBOX)
    lead = await service.lead_when(lead_id, lambda lead: lead["status"] == "exhausted", 60.0)
    await service.agents_free()
    assert [attempt["state"] for attempt in lead["attempts"]] == ["machine", "machine"]
    assert [len(attempt["voicemails"]) for attempt in lead["attempts"]] == [1, 0]


async def test_the_law_is_asked_for_a_recorded_voice(service: RunningService) -> None:
    lead_id = await posted(service, "drop", 124, MAILBOX)
    attempt = await ended(service, lead_id)
    decided = [{rule["name"] for rule in one["rules"]} for one in attempt["decisions"]]
    spoken = [rules for rules in decided if "recorded_consent" in rules]
    assert len(spoken) == 2, "as it was sent there, and as it began"
    assert "recorded_message" in spoken[0]
    assert not {"attempt_cap", "lifetime_cap"} & spoken[0], "the call was counted once"


async def test_without_written_consent_a_machine_is_hung_up_on(service: RunningService) -> None:
    lead_id = await posted(service, "drop", 125, MAILBOX, consent={"channels": ["call"]})
    attempt = await ended(service, lead_id)
    assert attempt["state"] == "machine"
    assert call_of(service, 125).said == []
    assert (attempt["voicemails"], attempt["voicemail_left_at"]) == ([], None)
    (refused,) = [one for one in attempt["decisions"] if one["verdict"] == "refused"]
    assert "written consent" in refused["words"]


async def test_a_mailbox_that_hangs_up_during_the_message_has_not_got_it(service: RunningService) -> None:
    attempt = await ended(service, await posted(service, "drop", 126, MAILBOX | {"talk": 36.0}))
    (begun,) = attempt["voicemails"]
    assert (begun["left_at"], attempt["voicemail_left_at"]) == (None, None)
    assert (await report(service, "drop"))["voicemails_cut_short"] >= 1


async def test_a_carrier_that_does_not_send_the_call_there_has_to_end_it(service: RunningService) -> None:
    fault = Fault("status", method="POST", path="*/Calls/CA*.json", status=500)
    service.simulator.carrier.faults.order([fault])
    attempt = await ended(service, await posted(service, "drop", 127, MAILBOX))
    assert (attempt["state"], attempt["voicemails"]) == ("machine", [])
    assert call_of(service, 127).said == []


async def test_a_node_that_died_before_it_asked_is_made_up_for(service: RunningService) -> None:
    """Neither the sending nor the end reached the carrier: the sweeper asks again."""
    fault = Fault("status", method="POST", path="*/Calls/CA*.json", status=500, times=2)
    service.simulator.carrier.faults.order([fault])
    lead_id = await posted(service, "drop", 128, MAILBOX)

    async def asked() -> list[Any]:
        return await rows(
            service,
            "SELECT v.attempt_id FROM voicemail v JOIN attempt a ON a.id = v.attempt_id WHERE a.lead_id = $1",
            lead_id,
        )

    await until(asked)
    await service.simulator.carrier.wait_for(lambda: fault.applied == 2, 20.0)
    assert call_of(service, 128).said == []
    (found,) = await asked()
    aged = "UPDATE voicemail SET asked_at = asked_at - interval '11 seconds' WHERE attempt_id = $1"
    await rows(service, aged, found["attempt_id"])
    await rows(service, "UPDATE attempt SET lease_until = now() WHERE id = $1", found["attempt_id"])
    attempt = await ended(service, lead_id)
    assert len(attempt["voicemails"]) == 1
    assert call_of(service, 128).left == PARTS


async def test_an_agents_line_takes_the_next_lead_while_the_machine_still_greets(service: RunningService) -> None:
    assert (await asked(service, "POST"))[0] == 202
    await line_is(service, "open")
    lead_id = await posted(service, "hot", 129, MAILBOX | {"speaks": 55.0})
    attempt = await ended(service, lead_id)
    assert (attempt["mode"], attempt["state"]) == ("hot", "machine")
    (left,) = attempt["voicemails"]
    assert leg(attempt, "agent")["ended_at"] < left["begun_at"]
    talks = {"ring": 1.0, "talk": 10.0}
    assert (await ended(service, await posted(service, "hot", 130, talks)))["state"] == "connected"
    assert call_of(service, 129).left[1] == "Hello."
    assert (await asked(service, "DELETE"))[0] == 202
    await line_is(service, None)


# ---- the news of it, in any order ---------------------------------------------------------------------------


async def at_the_machine(service: RunningService, campaign: str, last: int) -> tuple[str, Post]:
    """The carrier is the test from here: the agent took the lead, whose phone is answered by a machine."""
    service.simulator.carrier.people.put_first([Person(pattern="+12125550111", does=Does.MANUAL)])
    lead_id = await posted(service, campaign, last, {"does": Does.MANUAL})
    lead = await service.lead_when(
        lead_id, lambda lead: lead["attempts"][0]["legs"] and lead["attempts"][0]["legs"][0]["ringing_at"]
    )
    post = Post(service, lead)
    assert "<Dial" in await post("agent", "accept", Digits="1", CallSid=f"CA-agent-{last}")
    await post("lead", "status", CallStatus="in-progress", CallSid=f"CA-lead-{last}")
    return lead_id, post


async def hung_up(service: RunningService, post: Post, last: int) -> None:
    for kind in ("lead", "agent"):
        await post(kind, "status", CallStatus="completed", CallDuration="9", CallSid=f"CA-{kind}-{last}")
    for call in service.simulator.carrier.calls_to("+12125550111"):
        await service.http.post(f"{service.simulator.url}/simulator/calls/{call.sid}/hangup")
    service.simulator.carrier.people.put_first([AGENTS_ANSWER])
    await service.agents_free()


async def test_doubled_news_says_and_counts_the_message_once_and_keeps_nothing_of_the_greeting(
    service: RunningService,
) -> None:
    lead_id, post = await at_the_machine(service, "drop", 131)
    for n in range(2):
        await post("lead", "detection", AnsweredBy=MACHINE, CallSid="CA-lead-131", Repeat=str(n))
    dialed = {"DialCallStatus": "completed", "DialCallSid": "CA-lead-131", "CallSid": "CA-agent-131"}
    assert "A machine answered." in await post("lead", "dialed", **dialed)
    lead = await service.lead(lead_id)
    assert leg(lead["attempts"][0], "lead")["state"] == "live", "it went to its message, and is not over"
    said = [await post("lead", "greeted", CallSid="CA-lead-131", SpeechResult="it is Bob") for _ in range(2)]
    assert said[0] == said[1]
    assert all(part in said[0] for part in PARTS)
    for n in range(2):
        assert "<Say" not in await post("lead", "left", CallSid="CA-lead-131", Repeat=str(n))
    assert "<Say" not in await post("lead", "greeted", CallSid="CA-lead-131", Repeat="after it was left")
    await hung_up(service, post, 131)
    attempt = await ended(service, lead_id)
    assert (attempt["state"], len(attempt["voicemails"])) == ("machine", 1)
    told = await rows(service, "SELECT 1 FROM event WHERE kind = 'voicemail.left' AND lead_id = $1", lead_id)
    assert len(told) == 1
    kept = await rows(service, "SELECT fields FROM carrier_callback WHERE fields::text LIKE '%it is Bob%'")
    assert kept == []


async def test_a_stop_that_comes_during_the_greeting_wins(service: RunningService) -> None:
    lead_id, post = await at_the_machine(service, "drop", 132)
    await post("lead", "detection", AnsweredBy=MACHINE, CallSid="CA-lead-132")
    stop = {"phone": PHONE.format(132), "reason": "asked by phone"}
    headers = {"Authorization": f"Bearer {service.account_key}"}
    async with service.http.post(f"{service.url}/v1/suppressions", json=stop, headers=headers) as stopped:
        assert stopped.status == 201
    for n in range(2):
        assert "<Say" not in await post("lead", "greeted", CallSid="CA-lead-132", Repeat=str(n))
    await hung_up(service, post, 132)
    attempt = await ended(service, lead_id)
    assert attempt["voicemails"] == []


async def test_detection_that_is_told_after_the_end_only_counts(service: RunningService) -> None:
    lead_id, post = await at_the_machine(service, "hang-up", 133)
    await hung_up(service, post, 133)
    assert (await service.lead(lead_id))["attempts"][0]["state"] == "connected"
    before = len(service.simulator.gate.arrivals)
    await post("lead", "detection", AnsweredBy=MACHINE, CallSid="CA-lead-133")
    attempt = await ended(service, lead_id)
    assert (attempt["state"], attempt["contact"], attempt["voicemails"]) == ("machine", False, [])
    assert len(service.simulator.gate.arrivals) == before


async def test_detection_that_is_lost_is_made_up_for_by_the_end_of_the_call(service: RunningService) -> None:
    service.simulator.carrier.faults.order([Fault("drop", on="callback", path="*/detection")])
    lead_id = await posted(service, "hang-up", 134, MAILBOX | {"talk": 20.0})
    await service.lead_when(lead_id, lambda lead: lead["attempts"][0]["state"] == "machine")
    attempt = await ended(service, lead_id)
    assert (attempt["contact"], leg(attempt, "lead")["answered_by"]) == (False, "machine")


# ---- detection errs -----------------------------------------------------------------------------------------


async def test_complaint_8_a_person_taken_for_a_machine_can_stop_the_message_and_the_error_is_known(
    service: RunningService,
) -> None:
    person = {"ring": 1.0, "answered_by": MACHINE, "presses": "9", "talk": 600.0}
    attempt = await ended(service, await posted(service, "drop", 141, person))
    assert call_of(service, 141).said[-1] == "You will not be called again. Goodbye."
    assert attempt["status"] == "suppressed"
    assert attempt["voicemail_left_at"] is None

    attempt = await ended(service, await posted(service, "hang-up", 142, {"ring": 1.0, "answered_by": MACHINE}))
    assert attempt["label_asked"] == "machine"
    (asked,) = await rows(
        service,
        "SELECT agent_id FROM event WHERE kind = 'label.asked' AND attempt_id = $1",
        attempt["attempt_id"],
    )
    assert asked["agent_id"]
    status, answer = await label(service, attempt["attempt_id"], "human")
    assert (status, answer["detected"], answer["asked"]) == (200, "machine", True)
    assert await label(service, attempt["attempt_id"], "human") == (status, answer)
    said = await rows(
        service, "SELECT said_by, sampled FROM answer_label WHERE attempt_id = $1", attempt["attempt_id"]
    )
    assert [(one["said_by"], one["sampled"]) for one in said] == [("api", True)]
    found = await report(service, "hang-up")
    assert (found["false_machine_rate"]["numerator"], found["people_taken_for_machines"]["numerator"]) == (1, 1)
    assert found["false_machine_rate"]["interval_95"]


async def test_a_machine_detected_late_in_a_talk_does_not_hang_up_on_who_is_talking(
    service: RunningService,
) -> None:
    person = {"ring": 1.0, "answered_by": MACHINE, "detected_after": 60.0, "talk": 100.0}
    attempt = await ended(service, await posted(service, "late", 143, person))
    assert (attempt["state"], attempt["contact"]) == ("connected", False)
    assert attempt["talk_seconds"] > 4
    assert call_of(service, 143).said == []
    contact = (await service.get("/v1/stats/contact", campaign="late"))["groups"][0]
    assert (contact["contacted"], contact["machine_unknown_only"]) == (0, 1)

    status, answer = await label(service, attempt["attempt_id"], "human")
    assert (status, answer["contact"], answer["asked"]) == (200, True, False)
    contact = (await service.get("/v1/stats/contact", campaign="late"))["groups"][0]
    assert contact["contacted"] == 1
    found = await report(service, "late")
    assert (found["labelled_unasked"], found["false_machine_rate"]["denominator"]) == (1, 0)


async def test_an_agent_who_says_that_it_is_a_machine_is_freed_and_the_message_is_left(
    service: RunningService,
) -> None:
    lead_id = await posted(service, "drop", 144, MAILBOX | {"answered_by": "human", "speaks": 60.0})
    lead = await service.lead_when(lead_id, lambda lead: lead["attempts"][0]["bridged_at"])
    status, _ = await label(service, lead["attempts"][0]["attempt_id"], "machine")
    assert status == 200
    attempt = await ended(service, lead_id)
    assert (attempt["state"], attempt["contact"], len(attempt["voicemails"])) == ("machine", False, 1)
    assert call_of(service, 144).left == PARTS


async def test_an_unknown_is_hung_up_on_after_a_bridge_and_told_who_called_before_one(
    service: RunningService,
) -> None:
    silent = {"ring": 1.0, "answered_by": "unknown", "talk": 600.0}
    attempt = await ended(service, await posted(service, "unknown", 145, silent))
    assert (attempt["state"], attempt["contact"]) == ("connected", False)
    service.simulator.carrier.people.put_first([Person(pattern="+12125550111", ring=30.0, presses="1")])
    attempt = await ended(service, await posted(service, "unknown-lead-first", 146, silent))
    service.simulator.carrier.people.put_first([AGENTS_ANSWER])
    assert (attempt["state"], bool(attempt["notice_at"])) == ("abandoned", True)
    assert call_of(service, 146).said[0].startswith("This is Test Insurance.")


async def test_an_agent_on_a_phone_is_asked_by_key_after_the_call(service: RunningService) -> None:
    lead_id = await posted(service, "keypad", 147, {"ring": 1.0, "talk": 20.0})
    lead = await service.lead_when(lead_id, lambda lead: lead["attempts"][0]["labelled_as"])
    attempt = await ended(service, lead_id)
    assert (lead["attempts"][0]["label_asked"], attempt["labelled_as"]) == ("human", "human")
    (said,) = await rows(service, "SELECT said_by FROM answer_label WHERE attempt_id = $1", attempt["attempt_id"])
    assert said["said_by"] == "keypad"
    found = await report(service, "keypad")
    assert found["false_human_rate"] == {
        "value": 0.0, "numerator": 0, "denominator": 1, "interval_95": found["false_human_rate"]["interval_95"]
    }  # fmt: skip


async def test_without_detection_a_long_talk_is_a_contact_and_nothing_is_asked_of_the_carrier(
    service: RunningService,
) -> None:
    attempt = await ended(service, await posted(service, "undetected", 148, {"ring": 1.0, "talk": 700.0}))
    assert (attempt["contact"], leg(attempt, "lead")["answered_by"]) == (True, None)
    found = await report(service, "undetected")
    assert (found["undetected"], found["contacts_by_talk"]) == (1, 1)
    status, answer = await label(service, attempt["attempt_id"], "machine")
    assert (status, answer["contact"]) == (200, False)
    assert (await service.get("/v1/stats/contact", campaign="undetected"))["groups"][0]["contacted"] == 0


async def test_only_a_call_that_was_answered_can_be_labelled(service: RunningService) -> None:
    attempt = await ended(service, await posted(service, "hang-up", 149, {"does": Does.BUSY}))
    status, problem = await label(service, attempt["attempt_id"], "human")
    assert (status, problem["code"]) == (409, "not_answered")
    status, problem = await label(service, "00000000-0000-0000-0000-000000000001", "human")
    assert status == 404
    status, problem = await label(service, attempt["attempt_id"], "robot")
    assert (status, problem["errors"][0]["field"]) == (422, "answered_by")


async def test_a_manager_sees_how_often_detection_was_wrong_by_campaign(service: RunningService) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as manager:
        form = {"email": "manager@test.example", "password": "change-me-now"}
        async with manager.post(f"{service.url}/login", data=form) as signed_in:
            assert signed_in.status == 200
        async with manager.get(f"{service.url}/settings") as page:
            text = await page.text()
    table = text[text.index('id="machines"') :]
    row = table[table.index(">hang-up<") :]
    row = row[: row.index("</tr>")]
    rate = (await report(service, "hang-up"))["false_machine_rate"]
    assert f"{rate['numerator']}/{rate['denominator']}" in row
    assert "a message is left" in text
    assert "an unclear answer is hung up on" not in text
    assert "so is an unclear answer" in text


# ---- a recorded file, and the evidence ----------------------------------------------------------------------


WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(24)


async def test_a_recorded_file_is_played_between_the_parts_and_stands_in_the_evidence(
    service: RunningService, tmp_path: Any
) -> None:
    file = "{leave: true, toll_free: '+18005550199', file: hello, text: 'We got your request.'}"
    with pytest.raises(ConfigurationError, match=r"campaigns\[0\].voicemail.file: there is no sound 'hello'"):
        await configure(service.database_url, configuration(drop=file))
    headers = {"Authorization": f"Bearer {service.account_key}"}
    url = f"{service.url}/v1/sounds/hello"
    async with service.http.put(url, data=b"no sound at all", headers=headers) as refused:
        assert (refused.status, (await refused.json())["code"]) == (422, "not_audio")
    async with service.http.put(url, data=io.BytesIO(bytes(3 * 1024 * 1024)), headers=headers) as refused:
        assert refused.status == 413
    async with service.http.put(url, data=WAV, headers=headers) as kept:
        sound = await kept.json()
    assert (sound["content_type"], sound["size"]) == ("audio/wav", len(WAV))
    assert [one["name"] for one in (await service.get("/v1/sounds"))["sounds"]] == ["hello"]
    await configure(service.database_url, configuration(drop=file))
    lead_id = await posted(service, "drop", 151, MAILBOX)
    attempt = await ended(service, lead_id)
    heard = call_of(service, 151).left
    assert [heard[0], heard[2]] == [SAID.opening, SAID.closing]
    assert heard[1].endswith(f"/carrier/twilio/sounds/{sound['sha256']}")
    async with service.http.get(heard[1]) as played:
        assert (played.status, await played.read()) == (200, WAV)
    (left,) = attempt["voicemails"]
    assert left["digest"] == message("Test Insurance", left["words"], "+18005550199", sound["sha256"]).digest

    async with service.http.get(f"{service.url}/v1/leads/{lead_id}/evidence", headers=headers) as response:
        files = files_of(await response.read())
    code, said = verified(tmp_path, files)
    assert code == 0, said
    page = files["index.html"].decode()
    assert "The message was said to its end" in page
    assert all(part in page for part in (sound["sha256"], left["words"], left["digest"]))
