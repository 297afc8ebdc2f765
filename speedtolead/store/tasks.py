"""Rows of the steps that reach nobody: webhooks to tell, and to-dos for agents.

Owns: the statements of ``sql/queries/task.sql``. Must not know: when a step is due, or whose a to-do is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.store.query import Id, Nothing, Query
from speedtolead.store.settings_json import Json


@dataclass(frozen=True, slots=True)
class StepWithin:
    """A due webhook or task, with what its title may name. ``owner_id``: the lead's own agent."""

    attempt_id: UUID
    account_id: UUID
    lead_id: UUID
    campaign_id: UUID
    channel: str
    step: int
    due_at: datetime
    cadence_version: int
    paused: bool
    first_name: str | None
    last_name: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    attributes: Json
    arms: Json | None
    source_name: str
    owner_id: UUID | None


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A to-do as it is listed. ``agent`` None: anyone of the group ``agents``."""

    task_id: UUID
    lead_id: UUID
    title: str
    due_at: datetime
    made_at: datetime
    done_at: datetime | None
    done_by: str | None
    reopened_at: datetime | None
    reopened_by: str | None
    agent: str | None
    agents: str
    first_name: str | None
    last_name: str | None
    phone: str | None
    campaign: str


@dataclass(frozen=True, slots=True)
class TaskRow:
    task_id: UUID
    lead_id: UUID
    agent_id: UUID | None
    agents: str
    done_at: datetime | None


TAKE_STEP_WITHIN = Query("take_step_within", StepWithin)
END_STEP_WITHIN = Query("end_step_within", Id)
ADD_TASK = Query("add_task", Id)
TASKS_PAGE = Query("tasks_page", TaskLine)
LOCK_TASK = Query("lock_task", TaskRow)
TASK_DONE = Query("task_done", Nothing)
TASK_REOPENED = Query("task_reopened", Nothing)
