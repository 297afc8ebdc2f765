"""To-dos of agents about leads: listed, done, and opened again.

Owns: who did what with one and when. Must not know: where a to-do comes from (``steps_within``), or who may ask
(web). Doing what is done, and opening what is open, changes nothing. A to-do of another account is not found.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.domain.errors import NotFound
from speedtolead.ports import Clock
from speedtolead.store import events
from speedtolead.store import tasks as rows
from speedtolead.store.database import Database
from speedtolead.store.tasks import TaskLine


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which to-dos; None is: all. ``agent``: the agent's own, and those of the agent's groups that are nobody's."""

    done: bool = False
    agent: str | None = None
    lead_id: UUID | None = None
    after_at: datetime | None = None
    after_id: UUID | None = None


class Tasks:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def listed(self, account_id: UUID, wanted: TaskFilter, most: int) -> list[TaskLine]:
        """Open ones in the order in which they are due; done ones the latest first."""
        async with self._database.connection() as tx:
            return await rows.TASKS_PAGE.all(
                tx,
                account_id=account_id,
                done=wanted.done,
                agent=wanted.agent,
                lead_id=wanted.lead_id,
                after_at=wanted.after_at,
                after_id=wanted.after_id,
                most=most,
            )

    async def of_lead(self, account_id: UUID, lead_id: UUID) -> list[TaskLine]:
        """All of a lead's, the open ones first."""
        both = [TaskFilter(done, lead_id=lead_id) for done in (False, True)]
        return [line for wanted in both for line in await self.listed(account_id, wanted, 100)]

    async def done(self, account_id: UUID, task_id: UUID, by: str) -> None:
        """``by``: an agent's name, an email, or ``api``. Raises NotFound."""
        await self._set(account_id, task_id, by, True)

    async def reopen(self, account_id: UUID, task_id: UUID, by: str) -> None:
        """Raises NotFound."""
        await self._set(account_id, task_id, by, False)

    async def _set(self, account_id: UUID, task_id: UUID, by: str, done: bool) -> None:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            row = await rows.LOCK_TASK.first(tx, account_id=account_id, task_id=task_id)
            if row is None:
                raise NotFound("There is no such to-do.")
            if (row.done_at is not None) is done:
                return
            await (rows.TASK_DONE if done else rows.TASK_REOPENED).run(tx, task_id=task_id, now=now, by=by)
            kind = "task.done" if done else "task.reopened"
            data = {"task_id": str(task_id), "by": by, "agents": row.agents}
            await events.add(tx, account_id, kind, now, lead_id=row.lead_id, agent_id=row.agent_id, data=data)
