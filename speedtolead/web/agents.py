"""The API of agents: what each is doing, and letting one come in, pause or go.

Owns: reading each request and shaping each answer. Must not know: who is rung next.
"""

from __future__ import annotations

from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from speedtolead.store.agents import AgentRow
from speedtolead.web import auth, reading
from speedtolead.web.answers import answer
from speedtolead.web.endpoint import Routes
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, Instant, ProblemView

routes = Routes()


class AgentView(BaseModel):
    name: str
    address: str
    presence: str
    groups: list[str]
    state: str
    state_since: Instant
    state_until: Instant | None
    state_reason: str | None


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
    "Let an agent come in, pause or go. A call that is under way goes on.",
    body=AgentStateBody,
    responses={200: AgentStateView, 404: ProblemView, 422: ProblemView, **ERRORS},
)
async def set_agent_state(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    body = await reading.json_of(AgentStateBody, request)
    name = request.match_info["name"]
    state = await request.app[SERVICES].agents.change(caller.account_id, name, body.state, body.reason)
    return answer(AgentStateView(name=name, state=state))


def agent_view(row: AgentRow) -> AgentView:
    return AgentView(**{name: getattr(row, name) for name in AgentView.model_fields})
