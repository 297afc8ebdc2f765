"""Steps of a cadence that reach nobody outside: a webhook is told, a to-do is made.

Owns: taking each when it is due, and what it leaves behind. Must not know: how a webhook is delivered, or what
comes next for the lead (follow-up).

One transaction a step: its end, what it made, and the plan of the next one. Killed before its commit, nothing of it
exists; taken twice, the lock lets one through. What cannot be made (no such webhook any more, a title that comes
out empty) fails, saying so, and the cadence goes on.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from speedtolead.domain.attempt import AttemptState
from speedtolead.domain.cadence.plan import Hook, Task
from speedtolead.domain.cadence.planner import too_late
from speedtolead.domain.campaign import Campaign
from speedtolead.ports import Clock
from speedtolead.service.cadences.follow_up import FollowUp
from speedtolead.service.lawful.permits import Permits
from speedtolead.service.messages.wording import Unwritable, filled
from speedtolead.store import cadence, events, sends
from speedtolead.store import tasks as rows
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection
from speedtolead.store.tasks import StepWithin
from speedtolead.store.webhooks import WEBHOOK_BY_NAME

log = structlog.get_logger(__name__)

AT_ONCE = 200
"""So many in one look: the rest is due at the next."""
_PAUSED_FOR = timedelta(minutes=5)
_LONGEST_TITLE = 500


class StepsWithin:
    def __init__(self, database: Database, clock: Clock, permits: Permits) -> None:
        self._database = database
        self._clock = clock
        self._follow_up = FollowUp(permits)

    async def look(self) -> int:
        """Make what is due; how many that were. Safe on any number of nodes at once."""
        done = 0
        while done < AT_ONCE and await self._next():
            done += 1
        return done

    async def _next(self) -> bool:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            due = await rows.TAKE_STEP_WITHIN.first(tx, now=now)
            if due is None:
                return False
            if due.paused:
                later = now + _PAUSED_FOR
                await sends.UNSEND.first(
                    tx,
                    attempt_id=due.attempt_id,
                    due_at=later,
                    note="the campaign is paused",
                    sources=[AttemptState.SCHEDULED],
                )
                return True
            plan = await cadence.campaign_at(tx, due.account_id, due.campaign_id, due.cadence_version)
            campaign = plan.going_by(due.arms)
            step = campaign.cadence[due.step]
            late = too_late(step, due.due_at, now)
            note = "its time is long past" if late else await self._made(tx, due, campaign, now)
            missed = AttemptState.EXPIRED if late else AttemptState.FAILED
            state = AttemptState.DONE if note is None else missed
            await rows.END_STEP_WITHIN.one(tx, attempt_id=due.attempt_id, state=state, now=now, note=note)
            if note is not None:
                log.warning("step.not_made", attempt_id=str(due.attempt_id), channel=due.channel, why=note)
                data = {"why": note, "channel": due.channel}
                of = {"lead_id": due.lead_id, "attempt_id": due.attempt_id}
                await events.add(tx, due.account_id, f"attempt.{state.value}", now, data=data, **of)
            await self._follow_up.go_on(tx, due.account_id, due.lead_id, now)
        return True

    async def _made(self, tx: Connection, due: StepWithin, campaign: Campaign, now: datetime) -> str | None:
        """Tell the webhook, or make the to-do; why not, where it cannot be."""
        content = campaign.cadence[due.step].content
        if isinstance(content, Hook):
            return await self._told(tx, due, content, campaign, now)
        if isinstance(content, Task):
            return await self._to_do(tx, due, content, campaign, now)
        return "the step says nothing"

    async def _told(
        self, tx: Connection, due: StepWithin, hook: Hook, campaign: Campaign, now: datetime
    ) -> str | None:
        """An event that only this webhook is told of; the relay makes its delivery."""
        known = await WEBHOOK_BY_NAME.first(tx, account_id=due.account_id, name=hook.webhook)
        if known is None:
            return f"there is no webhook {hook.webhook!r} any more"
        data = {"webhook": hook.webhook, "step": due.step, "name": campaign.cadence[due.step].name}
        await events.add(
            tx, due.account_id, "cadence.webhook", now, lead_id=due.lead_id, attempt_id=due.attempt_id, data=data
        )
        return None

    async def _to_do(
        self, tx: Connection, due: StepWithin, task: Task, campaign: Campaign, now: datetime
    ) -> str | None:
        try:
            title = " ".join(filled(task.title, due, campaign).split())[:_LONGEST_TITLE]
        except Unwritable as error:
            return str(error)
        if not title:
            return "nothing is left to say"
        agent_id, agents = None if task.anyone else due.owner_id, campaign.dial.agents
        made = await rows.ADD_TASK.first(
            tx,
            task_id=new_id(),
            account_id=due.account_id,
            lead_id=due.lead_id,
            attempt_id=due.attempt_id,
            agent_id=agent_id,
            agents=agents,
            title=title,
            due_at=now + task.within,
            now=now,
        )
        if made is not None:
            of = {"lead_id": due.lead_id, "attempt_id": due.attempt_id, "agent_id": agent_id}
            data = {"task_id": str(made.id), "agents": agents}
            await events.add(tx, due.account_id, "task.made", now, data=data, **of)
        return None
