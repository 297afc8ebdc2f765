"""Alarms and digests over real rows: opened once, written once, quiet when asked, and over when it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from test_dial_order import ACCOUNT, CAMPAIGN, SOURCE, open_desk

from speedtolead.domain.alarm import AlarmKind, AlertTerms, Digest
from speedtolead.ports import Transient
from speedtolead.ports.messages import OutboundMail
from speedtolead.service.alarms.readings import Readings
from speedtolead.service.alarms.terms import to_json
from speedtolead.service.alarms.watch import Alarms
from speedtolead.service.messages.notices import Notices
from speedtolead.service.reports.counting import Counting
from speedtolead.service.reports.digests import Digests
from speedtolead.service.reports.figures import Figures
from speedtolead.store.alarms import SET_ACCOUNT_ALERTS
from speedtolead.store.database import Database

MINUTE = timedelta(minutes=1)
TERMS = AlertTerms(
    queue=1, mail=("ann@example.com", "bob@example.com"), sender="Acme <a@acme.example>", digest=Digest()
)
MONDAY = datetime(2026, 6, 1, 13, tzinfo=UTC)
"""Nine in the morning, in New York."""


class Moving:
    """A clock that is set."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


class Nothing:
    """No carriers, and no lists."""

    async def standing(self, *_: object) -> list[Any]:
        return []


class Post:
    """A mail server that is away at first."""

    def __init__(self, away: int = 0) -> None:
        self.away, self.taken = away, list[OutboundMail]()

    async def send_mail(self, mail: OutboundMail) -> str:
        self.away -= 1
        if self.away >= 0:
            raise Transient("the server is away")
        self.taken.append(mail)
        return "id"


async def ready(tx: Any) -> None:
    await open_desk(tx, 1)
    await tx.execute("UPDATE campaign SET paused = true")  # its settings say nothing: no desk is looked at
    await SET_ACCOUNT_ALERTS.run(tx, account_id=ACCOUNT, alerts=to_json(TERMS))


async def wait_for_an_agent(tx: Any, at: datetime) -> None:
    """A call whose time has come."""
    lead_id = uuid4()
    await tx.execute(
        "INSERT INTO lead (id, account_id, source_id, campaign_id, state, received_at, country, candidates,"
        " attributes, raw_type, raw_body, raw_sha256, answer_status, answer, cost)"
        " VALUES ($1, $2, $3, $4, 'new', $5, 'US', '[]', '{}', '', '', '', 202, '{}', 10)",
        lead_id, ACCOUNT, SOURCE, CAMPAIGN, at,
    )  # fmt: skip
    await tx.execute(
        "INSERT INTO attempt (id, account_id, lead_id, campaign_id, number, step, channel, state, due_at, rank_at,"
        " lead_received_at) VALUES ($1, $2, $3, $4, 1, 0, 'call', 'scheduled', $5, $5, $5)",
        uuid4(), ACCOUNT, lead_id, CAMPAIGN, at,
    )  # fmt: skip


async def test_an_alarm_opens_once_is_written_once_and_ends(database: Database) -> None:
    clock, mails = Moving(MONDAY), Post(away=1)
    figures = Figures(database, clock)
    readings = Readings(database, figures, Nothing(), Nothing())  # type: ignore[arg-type]
    alarms = Alarms(database, clock, readings, "https://acme.example")
    notices = Notices(database, clock, mails)
    async with database.connection() as tx:
        await ready(tx)
        await wait_for_an_agent(tx, MONDAY - timedelta(hours=1))
        for _ in range(4):
            await alarms.look()
            clock.at += MINUTE
        (opened,) = await alarms.alarms(ACCOUNT)
        assert (opened.kind, opened.opened_at) == ("queue", MONDAY + 2 * MINUTE)
        await notices.send()
        assert len(mails.taken) == 1  # the other one's server was away
        clock.at += 3 * MINUTE
        await notices.send()
        await notices.send()
        assert sorted(mail.receiver for mail in mails.taken) == list(TERMS.mail)
        assert mails.taken[0].subject == "Alarm: calls pile up · a"
        await alarms.acknowledge(ACCOUNT, opened.alarm_id, "ann@example.com")
        await tx.execute("UPDATE attempt SET state = 'cancelled'")
        for _ in range(7):
            await alarms.look()
            clock.at += MINUTE
        assert await alarms.alarms(ACCOUNT) == []
        (over,) = await alarms.alarms(ACCOUNT, ended=True)
        assert (over.acknowledged_by, over.ended_at is not None) == ("ann@example.com", True)
        kinds = [row["kind"] for row in await tx.fetch("SELECT kind FROM event ORDER BY id")]
        assert kinds == ["alarm.opened", "alarm.acknowledged", "alarm.ended"]
        await notices.send()
        assert len(mails.taken) == 4


async def test_a_quiet_kind_is_shown_and_written_to_nobody(database: Database) -> None:
    clock = Moving(MONDAY)
    readings = Readings(database, Figures(database, clock), Nothing(), Nothing())  # type: ignore[arg-type]
    alarms = Alarms(database, clock, readings, "https://acme.example")
    async with database.connection() as tx:
        await ready(tx)
        await wait_for_an_agent(tx, MONDAY - timedelta(hours=1))
        await alarms.be_quiet(ACCOUNT, AlarmKind.QUEUE, 4, "ann@example.com")
        for _ in range(3):
            await alarms.look()
            clock.at += MINUTE
        assert len(await alarms.alarms(ACCOUNT)) == 1
        assert await tx.fetchval("SELECT count(*) FROM notice") == 0


async def test_digests_are_written_once_a_day_and_tell_the_days_before(database: Database) -> None:
    clock = Moving(MONDAY - timedelta(hours=2))
    digests = Digests(database, clock, Figures(database, clock), "https://acme.example")
    async with database.connection() as tx:
        await ready(tx)
        await wait_for_an_agent(tx, MONDAY - timedelta(days=1))
        await Counting(database).count()
        await digests.look()
        assert await tx.fetchval("SELECT count(*) FROM notice") == 0  # it is seven there
        clock.at = MONDAY
        for _ in range(2):
            await digests.look()
        rows = await tx.fetch(
            "SELECT key, subject, body FROM notice WHERE receiver = 'ann@example.com' ORDER BY key"
        )
        assert [row["subject"] for row in rows] == [
            "a: Sunday 31 May 2026",
            "a: Monday 25 May 2026 to Sunday 31 May 2026",
        ]
        assert all("Leads accepted: 1 of 1 (0)" in row["body"] for row in rows)
