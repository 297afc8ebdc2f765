"""Talks are recorded only as the law allows, and a person who answers and gets no agent hears who called."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from running import (
    AGENTS_ANSWER,
    LEAD_PHONE,
    SOURCE_KEY,
    RunningService,
    configuration,
    person,
    running_service,
    until,
)
from twilio.request_validator import RequestValidator

from speedtolead.service.calling.recordings import Recordings
from speedtolead.simulator import SIMULATED_AUTH_TOKEN, Fault, Person
from speedtolead.simulator.call import Call
from speedtolead.simulator.people import Does
from speedtolead.simulator.recordings import Recording

WORDS = "This call may be recorded."
CALIFORNIAN = {"state": "CA", "phone": "+12135550142"}
NEW_YORKER = {"state": "NY", "phone": LEAD_PHONE}
TALKS = Person(pattern="+1???5550142", does=Does.ANSWER, ring=1.0, talk=20.0)


def recorded(mode: str = "agent_first", **more: Any) -> str:
    """A campaign that records, whose agents sit in Texas."""
    base = configuration(mode=mode, **more)
    return base + "    recording: {record: true, agents_in: [TX]}\n"


@asynccontextmanager
async def recording_service(
    url: str, folder: Path, people: tuple[Person, ...] = (AGENTS_ANSWER, TALKS), text: str = "", **more: Any
) -> AsyncIterator[RunningService]:
    async with running_service(url, folder, text or recorded(), people, **more) as service:
        yield service


def leads_call(service: RunningService, phone: str) -> Call:
    (call,) = service.simulator.carrier.calls_to(phone)
    return call


def tapes(service: RunningService) -> list[Recording]:
    return list(service.simulator.carrier.recordings.by_sid.values())


async def told(service: RunningService, kind: str) -> list[Any]:
    async with service.database.connection() as tx:
        return [row["data"] for row in await tx.fetch("SELECT data FROM event WHERE kind = $1 ORDER BY id", kind)]


async def kept(service: RunningService, lead_id: str) -> Any:
    """The lead once its call is over and its one recording is with the carrier as a whole."""

    def whole(lead: Any) -> bool:
        (attempt,) = lead["attempts"]
        return attempt["ended_at"] and [one["state"] for one in attempt["recordings"]] == ["kept"]

    return await service.lead_when(lead_id, whole)


@pytest.mark.parametrize("mode", ["agent_first", "lead_first"])
async def test_a_recording_starts_after_its_announcement_and_without_one_where_none_is_asked_for(
    database_url: str, tmp_path: Path, mode: str
) -> None:
    async with recording_service(database_url, tmp_path, text=recorded(mode)) as service:
        _, answer = await service.post(**CALIFORNIAN)
        lead = await kept(service, answer["lead_id"])
        (attempt,) = lead["attempts"]
        (recording,) = attempt["recordings"]
        assert lead["status"] == "contacted"
        assert leads_call(service, CALIFORNIAN["phone"]).said == [WORDS]
        assert recording["announced_at"] == attempt["announced_at"]
        assert attempt["answered_at"] <= recording["announced_at"] <= recording["started_at"]
        assert 1 <= recording["seconds"] <= 30
        (tape,) = tapes(service)
        assert (tape.call.to, tape.wish.channels) == (CALIFORNIAN["phone"], 2)
        (why,) = await told(service, "recording.announced")
        assert (why["words"], why["asking"], why["states"]) == (WORDS, ["CA"], ["CA", "TX"])
        assert why["rule_set"]
        await service.agents_free()

        _, answer = await service.post(**NEW_YORKER)
        lead = await kept(service, answer["lead_id"])
        assert lead["attempts"][0]["announced_at"] is None
        (recording,) = lead["attempts"][0]["recordings"]
        assert recording["announcement"]["needed"] is False
        assert {"NY", "TX"} <= set(recording["announcement"]["states"])
        assert leads_call(service, NEW_YORKER["phone"]).said == []
        assert len(await told(service, "recording.announced")) == 1
        assert len(await told(service, "recording.kept")) == 2
        await can_be_played_by_managers_alone(service, lead)


async def can_be_played_by_managers_alone(service: RunningService, lead: Any) -> None:
    recording_id = lead["attempts"][0]["recordings"][0]["recording_id"]
    path = f"{service.url}/leads/{lead['lead_id']}/recordings/{recording_id}"
    other = f"{service.url}/leads/{recording_id}/recordings/{recording_id}"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as manager:
        async with manager.get(path) as refused:
            assert refused.status == 401
        form = {"email": "manager@test.example", "password": "change-me-now"}
        async with manager.post(f"{service.url}/login", data=form) as signed_in:
            assert signed_in.status == 200
        async with manager.get(path) as played:
            assert (played.status, played.content_type) == (200, "audio/x-wav")
            assert played.headers["Cache-Control"] == "no-store"
            assert (await played.read()).startswith(b"RIFF")
        async with manager.get(other) as nowhere:
            assert nowhere.status == 404
        async with manager.get(f"{service.url}/leads/{lead['lead_id']}") as page:
            text = await page.text()
            assert path.removeprefix(service.url) in text
            assert "/Recordings/RE" not in text
        service.simulator.carrier.faults.order([Fault("status", path="*/Recordings/*", status=500)])
        async with manager.get(path) as later:
            assert later.status == 502
            assert "/Recordings/" not in await later.text()
        service.simulator.carrier.recordings.by_sid.clear()
        async with manager.get(path) as gone:
            assert gone.status == 404
    by_source = await service.get(f"/v1/leads/{lead['lead_id']}", SOURCE_KEY)
    assert by_source["attempts"][0]["recordings"] == []


@pytest.mark.parametrize("mode", ["agent_first", "lead_first"])
async def test_who_hangs_up_during_the_announcement_and_a_machine_are_not_recorded(
    database_url: str, tmp_path: Path, mode: str
) -> None:
    hasty = Person(pattern=CALIFORNIAN["phone"], ring=1.0, hangs_up_after_answer=0.5)
    machine = person(NEW_YORKER["phone"], Does.VOICEMAIL, ring=1.0, talk=60.0)
    people = (AGENTS_ANSWER, hasty, machine)
    async with recording_service(database_url, tmp_path, people, recorded(mode)) as service:
        _, answer = await service.post(**CALIFORNIAN)
        lead = await service.ended(answer["lead_id"])
        assert lead["attempts"][0]["announced_at"] is None
        await service.agents_free()
        _, answer = await service.post(**NEW_YORKER)
        lead = await service.ended(answer["lead_id"])
        assert lead["attempts"][0]["state"] == "machine"
        await service.simulator.carrier.callbacks.settled()
        assert tapes(service) == []
        assert [a["recordings"] for a in lead["attempts"]] == [[]]


async def test_a_talk_goes_on_where_it_cannot_be_recorded(database_url: str, tmp_path: Path) -> None:
    async with recording_service(database_url, tmp_path) as service:
        for status, state in ((400, "refused"), (500, "asked")):
            fault = Fault("status", method="POST", path="*/Calls/*/Recordings.json", status=status)
            service.simulator.carrier.faults.order([fault])
            _, answer = await service.post(**(CALIFORNIAN if status == 400 else NEW_YORKER))
            lead = await service.ended(answer["lead_id"])
            assert lead["status"] == "contacted"
            (recording,) = lead["attempts"][0]["recordings"]
            assert (recording["state"], recording["seconds"]) == (state, None)
            await service.agents_free()
        assert tapes(service) == []


class Post:
    """A callback as the carrier signs it, for the first attempt of a lead."""

    def __init__(self, service: RunningService, lead: Any) -> None:
        self.service, self.attempt_id = service, lead["attempts"][0]["attempt_id"]

    async def __call__(self, leg: str, kind: str, **fields: str) -> str:
        async with self.service.database.connection() as tx:
            leg_id = await tx.fetchval(
                "SELECT id FROM leg WHERE attempt_id = $1 AND kind = $2", self.attempt_id, leg
            )
        url = f"{self.service.url}/carrier/twilio/attempts/{self.attempt_id}/legs/{leg_id}/{kind}"
        headers = {"X-Twilio-Signature": RequestValidator(SIMULATED_AUTH_TOKEN).compute_signature(url, fields)}
        async with self.service.http.post(url, data=fields, headers=headers) as response:
            assert response.status in {200, 204}
            return await response.text()


async def test_an_announcement_of_which_nothing_is_heard_starts_no_recording_and_the_call_goes_on(
    database_url: str, tmp_path: Path
) -> None:
    """The carrier of this test is the test: it says that the lead answered, and talked for 30 seconds."""
    people = (person("+121255501[1-2]?", Does.MANUAL),)
    async with recording_service(database_url, tmp_path, people) as service:
        _, answer = await service.post(**CALIFORNIAN)
        lead = await service.lead_when(
            answer["lead_id"],
            lambda lead: lead["attempts"][0]["legs"] and lead["attempts"][0]["legs"][0]["ringing_at"],
        )
        post = Post(service, lead)
        assert "/announce#" in await post("agent", "accept", Digits="1", CallSid="CA1")
        assert "/announced#" in await post("lead", "announce", CallSid="CA2")
        await post("lead", "status", CallStatus="in-progress", CallSid="CA2")
        await post("lead", "detection", AnsweredBy="human", CallSid="CA2")
        lead = await service.lead(answer["lead_id"])
        assert (lead["attempts"][0]["state"], lead["attempts"][0]["recordings"]) == ("connected", [])
        await post("lead", "status", CallStatus="completed", CallDuration="30", CallSid="CA2")
        lead = await service.ended(answer["lead_id"])
        assert (lead["status"], lead["attempts"][0]["recordings"]) == ("contacted", [])
        assert lead["attempts"][0]["announced_at"] is None
        assert not [one for one in service.simulator.gate.arrivals if "Recordings" in one.path]


async def test_news_of_a_recording_count_once_in_any_order(database_url: str, tmp_path: Path) -> None:
    async with recording_service(database_url, tmp_path) as service:
        twice = Fault("duplicate", on="callback", path="*/recording", times=-1)
        service.simulator.carrier.faults.order([twice])
        _, answer = await service.post(**CALIFORNIAN)
        lead = await kept(service, answer["lead_id"])
        await service.simulator.carrier.callbacks.settled()
        (tape,) = tapes(service)
        before = lead["attempts"][0]["recordings"]
        assert before[0]["seconds"] == round(tape.heard)
        post = Post(service, lead)
        await post("lead", "recording", RecordingSid=tape.sid, RecordingStatus="in-progress")
        await post("lead", "recording", RecordingSid=tape.sid, RecordingStatus="a-new-word", RecordingDuration="9")
        await post("lead", "recording", RecordingSid="RE1", RecordingStatus="completed", RecordingDuration="9")
        await post("agent", "recording", RecordingSid="RE2", RecordingStatus="completed", RecordingDuration="9")
        assert (await service.lead(lead["lead_id"]))["attempts"][0]["recordings"] == before
        assert len(await told(service, "recording.kept")) == 1


async def test_nothing_is_asked_for_where_a_campaign_does_not_record(service: RunningService) -> None:
    _, answer = await service.post()
    lead = await service.ended(answer["lead_id"])
    assert lead["attempts"][0]["recordings"] == []
    assert leads_call(service, LEAD_PHONE).said == []
    assert tapes(service) == []


# ---- the person who answered and got no agent ---------------------------------------------------------------


async def test_an_abandoned_person_hears_who_called_and_a_key_ends_it(database_url: str, tmp_path: Path) -> None:
    nobody = person("+121255501[1-2]?", Does.DECLINE, ring=1.0)
    keen = person(LEAD_PHONE, Does.ANSWER, ring=1.0, presses="9")
    silent = person("+12125550149", Does.ANSWER, ring=1.0)
    text = configuration(mode="lead_first", cadence="[{after: 0s, channel: call}, {after: 1d, channel: call}]")
    people = (nobody, keen, silent)
    async with running_service(database_url, tmp_path, text, people, missed_offer_rest=0.0) as service:
        _, answer = await service.post()
        lead = await service.lead_when(answer["lead_id"], lambda lead: lead["status"] == "suppressed")
        (notice, goodbye) = leads_call(service, LEAD_PHONE).said
        assert "This is Test Insurance." in notice
        assert "the request that you made" in notice
        assert "2 1 2, 5 5 5, 0 1 0 0" in notice
        assert "Press 9" in notice
        assert goodbye == "You will not be called again. Goodbye."
        assert lead["attempts"][0]["notice_at"]
        assert await told(service, "notice.given") == [{"words": notice}]
        listed = await service.get("/v1/suppressions")
        assert [found["value"] for found in listed["suppressions"]] == [LEAD_PHONE]
        await service.agents_free()

        _, answer = await service.post(phone="+12125550149")
        lead = await service.lead_when(answer["lead_id"], lambda lead: len(lead["attempts"]) == 2)
        assert lead["attempts"][0]["state"] == "abandoned"
        assert lead["status"] == "working"
        assert leads_call(service, "+12125550149").said == [notice]
        assert len(await told(service, "notice.given")) == 2

        async def no_more() -> bool:
            return not any(call.is_live for call in service.simulator.carrier.calls.values())

        await until(no_more)


async def test_the_notice_is_the_same_however_often_it_is_asked_for_and_only_9_means_never_again(
    database_url: str, tmp_path: Path
) -> None:
    people = (person(LEAD_PHONE, Does.MANUAL),)
    text = configuration(mode="lead_first")
    async with running_service(database_url, tmp_path, text, people, missed_offer_rest=0.0) as service:
        _, answer = await service.post()
        lead = await service.lead_when(answer["lead_id"], lambda lead: lead["attempts"][0]["ringing_at"])
        post = Post(service, lead)
        call_id = leads_call(service, LEAD_PHONE).sid
        await post("lead", "status", CallStatus="in-progress", CallSid=call_id)
        first = await post("agent", "dialed", DialCallStatus="no-answer", CallSid=call_id)
        assert "/opt_out#" in first
        assert "Press 9" in first
        await service.agents_free()
        assert await post("agent", "dialed", DialCallStatus="no-answer", CallSid=call_id) == first
        assert await post("agent", "dialed", DialCallStatus="failed", CallSid=call_id) == first
        assert len(await told(service, "notice.given")) == 1
        for digits in ("", "1", "99"):
            assert "<Say>" not in await post("lead", "opt_out", Digits=digits)
        assert (await service.get("/v1/suppressions"))["suppressions"] == []
        for _ in range(2):
            assert "You will not be called again." in await post("lead", "opt_out", Digits="9")
        assert len((await service.get("/v1/suppressions"))["suppressions"]) == 1


async def test_recordings_are_removed_when_their_time_is_over_or_their_lead_was_erased_but_not_under_a_hold(
    database_url: str, tmp_path: Path
) -> None:
    text = recorded() + "retention: {recordings: 1d}\n"
    async with recording_service(database_url, tmp_path, text=text) as service:
        leads = []
        for who in (CALIFORNIAN, NEW_YORKER):
            _, answer = await service.post(**who)
            leads.append(await kept(service, answer["lead_id"]))
            await service.agents_free()
        old, erased = leads
        today, keeping = service.node.services.recordings, service.node.services.keeping
        remove = Recordings(service.database, today._carriers, Tomorrow()).let_go
        account = await service.account_id()
        assert await today.let_go() == 0
        await keeping.hold(account, UUID(old["lead_id"]), "a complaint", "counsel")
        await keeping.erase(account, UUID(erased["lead_id"]), "asked for it", "manager")

        service.simulator.carrier.faults.order([Fault(does="status", method="DELETE", status=503)])
        assert await remove() == 0, "the carrier is away"
        assert await remove() == 1
        assert {tape.call.to for tape in tapes(service)} == {CALIFORNIAN["phone"]}
        assert await states(service, erased) == ["removed"]
        assert await states(service, old) == ["kept"], "held"

        await keeping.lift(account, UUID(old["lead_id"]), "counsel")
        (tape,) = tapes(service)
        del service.simulator.carrier.recordings.by_sid[tape.sid]  # killed before it was noted: it is gone already
        assert [await remove(), await remove()] == [1, 0]
        assert await states(service, old) == ["removed"]
        assert len(await told(service, "recording.removed")) == 2
        await service.node.services.ledger.chain_account(account)
        assert (await service.node.services.ledger.check(account)).faults == []


class Tomorrow:
    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=1, minutes=1)


async def states(service: RunningService, lead: Any) -> list[str]:
    (attempt,) = (await service.lead(lead["lead_id"]))["attempts"]
    return [one["state"] for one in attempt["recordings"]]
