"""The API of agents: what each is doing, and letting one come in, pause or go.

Owns: reading each request and shaping each answer. Must not know: who is rung next.
"""

from __future__ import annotations

from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from speedtolead.service.agents.changing import UnknownReason
from speedtolead.store.agents import AgentRow
from speedtolead.web import auth, reading
from speedtolead.web.answers import answer
from speedtolead.web.endpoint import Routes
from speedtolead.web.problems import field_problem
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, Instant, ProblemView

routes = Routes()


class GroupView(BaseModel):
    name: str
    tier: int
    weight: float


class CapView(BaseModel):
    """The most offers of this hour or day of the agent's zone, and how many there were. None: no cap."""

    most: int | None
    offered: int


class AgentView(BaseModel):
    name: str
    address: str
    presence: str
    groups: list[GroupView]
    skills: list[str]
    licensed: list[str]
    languages: list[str]
    timezone: str
    shift_changes_at: Instant | None
    """When the agent's own hours next begin or end."""
    hourly: CapView
    daily: CapView
    capped_until: Instant | None
    """A cap is reached: no offer is made until then."""
    missed_in_a_row: int
    state: str
    state_since: Instant
    state_until: Instant | None
    state_reason: str | None
    line: str | None
    """``open``: leads are dialled into the agent's standing call; ``opening`` (or closing): no lead is offered."""


class AgentList(BaseModel):
    agents: list[AgentView]


class AgentStateBody(reading.Given):
    state: Literal["available", "paused", "offline"]
    reason: Annotated[str | None, Field(max_length=100)] = None


class AgentStateView(BaseModel):
    name: str
    state: str


@routes("GET", "/v1/agents", "The agents, and what each is doing.", responses={200: AgentList, **ERRORS})
async def list_agents(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    found = await request.app[SERVICES].agents.all(caller.account_id)
    return answer(AgentList(agents=[agent_view(row) for row in found]))


@routes(
    "PUT",
    "/v1/agents/{name}/state",
    "Let an agent come in, pause or go. A call that is under way goes on. Where the account lists the reasons for a"
    " pause, it has one of them.",
    body=AgentStateBody,
    responses={200: AgentStateView, 404: ProblemView, 422: ProblemView, **ERRORS},
)
async def set_agent_state(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    body = await reading.json_of(AgentStateBody, request)
    name = request.match_info["name"]
    try:
        state = await request.app[SERVICES].agents.change(caller.account_id, name, body.state, body.reason)
    except UnknownReason as error:
        raise field_problem("reason", str(error), error.code) from None
    return answer(AgentStateView(name=name, state=state))


def agent_view(row: AgentRow) -> AgentView:
    return AgentView(
        name=row.name,
        address=row.address,
        presence=row.presence,
        groups=[GroupView(name=name, **row.standing_in(name)) for name in row.groups],
        skills=row.skills,
        licensed=row.licensed,
        languages=row.languages,
        timezone=row.timezone,
        shift_changes_at=row.shift_changes_at,
        hourly=CapView(most=row.hourly_cap, offered=row.offers_hour),
        daily=CapView(most=row.daily_cap, offered=row.offers_day),
        capped_until=row.capped_until,
        missed_in_a_row=row.misses,
        state=row.state,
        state_since=row.state_since,
        state_until=row.state_until,
        state_reason=row.state_reason,
        line=row.line,
    )
