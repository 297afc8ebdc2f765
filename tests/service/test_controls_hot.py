"""What can be done with a talk on an agent's line: the same as with any other, and the line outlives all of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from posting import new_database
from running import AGENT_PHONES, RunningService, running_service, until
from talking import BOSS, MUSIC, PARTNER, PEOPLE, Talk, leading, studio, talking
from test_controls_bad_days import committed, later

from speedtolead.domain.talk import Action

pytestmark = pytest.mark.asyncio(loop_scope="module")

AGENT, OTHER, _ = AGENT_PHONES


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    folder: Path = tmp_path_factory.mktemp("hot_controls")
    async with (
        new_database(server_url) as url,
        running_service(url, folder, studio(mode="hot"), PEOPLE) as running,
    ):
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def talk(node: RunningService) -> AsyncIterator[Talk]:
    """A lead who was dialled into the line of agent-1; the line is up afterwards, and its agent free."""
    headers = {"Authorization": f"Bearer {node.account_key}"}
    async with node.http.post(f"{node.url}/v1/agents/agent-1/line", headers=headers) as response:
        assert response.status == 202
    await line_waits(node)
    found = await talking(node)
    lead = await node.lead(found.lead_id)
    assert lead["attempts"][0]["mode"] == "hot"
    await found.hear(found.phone, AGENT)
    yield found
    await found.give("end")
    await node.ended(found.lead_id)
    await only_the_line(node)


async def line_waits(node: RunningService) -> None:
    """The line is up, its agent is free, and hears music."""

    async def look() -> bool:
        (agent,) = (one for one in (await node.get("/v1/agents"))["agents"] if one["name"] == "agent-1")
        return bool((agent["line"], agent["state"]) == ("open", "available"))

    await until(look, what="agent-1 free, on an open line")


async def only_the_line(node: RunningService) -> None:
    """Nobody else is on a phone, and nobody has a leg that is not over."""
    carrier = node.simulator.carrier
    (line,) = carrier.calls_to(AGENT)
    await carrier.wait_for(lambda: [call for call in carrier.calls.values() if call.is_live] == [line])
    await line_waits(node)
    await carrier.wait_for(lambda: line.silent_since is None)
    await node.agents_free()


async def test_hold_mute_and_tones(talk: Talk) -> None:
    await talk.done("hold")
    await talk.hear(talk.phone, MUSIC)
    await talk.done("resume")
    await talk.hear(talk.phone, AGENT)
    await talk.done("mute")
    await talk.hear(talk.phone)
    await talk.done("unmute")
    await talk.hear(talk.phone, AGENT)
    await talk.done("digits", digits="12#")
    await talk.service.simulator.carrier.wait_for(lambda: talk.call(talk.phone).tones == "12#")
    await talk.told_human()
    await talk.hang_up(talk.phone)
    lead = await talk.service.ended(talk.lead_id)
    assert (lead["attempts"][0]["state"], lead["status"]) == ("connected", "contacted")


async def test_a_blind_transfer_gives_the_agent_the_line_back_and_the_lead_somebody_else(talk: Talk) -> None:
    await talk.done("transfer", agent="agent-2")
    await talk.hear(talk.phone, OTHER)
    await line_waits(talk.service)
    assert leading(await talk.shown()) == OTHER


async def test_a_warm_transfer_is_spoken_of_first_and_then_completed(talk: Talk) -> None:
    await talk.give("transfer", agent="agent-2", warm=True)
    await talk.hear(talk.phone, MUSIC)
    await talk.hear(AGENT, OTHER)
    await talk.done("complete")
    await talk.hear(talk.phone, OTHER)
    await line_waits(talk.service)
    await talk.hang_up(OTHER)


async def test_a_warm_transfer_that_is_called_off_gives_the_lead_back(talk: Talk) -> None:
    await talk.give("transfer", agent="agent-2", warm=True)
    await talk.hear(AGENT, OTHER)
    await talk.done("cancel")
    await talk.hear(talk.phone, AGENT)
    await talk.done("hold")
    await talk.hear(talk.phone, MUSIC)
    await talk.done("resume")
    await talk.hear(talk.phone, AGENT)
    await talk.hang_up(talk.phone)


async def test_a_transfer_of_a_node_that_died_before_it_sent_anybody_is_made_by_any(talk: Talk) -> None:
    """It had written that the talk leaves the line, and no more."""
    control = await committed(talk, Action.TRANSFER, agent="agent-2")
    async with talk.service.database.connection() as tx:
        await tx.execute("UPDATE control SET tries = 1 WHERE id = $1", UUID(control))
        await tx.execute(
            "UPDATE attempt SET conference = CAST(id AS text), conferred_at = now() WHERE id = $1",
            UUID(talk.attempt_id),
        )
    await later(talk, control)
    assert (await talk.told(control))["state"] == "done"
    await talk.hear(talk.phone, OTHER)
    await line_waits(talk.service)


async def test_a_talk_that_has_left_the_line_is_not_sent_again(talk: Talk) -> None:
    await talk.done("add", number="partner")
    control = await committed(talk, Action.LISTEN, listener="boss@test.example")
    async with talk.service.database.connection() as tx:
        await tx.execute("UPDATE control SET tries = 1 WHERE id = $1", UUID(control))
    await later(talk, control)
    assert (await talk.told(control))["state"] == "done"
    await talk.hear(talk.phone, AGENT, PARTNER)
    await talk.hear(BOSS, talk.phone, AGENT, PARTNER)


async def test_three_talk_and_a_supervisor_barges_in(talk: Talk) -> None:
    await talk.done("add", number="partner")
    await talk.hear(talk.phone, AGENT, PARTNER)
    await talk.done("barge", user="boss@test.example")
    await talk.hear(talk.phone, AGENT, PARTNER, BOSS)


async def test_a_lead_is_told_of_a_recording_and_comes_back(talk: Talk) -> None:
    await talk.told_human()  # nothing is recorded before
    await talk.done("record")
    assert "This call may be recorded." in talk.call(talk.phone).said
    await talk.hear(talk.phone, AGENT)


async def test_a_line_that_drops_during_a_transfer_leaves_nobody_alone(talk: Talk) -> None:
    await talk.give("transfer", agent="agent-2", warm=True)
    await talk.hear(AGENT, OTHER)
    await talk.hang_up(AGENT)
    await talk.hear(talk.phone, OTHER)  # handed over by that
    headers = {"Authorization": f"Bearer {talk.service.account_key}"}
    await talk.hang_up(OTHER)
    await talk.service.ended(talk.lead_id)
    url = f"{talk.service.url}/v1/agents/agent-1/line"
    async with talk.service.http.get(url, headers=headers) as response:
        assert response.status == 404
    talk.service.simulator.carrier.calls.pop(talk.call(AGENT).sid)
    async with talk.service.http.post(url, headers=headers) as response:
        assert response.status == 202
