"""A talk that is being changed while somebody hangs up, the carrier fails, or a node dies; and who may."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest
import pytest_asyncio
from posting import new_database
from running import RunningService, running_service, until
from talking import BOSS, MUSIC, NOBODY, PEOPLE, PHONES, Talk, agent_and_another, leading, studio, talking

from speedtolead.domain.talk import Action
from speedtolead.service.controls.taking import Asking, Command
from speedtolead.simulator import Fault

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    folder: Path = tmp_path_factory.mktemp("controls")
    text = studio().replace(
        "  - {name: agent-1, ",
        "  - {name: agent-1, email: agent-1@test.example, password: change-me-now, ",
    )
    async with new_database(server_url) as url, running_service(url, folder, text, PEOPLE) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def talk(node: RunningService) -> AsyncIterator[Talk]:
    found = await talking(node)
    yield found
    node.simulator.carrier.faults.reset()
    await found.give("end")
    await found.over()


def break_down(talk: Talk, does: str, path: str, times: int = 1, **more: object) -> None:
    fault = Fault(does, path=path, method="POST", times=times, **more)  # type: ignore[arg-type]
    talk.service.simulator.carrier.faults.order([fault])


async def rest(talk: Talk) -> None:
    """Whoever did not take a transfer rests for half a minute: not in this test."""
    for name in (*PHONES, "nobody"):
        url = f"{talk.service.url}/v1/agents/{name}/state"
        headers = {"Authorization": f"Bearer {talk.service.account_key}"}
        async with talk.service.http.put(url, json={"state": "available"}, headers=headers) as response:
            assert response.status == 200


# ---- somebody hangs up --------------------------------------------------------------------------------------


@pytest.mark.parametrize("warm", [False, True], ids=["blind", "warm"])
async def test_a_lead_who_hangs_up_during_a_transfer_stops_the_others_phone(
    node: RunningService, warm: bool
) -> None:
    talk = await talking(node)
    _, answer = await talk.give("transfer", agent="nobody", warm=warm)
    await talk.rings(NOBODY)
    await talk.hang_up(talk.phone)
    lead = await talk.over()
    told = await talk.told(answer["id"])
    assert (told["state"], told["why"]) == ("failed", "the talk is over")
    assert talk.call(NOBODY).status == "canceled"
    assert lead["attempts"][0]["state"] == "connected"


async def test_an_agent_who_hangs_up_after_a_blind_transfer_does_not_end_it(talk: Talk) -> None:
    agent = leading(await talk.shown())
    await talk.give("transfer", agent="nobody")
    await talk.rings(NOBODY)
    await talk.service.simulator.carrier.wait_for(lambda: not talk.call(agent).is_live)
    assert talk.hears(talk.phone) == {MUSIC}
    await talk.pick_up(NOBODY)
    talk.service.simulator.carrier.press(talk.call(NOBODY), "1")
    await talk.hear(talk.phone, NOBODY)


async def test_an_agent_who_hangs_up_while_the_other_is_asked_has_handed_the_lead_over(talk: Talk) -> None:
    agent, name, other = await agent_and_another(talk)
    await talk.done("transfer", agent=name, warm=True)
    await talk.hear(agent, other)
    await talk.hang_up(agent)
    await talk.hear(talk.phone, other)
    await talk.hear(other, talk.phone)


async def test_a_warm_transfer_that_is_declined_gives_the_lead_back(talk: Talk) -> None:
    agent = leading(await talk.shown())
    _, answer = await talk.give("transfer", agent="nobody", warm=True)
    await talk.rings(NOBODY)
    await talk.hear(talk.phone, MUSIC)
    await talk.decline(NOBODY)
    told = await talk.told(answer["id"])
    assert (told["state"], told["why"]) == ("failed", "not taken")
    await talk.hear(talk.phone, agent)
    await talk.hear(agent, talk.phone)
    await rest(talk)


async def test_a_blind_transfer_that_is_declined_goes_to_the_next_agent(talk: Talk) -> None:
    agent = leading(await talk.shown())
    await talk.give("transfer", agent="nobody")
    await talk.rings(NOBODY)
    await talk.service.simulator.carrier.wait_for(lambda: not talk.call(agent).is_live)
    await talk.decline(NOBODY)
    free = set(PHONES.values()) - {agent}
    await talk.service.simulator.carrier.wait_for(lambda: talk.hears(talk.phone) & free, 15)
    await rest(talk)


async def test_a_lead_for_whom_nobody_is_left_is_told_so_and_never_left_with_music(node: RunningService) -> None:
    talk = await talking(node)
    agent = leading(await talk.shown())
    await talk.give("transfer", number="silent")
    await talk.rings(NOBODY)
    await talk.service.simulator.carrier.wait_for(lambda: not talk.call(agent).is_live)
    for name in PHONES:
        await pause(talk, name)
    await talk.decline(NOBODY)
    await talk.service.simulator.carrier.wait_for(lambda: not talk.call(talk.phone).is_live)
    assert "nobody is free to speak with you now" in talk.call(talk.phone).said[-1]
    lead = await talk.service.ended(talk.lead_id)
    assert lead["attempts"][0]["notice_at"]
    await rest(talk)
    await talk.over()


async def pause(talk: Talk, name: str) -> None:
    headers = {"Authorization": f"Bearer {talk.service.account_key}"}
    url = f"{talk.service.url}/v1/agents/{name}/state"
    async with talk.service.http.put(url, json={"state": "paused"}, headers=headers) as response:
        assert response.status == 200


async def test_a_supervisor_is_not_left_alone_with_the_lead_or_with_nobody(talk: Talk) -> None:
    agent = leading(await talk.shown())
    await talk.done("listen", user="boss@test.example")
    await talk.hear(BOSS, agent, talk.phone)
    await talk.hang_up(agent)
    carrier = talk.service.simulator.carrier
    await carrier.wait_for(lambda: not talk.call(BOSS).is_live and not talk.call(talk.phone).is_live)


# ---- the carrier fails --------------------------------------------------------------------------------------


async def test_a_hold_that_the_carrier_refuses_is_told_and_leaves_the_talk_as_it_was(talk: Talk) -> None:
    agent = leading(await talk.shown())
    await talk.done("mute")
    await talk.done("unmute")
    break_down(talk, "status", "*/Participants/*", status=400, code=20001)
    told = await talk.outcome("hold")
    assert (told["state"], told["why"]) == ("failed", "carrier_refused")
    await talk.hear(talk.phone, agent)
    assert (await talk.party(kind="lead"))["held"] is False
    await talk.done("hold")
    await talk.hear(talk.phone, MUSIC)


@pytest.mark.parametrize("does", ["status_after", "status"])
async def test_a_change_that_may_have_been_made_is_made_again_which_harms_nothing(talk: Talk, does: str) -> None:
    agent = leading(await talk.shown())
    break_down(talk, does, "*/Participants/*", times=2, status=500)
    await talk.done("hold")
    await talk.hear(talk.phone, MUSIC)
    await talk.done("resume")
    await talk.hear(talk.phone, agent)


@pytest.mark.parametrize("does", ["status_after", "reset_after"])
async def test_a_talk_that_may_have_been_sent_to_its_conference_is_sent_once(talk: Talk, does: str) -> None:
    agent = leading(await talk.shown())
    break_down(talk, does, f"*/{talk.call(talk.phone).sid}.json")
    await talk.done("hold")
    await talk.done("resume")
    await talk.hear(talk.phone, agent)
    await talk.hear(agent, talk.phone)


async def test_a_party_whose_ring_is_unclear_is_rung_once_let_in_nowhere_and_found(talk: Talk) -> None:
    """The carrier took the call and answered with an error: the lead goes on with the agent."""
    agent = leading(await talk.shown())
    before = len(talk.service.simulator.carrier.calls_to(NOBODY))
    break_down(talk, "status_after", "*/Calls.json", status=500)
    told = await talk.outcome("transfer", agent="nobody", warm=True)
    assert (told["state"], told["why"]) == ("failed", "unclear")
    await talk.hear(talk.phone, agent)
    carrier = talk.service.simulator.carrier
    await carrier.wait_for(lambda: not talk.call(NOBODY).is_live, 20)
    assert talk.call(NOBODY).status == "canceled"
    assert len(carrier.calls_to(NOBODY)) == before + 1
    await rest(talk)


async def test_a_number_that_the_carrier_refuses_is_told(talk: Talk) -> None:
    agent = leading(await talk.shown())
    break_down(talk, "status", "*/Calls.json", status=400, code=21211)
    told = await talk.outcome("add", number="partner")
    assert (told["state"], told["why"]) == ("failed", "invalid_number")
    await talk.hear(talk.phone, agent)


# ---- a node dies --------------------------------------------------------------------------------------------


async def committed(talk: Talk, action: Action, **more: object) -> str:
    """A command of a node that died just after it had committed it."""
    account = await talk.service.account_id()
    command = Command(action, uuid4(), **more)  # type: ignore[arg-type]
    taken = await talk.service.node.services.controls.take(Asking(account, "test"), UUID(talk.attempt_id), command)
    return str(taken.control_id)


async def later(talk: Talk, control_id: str) -> None:
    """As if it had been committed, or claimed, so long ago that any node may go on with it."""
    async with talk.service.database.connection() as tx:
        await tx.execute(
            "UPDATE control SET asked_at = asked_at - interval '1 minute', lease_until = now() WHERE id = $1",
            UUID(control_id),
        )


async def test_a_command_of_a_dead_node_is_carried_out_by_any(talk: Talk) -> None:
    control = await committed(talk, Action.HOLD)
    await later(talk, control)
    assert (await talk.told(control))["state"] == "done"
    await talk.hear(talk.phone, MUSIC)


async def test_a_transfer_of_a_dead_node_is_made_by_any(talk: Talk) -> None:
    _, name, other = await agent_and_another(talk)
    control = await committed(talk, Action.TRANSFER, agent=name)
    await later(talk, control)
    assert (await talk.told(control))["state"] == "done"
    await talk.hear(talk.phone, other)


async def test_what_a_dead_node_may_have_rung_is_not_rung_again(talk: Talk) -> None:
    agent = leading(await talk.shown())
    before = len(talk.service.simulator.carrier.calls_to(NOBODY))
    control = await committed(talk, Action.ADD, number="silent")
    async with talk.service.database.connection() as tx:
        await tx.execute("UPDATE control SET sent_at = now() WHERE id = $1", UUID(control))
    await later(talk, control)
    told = await talk.told(control)
    assert (told["state"], told["why"]) == ("failed", "unclear")
    assert len(talk.service.simulator.carrier.calls_to(NOBODY)) == before
    await talk.hear(talk.phone, agent)


async def test_a_talk_that_a_dead_node_had_sent_already_is_not_sent_again(talk: Talk) -> None:
    agent = leading(await talk.shown())
    await talk.done("mute")
    control = await committed(talk, Action.UNMUTE)
    async with talk.service.database.connection() as tx:
        await tx.execute("UPDATE control SET tries = 1 WHERE id = $1", UUID(control))
        await tx.execute("UPDATE attempt SET conferred_at = NULL WHERE id = $1", UUID(talk.attempt_id))
    await later(talk, control)
    assert (await talk.told(control))["state"] == "done"
    await talk.hear(talk.phone, agent)
    await talk.hear(agent, talk.phone)


# ---- who may, and what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "body", "status", "code"),
    [
        ("complete", {}, 409, "not_now"),
        ("cancel", {}, 409, "not_now"),
        ("resume", {"party": "nobody"}, 422, "unknown_target"),
        ("hold", {"party": "agent"}, 409, "not_now"),
        ("leave", {"party": "lead"}, 409, "not_now"),
        ("transfer", {}, 422, "invalid_field"),
        ("transfer", {"agent": "agent-1", "group": "sales"}, 422, "invalid_field"),
        ("transfer", {"agent": "agent-9"}, 422, "unknown_target"),
        ("transfer", {"number": "+13035550150"}, 422, "unknown_target"),
        ("transfer", {"group": "strangers"}, 409, "not_now"),
        ("digits", {"digits": "abc"}, 422, "invalid_field"),
        ("hold", {"please": True}, 422, "invalid_field"),
        ("listen", {}, 422, "invalid_field"),
        ("listen", {"user": "agent-1@test.example"}, 422, "unknown_target"),
        ("listen", {"user": "quiet@test.example"}, 422, "unknown_target"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_its_reason(
    node: RunningService, refusing: Talk, action: str, body: dict[str, Any], status: int, code: str
) -> None:
    found, problem = await refusing.give(action, **body)
    assert (found, problem["code"]) == (status, code)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def refusing(node: RunningService) -> AsyncIterator[Talk]:
    found = await talking(node)
    yield found
    await found.done("end")
    await found.over()


async def test_an_agent_changes_own_talks_only_and_listens_in_on_none(node: RunningService, refusing: Talk) -> None:
    own = leading(await refusing.shown()) == PHONES["agent-1"]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        token = await signed_in(session, node, "agent-1@test.example")
        async with session.get(f"{node.url}/v1/calls") as response:
            shown = await response.json()
        assert [one["attempt_id"] for one in shown["calls"]] == ([refusing.attempt_id] if own else [])
        for action, status in (("mute", 202 if own else 404), ("listen", 403)):
            url = f"{node.url}/v1/calls/{refusing.attempt_id}/{action}"
            async with session.post(url, json={}, headers={"X-CSRF-Token": token}) as response:
                assert response.status == status
        async with session.post(f"{node.url}/v1/calls/{refusing.attempt_id}/mute", json={}) as response:
            assert response.status == 403


async def signed_in(session: aiohttp.ClientSession, node: RunningService, email: str) -> str:
    """The form token of a new session."""
    form = {"email": email, "password": "change-me-now"}
    async with session.post(f"{node.url}/login", data=form, allow_redirects=False) as response:
        assert response.status in {302, 303}
    cookie = next(c.value for c in session.cookie_jar if c.key == "stl_session")
    return hmac.new(node.node.services.signing_key, cookie.encode(), hashlib.sha256).hexdigest()


async def test_a_talk_of_another_account_or_none_is_not_found(node: RunningService, refusing: Talk) -> None:
    nowhere = Talk(node, refusing.lead_id, str(uuid4()), refusing.phone)
    assert (await nowhere.give("hold"))[0] == 404
    assert (await refusing.give("hold", key=node.source_key))[0] == 403
    assert (await refusing.give("hold", key="stl_nobody"))[0] == 401


async def test_an_attempt_that_is_no_talk_yet_is_not_changed(node: RunningService) -> None:
    _, answer = await node.post(phone="+13035550165")

    async def ringing() -> str | None:
        lead = await node.lead(answer["lead_id"])
        attempt = lead["attempts"][0]
        return attempt["attempt_id"] if attempt["ringing_at"] else None

    attempt_id = await until(ringing)
    waiting = Talk(node, answer["lead_id"], attempt_id, "+13035550165")
    status, problem = await waiting.give("hold")
    assert (status, problem["code"]) == (409, "not_now")
    await waiting.service.ended(answer["lead_id"])
