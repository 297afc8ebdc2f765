"""Talks under way on a running node, and ears: who hears whom at the simulated carrier."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from running import AGENT_PHONES, SOON, RunningService, configuration, until

from speedtolead.simulator import Person
from speedtolead.simulator.call import Call
from speedtolead.simulator.people import Does

BOSS, PARTNER, NOBODY = "+12125550129", "+13035550150", "+13035550160"
MUSIC = "music"
PEOPLE = (
    Person(pattern=NOBODY, does=Does.MANUAL),
    Person(pattern=PARTNER, ring=0.5),
    Person(pattern="+121255501[1-2]?", ring=1.0, presses="1"),
    Person(pattern="+1718555????", ring=0.5),
)
"""Who picks up stays on the line; agents and the supervisor press 1."""

_phones = itertools.count(100)
PHONES = dict(zip(("agent-1", "agent-2", "agent-3"), AGENT_PHONES, strict=True))
LEAD_FIRST_KEY = "stl_test_key_0002"
CAMPAIGN = f"""    transfer_to: [{{name: partner, phone: "{PARTNER}"}}, {{name: silent, phone: "{NOBODY}"}}]
    cadence:"""
WAITING = f"""  - {{name: other, api_key: {LEAD_FIRST_KEY}, campaign: waiting}}
campaigns:
  - name: waiting
    seller: Test Insurance
    dial: {{mode: lead_first, agents: sales, ring_timeout: 20s, minimum_talk: 0s}}
    cadence: [{{after: 0s, channel: call}}]
"""
PERSONS = f"""users:
  - {{email: boss@test.example, role: supervisor, password: change-me-now, phone: "{BOSS}"}}
  - {{email: quiet@test.example, role: supervisor, password: change-me-now}}
  - {{email: manager@test.example, role: manager, password: change-me-now}}
agents:
  - {{name: nobody, phone: "{NOBODY}", groups: [others]}}
"""


def studio(**more: Any) -> str:
    """The configuration with supervisors, a partner outside, and a campaign that rings the lead first."""
    text = re.sub(r"users: .*\nagents:\n", lambda _: PERSONS, configuration(agents=3, **more))
    return text.replace("    cadence:", CAMPAIGN).replace("campaigns:\n", WAITING)


@dataclass
class Talk:
    service: RunningService
    lead_id: str
    attempt_id: str
    phone: str

    async def give(self, action: str, *, key: str | None = None, **body: Any) -> tuple[int, Any]:
        """A command; the answer's status and body."""
        async with self.service.http.post(
            f"{self.service.url}/v1/calls/{self.attempt_id}/{action}",
            json=body,
            headers={"Authorization": f"Bearer {key or self.service.account_key}"},
        ) as response:
            return response.status, await response.json(content_type=None)

    async def done(self, action: str, **body: Any) -> Any:
        """A command that is taken, and carried out; what was told of it."""
        told = await self.outcome(action, **body)
        assert told["state"] == "done", told
        return told

    async def outcome(self, action: str, **body: Any) -> Any:
        status, answer = await self.give(action, **body)
        assert status == 202, answer
        return await self.told(answer["id"])

    async def told(self, control_id: str) -> Any:
        """What became of a command."""

        async def look() -> Any:
            async with self.service.database.connection() as tx:
                return await tx.fetchval(
                    "SELECT data FROM event WHERE kind = 'call.changed' AND data ->> 'control_id' = $1", control_id
                )

        return await until(look, SOON, f"news of the command {control_id}")

    async def shown(self) -> Any:
        """The talk as the API shows it; None when it is over."""
        found = await self.service.get("/v1/calls")
        return next((one for one in found["calls"] if one["attempt_id"] == self.attempt_id), None)

    async def party(self, name: str | None = None, kind: str = "agent") -> Any:
        shown = await self.shown()
        return next(p for p in shown["parties"] if p["kind"] == kind and name in (None, p["name"]))

    def call(self, phone: str) -> Call:
        """The latest call to a phone."""
        return self.service.simulator.carrier.calls_to(phone)[-1]

    def hears(self, phone: str) -> set[str]:
        """Whom somebody hears: their phones, or music."""
        rooms, sid = self.service.simulator.carrier.rooms, self.call(phone).sid
        found = (room for room in rooms.by_sid.values() if room.status != "completed" and sid in room.participants)
        room = next(found, None)
        one = None if room is None else room.participants.get(sid)
        if room is None or one is None or not one.has_joined:
            return set()
        if one.hold:
            return {MUSIC} if one.music else set()
        return {other.call.to for other in room.heard_by(one)}

    async def hear(self, phone: str, *others: str) -> None:
        """Returns once this one hears exactly these."""
        carrier = self.service.simulator.carrier
        try:
            await carrier.wait_for(lambda: self.hears(phone) == set(others), SOON)
        except TimeoutError:
            raise AssertionError(f"{phone} hears {self.hears(phone)}, not {others}") from None

    async def hang_up(self, phone: str) -> None:
        await self._control(phone, "hangup")

    async def pick_up(self, phone: str) -> None:
        await self._control(phone, "answer")

    async def decline(self, phone: str) -> None:
        await self._control(phone, "decline")

    async def _control(self, phone: str, does: str) -> None:
        url = f"{self.service.simulator.url}/simulator/calls/{self.call(phone).sid}/{does}"
        async with self.service.http.post(url) as response:
            assert response.status == 200

    async def rings(self, phone: str, times: int = 1) -> None:
        carrier = self.service.simulator.carrier
        await carrier.wait_for(
            lambda: len(carrier.calls_to(phone)) >= times and carrier.calls_to(phone)[-1].status == "ringing", SOON
        )

    async def told_human(self) -> None:
        """Detection has said who answered: until then no talk counts as contact."""

        def known(lead: Any) -> bool:
            return any(leg["answered_by"] for leg in lead["attempts"][0]["legs"])

        await self.service.lead_when(self.lead_id, known)

    async def over(self) -> Any:
        """The lead once the talk is over, nobody is on the line any more, and every agent is free."""
        lead = await self.service.ended(self.lead_id)
        carrier = self.service.simulator.carrier
        await carrier.wait_for(lambda: not any(call.is_live for call in carrier.calls.values()), SOON)
        await self.service.agents_free()
        await self._all_legs_ended()
        return lead

    async def _all_legs_ended(self) -> None:
        async def look() -> bool:
            async with self.service.database.connection() as tx:
                return not await tx.fetchval(
                    "SELECT count(*) FROM leg WHERE attempt_id = $1 AND state <> 'ended'", UUID(self.attempt_id)
                )

        await until(look, SOON, "all legs ended")


async def talking(service: RunningService, key: str | None = None) -> Talk:
    """A lead who has just begun to talk with the agent who was free longest."""
    phone = f"+1718555{next(_phones):04}"
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    status, answer = await service.post(phone=phone, headers=headers)
    assert status == 202, answer
    lead = await service.lead_when(answer["lead_id"], lambda lead: lead["hops"]["bridged"])
    return Talk(service, answer["lead_id"], lead["attempts"][0]["attempt_id"], phone)


def leading(shown: Any) -> str:
    """The phone of the agent who leads a talk."""
    return PHONES[next(p["name"] for p in reversed(shown["parties"]) if p["kind"] == "agent")]


async def agent_and_another(talk: Talk) -> tuple[str, str, str]:
    """The phone of the talk's agent, and name and phone of another one."""
    agent = leading(await talk.shown())
    name = next(name for name, phone in PHONES.items() if phone != agent)
    return agent, name, PHONES[name]
