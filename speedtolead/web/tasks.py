"""The API of to-dos: what agents are to do about leads.

Owns: reading each request and shaping each answer. Must not know: where a to-do comes from.
"""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, Field

from speedtolead.service.cadences.tasks import TaskFilter
from speedtolead.store.tasks import TaskLine
from speedtolead.web import auth, reading
from speedtolead.web.answers import answer
from speedtolead.web.endpoint import Routes
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, Instant, ProblemView

routes = Routes()


class TaskQuery(reading.Given):
    """``agent``: the agent's own, and those of the agent's groups that are nobody's. ``after``: the ``next`` of the
    page before."""

    state: Literal["open", "done"] = "open"
    agent: Annotated[str, Field(max_length=200)] | None = None
    lead_id: UUID | None = None
    after: str | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 50

    def wanted(self) -> TaskFilter:
        after = reading.cursor_of(self.after)
        at, task_id = after if after else (None, None)
        return TaskFilter(self.state == "done", self.agent, self.lead_id, at, task_id)


class TaskView(BaseModel):
    """``agent`` null: anyone of the group ``agents``."""

    task_id: UUID
    lead_id: UUID
    title: str
    agent: str | None
    agents: str
    campaign: str
    first_name: str | None
    last_name: str | None
    phone: str | None
    due_at: Instant
    made_at: Instant
    done_at: Instant | None
    done_by: str | None
    reopened_at: Instant | None
    reopened_by: str | None


class TaskPage(BaseModel):
    """Open ones in the order in which they are due; done ones the latest first."""

    tasks: list[TaskView]
    next: str | None


class TaskStateView(BaseModel):
    task_id: UUID
    state: Literal["open", "done"]


_ANSWERS = {200: TaskStateView, 404: ProblemView, **ERRORS}


@routes(
    "GET",
    "/v1/tasks",
    "What agents are to do about leads, in pages.",
    query=TaskQuery,
    responses={200: TaskPage, 422: ProblemView, **ERRORS},
)
async def list_tasks(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    query = reading.query_of(TaskQuery, request)
    found = await request.app[SERVICES].tasks.listed(caller.account_id, query.wanted(), query.limit)
    return answer(TaskPage(tasks=[task_view(line) for line in found], next=following(found, query)))


def following(found: list[TaskLine], query: TaskQuery) -> str | None:
    if len(found) < query.limit:
        return None
    last = found[-1]
    return reading.to_cursor(last.done_at or last.due_at, last.task_id)


@routes("POST", "/v1/tasks/{task_id}/done", "Say that a to-do is done; twice is as once.", responses=_ANSWERS)
async def do_task(request: web.Request) -> web.Response:
    caller, task_id = await auth.caller(request, whole_account=True), reading.id_of(request, "task_id")
    await request.app[SERVICES].tasks.done(caller.account_id, task_id, await auth.acting(request))
    return answer(TaskStateView(task_id=task_id, state="done"))


@routes("POST", "/v1/tasks/{task_id}/reopen", "Say that a to-do is not done after all.", responses=_ANSWERS)
async def reopen_task(request: web.Request) -> web.Response:
    caller, task_id = await auth.caller(request, whole_account=True), reading.id_of(request, "task_id")
    await request.app[SERVICES].tasks.reopen(caller.account_id, task_id, await auth.acting(request))
    return answer(TaskStateView(task_id=task_id, state="open"))


def task_view(line: TaskLine) -> TaskView:
    return TaskView(**{name: getattr(line, name) for name in TaskView.model_fields})
