"""What can be done with a talk, from the command to what each person hears."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from posting import new_database
from running import RunningService, running_service, until
from talking import (
    BOSS,
    LEAD_FIRST_KEY,
    MUSIC,
    PARTNER,
    PEOPLE,
    PHONES,
    Talk,
    agent_and_another,
    leading,
    studio,
    talking,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    folder: Path = tmp_path_factory.mktemp("controls")
    async with new_database(server_url) as url, running_service(url, folder, studio(), PEOPLE) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def talk(node: RunningService) -> AsyncIterator[Talk]:
    """A talk that began with a Dial; whatever a test leaves of it is over afterwards."""
    found = await talking(node)
    yield found
    await found.give("end")
    await found.over()


# ---- hold, mute, tones --------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [None, LEAD_FIRST_KEY], ids=["agent_first", "lead_first"])
async def test_a_lead_on_hold_hears_music_until_taken_off_it(node: RunningService, key: str | None) -> None:
    talk = await talking(node, key)
    agent = leading(await talk.shown())
    await talk.done("hold")
    await talk.hear(talk.phone, MUSIC)
    await talk.hear(agent)
    assert (await talk.party(kind="lead"))["held"] is True
    await talk.done("resume")
    await talk.hear(talk.phone, agent)
    await talk.hear(agent, talk.phone)
    await talk.told_human()
    await talk.hang_up(talk.phone)
    lead = await talk.over()
    assert lead["attempts"][0]["state"] == "connected"
    assert lead["status"] == "contacted"


async def test_who_is_muted_hears_and_is_not_heard(talk: Talk) -> None:
    agent = leading(await talk.shown())
    await talk.done("mute")
    await talk.hear(talk.phone)
    await talk.hear(agent, talk.phone)
    await talk.done("unmute")
    await talk.hear(talk.phone, agent)
    await talk.done("mute", party="lead")
    await talk.hear(agent)


async def test_tones_reach_the_party_that_they_are_for(talk: Talk) -> None:
    agent = leading(await talk.shown())
    await talk.done("digits", digits="12#")
    await talk.service.simulator.carrier.wait_for(lambda: talk.call(talk.phone).tones == "12#")
    assert talk.call(agent).tones == ""
    async with talk.service.database.connection() as tx:
        assert not await tx.fetchval("SELECT count(*) FROM control WHERE given ? 'digits'")


async def test_the_same_command_twice_is_one(talk: Talk) -> None:
    await talk.done("hold")
    status, answer = await talk.give("hold")
    assert (status, answer["state"]) == (202, "done")
    ours = str(uuid4())
    first = await talk.done("digits", digits="7", party="agent", id=ours)
    status, answer = await talk.give("digits", digits="7", party="agent", id=ours)
    assert (status, answer["state"], answer["id"]) == (202, "done", first["control_id"])
    agent = leading(await talk.shown())
    await talk.service.simulator.carrier.wait_for(lambda: talk.call(agent).tones == "7")
    assert (await talk.give("mute", id=ours))[0] == 409


async def test_commands_given_at_once_are_carried_out_one_after_the_other(talk: Talk) -> None:
    agent = leading(await talk.shown())
    given = [await talk.give(action) for action in ("mute", "hold", "unmute", "resume")]
    for status, answer in given:
        assert status == 202
        assert (await talk.told(answer["id"]))["state"] == "done"
    await talk.hear(talk.phone, agent)
    await talk.hear(agent, talk.phone)


# ---- transfers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [None, LEAD_FIRST_KEY], ids=["agent_first", "lead_first"])
async def test_a_blind_transfer_frees_the_agent_while_the_other_still_rings(
    node: RunningService, key: str | None
) -> None:
    talk = await talking(node, key)
    agent, name, other = await agent_and_another(talk)
    _, answer = await talk.give("transfer", agent=name)
    await talk.service.simulator.carrier.wait_for(lambda: not talk.call(agent).is_live)
    await talk.hear(talk.phone, other)
    assert (await talk.told(answer["id"]))["state"] == "done"
    await talk.hear(other, talk.phone)
    assert leading(await talk.shown()) == other
    await talk.hang_up(talk.phone)
    lead = await talk.over()
    (attempt,) = lead["attempts"]
    assert (attempt["state"], attempt["agent"], attempt["contact"]) == ("connected", name, True)
    whole = talk.call(talk.phone)
    assert whole.answered_at is not None
    assert attempt["talk_seconds"] * 20 == pytest.approx(whole.duration, abs=10)


async def test_a_lead_who_is_handed_over_hears_music_until_somebody_is_there(talk: Talk) -> None:
    _, answer = await talk.give("transfer", number="silent")
    await talk.rings("+13035550160")
    await talk.hear(talk.phone, MUSIC)
    await talk.pick_up("+13035550160")
    assert (await talk.told(answer["id"]))["state"] == "done"
    await talk.hear(talk.phone, "+13035550160")


async def test_a_warm_transfer_is_spoken_of_first_and_then_completed(talk: Talk) -> None:
    agent, name, other = await agent_and_another(talk)
    await talk.done("transfer", agent=name, warm=True)
    await talk.hear(agent, other)
    await talk.hear(other, agent)
    await talk.hear(talk.phone, MUSIC)
    assert talk.call(agent).said[-1] == f"Ringing {name}."
    shown = await talk.shown()
    assert {"complete", "cancel"} <= set(shown["may"])
    await talk.done("complete")
    await talk.hear(talk.phone, other)
    await talk.hear(other, talk.phone)
    await talk.service.simulator.carrier.wait_for(lambda: not talk.call(agent).is_live)
    assert (await talk.give("complete"))[1]["state"] == "done"
    await talk.hang_up(other)
    lead = await talk.over()
    assert lead["attempts"][0]["agent"] == name


async def test_a_warm_transfer_that_is_called_off_gives_the_lead_back(talk: Talk) -> None:
    agent, name, other = await agent_and_another(talk)
    await talk.done("transfer", agent=name, warm=True)
    await talk.done("cancel")
    await talk.hear(talk.phone, agent)
    await talk.hear(agent, talk.phone)
    assert not talk.call(other).is_live
    assert (await talk.give("cancel"))[1]["state"] == "done"
    await talk.hang_up(agent)
    lead = await talk.over()
    assert lead["attempts"][0]["agent"] == next(n for n, phone in PHONES.items() if phone == agent)


async def test_a_transfer_may_follow_a_transfer(talk: Talk) -> None:
    agent, name, other = await agent_and_another(talk)
    await talk.done("transfer", agent=name)
    last = next(n for n, phone in PHONES.items() if phone not in (agent, other))
    await talk.done("transfer", agent=last, warm=True)
    await talk.done("complete")
    await talk.hear(talk.phone, PHONES[last])
    await talk.hear(PHONES[last], talk.phone)


async def test_whoever_of_a_group_is_free_longest_is_rung(talk: Talk) -> None:
    agent, _, _ = await agent_and_another(talk)
    await talk.done("transfer", group="sales")
    assert leading(await talk.shown()) != agent


# ---- a third party, a supervisor ----------------------------------------------------------------------------


async def test_three_talk_with_each_other_until_one_leaves(talk: Talk) -> None:
    agent = leading(await talk.shown())
    await talk.done("add", number="partner")
    await talk.hear(talk.phone, agent, PARTNER)
    await talk.hear(agent, talk.phone, PARTNER)
    third = await talk.party("partner", "third")
    assert "leave" in third["may"]
    await talk.done("hold", party=third["id"])
    await talk.hear(PARTNER, MUSIC)
    await talk.done("leave", party=third["id"])
    await talk.hear(talk.phone, agent)
    assert not talk.call(PARTNER).is_live


async def test_a_supervisor_listens_whispers_and_barges_in(talk: Talk) -> None:
    agent = leading(await talk.shown())
    boss = {"user": "boss@test.example"}
    await talk.done("listen", **boss)
    await talk.hear(BOSS, agent, talk.phone)
    await talk.hear(talk.phone, agent)
    await talk.hear(agent, talk.phone)
    await talk.done("whisper", **boss)
    await talk.hear(agent, talk.phone, BOSS)
    await talk.hear(talk.phone, agent)
    await talk.done("barge", **boss)
    await talk.hear(talk.phone, agent, BOSS)
    await talk.done("listen", **boss)
    await talk.hear(talk.phone, agent)
    assert len(talk.service.simulator.carrier.calls_to(BOSS)) == 1
    await talk.done("leave", party=(await talk.party(kind="supervisor"))["id"])
    assert not talk.call(BOSS).is_live


async def test_who_whispers_whispers_to_whom_the_lead_is_handed_over_to(talk: Talk) -> None:
    _, name, other = await agent_and_another(talk)
    await talk.done("whisper", user="boss@test.example")
    await talk.done("transfer", agent=name)
    await talk.hear(other, talk.phone, BOSS)
    await talk.hear(talk.phone, other)


# ---- recording ----------------------------------------------------------------------------------------------


async def test_a_recording_on_demand_begins_when_the_lead_has_heard_of_it(talk: Talk) -> None:
    agent = leading(await talk.shown())
    await talk.told_human()  # nothing is recorded before
    await talk.done("record")
    words = "This call may be recorded."
    assert words in talk.call(talk.phone).said
    assert words not in talk.call(agent).said
    await talk.hear(talk.phone, agent)
    (recording,) = [r for r in recordings(talk) if r.status == "in-progress"]
    assert (await talk.shown())["recorded"] == "running"
    await talk.done("stop-recording")
    assert recording.status == "paused"
    assert (await talk.shown())["recorded"] == "paused"
    await talk.done("record")
    assert recording.status == "in-progress"
    assert len(recordings(talk)) == 1
    assert talk.call(talk.phone).said.count(words) == 1


async def test_somebody_outside_hears_of_a_recording_before_being_let_in(talk: Talk) -> None:
    await talk.told_human()
    await talk.done("record")
    await talk.done("add", number="partner")
    assert talk.call(PARTNER).said == ["This call may be recorded."]


def recordings(talk: Talk) -> list:  # type: ignore[type-arg]
    known = talk.service.simulator.carrier.recordings.by_sid.values()
    return [recording for recording in known if recording.call is talk.call(talk.phone)]


# ---- the end ------------------------------------------------------------------------------------------------


async def test_ending_a_talk_ends_it_for_all(talk: Talk) -> None:
    await talk.done("add", number="partner")
    await talk.done("listen", user="boss@test.example")
    await talk.done("end")
    await talk.over()
    assert await talk.shown() is None
    assert (await talk.give("end"))[0] == 409


async def test_a_talk_that_is_a_dial_is_ended_without_a_conference(talk: Talk) -> None:
    await talk.done("end")
    await talk.over()
    assert talk.service.simulator.carrier.rooms.find(talk.attempt_id) is None


async def test_what_may_be_done_is_told_with_each_talk(talk: Talk) -> None:
    shown = await talk.shown()
    assert {"transfer", "add", "listen", "record", "end"} <= set(shown["may"])
    assert "complete" not in shown["may"]
    lead = next(p for p in shown["parties"] if p["kind"] == "lead")
    assert set(lead["may"]) == {"hold", "mute", "digits"}

    async def gone() -> bool:
        return await talk.shown() is None

    await talk.done("end")
    await until(gone)
