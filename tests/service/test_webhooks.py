"""Outgoing webhooks: told at least once, always under the same id; never lost.

Two nodes here are two relays and two workers; a killed node is a real process.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest
from processes import node_process
from running import configuration, free_port, running_service, settings_for, until
from telling import (
    CLOCK,
    DELIVERED,
    FAILED,
    PENDING,
    SECRET,
    SOON,
    Receiver,
    account_of,
    all_are,
    applied,
    deliveries,
    happened,
    no,
    receiving,
    relayed,
    seen,
    shorten_waits,
    telling,
    with_webhook,
)

from speedtolead.adapters.webhooks import webhook_sender
from speedtolead.service.webhooks.delivery import Deliveries
from speedtolead.service.webhooks.relay import Relay
from speedtolead.service.webhooks.replay import Again, Webhooks
from speedtolead.store import events
from speedtolead.store.database import Database

TOLD_OF_LEADS = ("attempt_id", "agent", "external_id", "source", "campaign", "status")


@pytest.fixture
async def receiver(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Receiver]:
    shorten_waits(monkeypatch)
    async with receiving() as found:
        yield found


async def test_a_leads_way_is_told_once_and_signed(database_url: str, tmp_path: Path, receiver: Receiver) -> None:
    text = with_webhook(receiver, ", events: [lead.accepted, lead.contacted, attempt.contact]")
    async with running_service(database_url, tmp_path, text) as service:
        status, answer = await service.post(external_id="crm-7")
        assert status == 202
        await all_are(service.database, DELIVERED, 3)
        listed = await service.get("/v1/webhooks")
        page = await service.get("/v1/webhooks/crm/deliveries", state="delivered", limit="2")
        rest = await service.get("/v1/webhooks/crm/deliveries", after=str(page["next"]))
    receiver.check_signatures()
    assert len(set(receiver.ids)) == len(receiver.got) == 3
    told = {body["type"]: body for body in receiver.bodies}
    accepted = told["lead.accepted"]
    assert accepted["timestamp"].endswith("Z")
    assert accepted["data"]["lead_id"] == answer["lead_id"]
    assert {name: accepted["data"][name] for name in TOLD_OF_LEADS} == {
        "attempt_id": None,
        "agent": None,
        "external_id": "crm-7",
        "source": "form",
        "campaign": "auto",
        "status": "new",
    }
    assert told["lead.contacted"]["data"]["status"] == "contacted"
    contact = told["attempt.contact"]["data"]
    assert contact["agent"] == "agent-1"
    assert contact["talk_seconds"] > 0
    assert contact["attempt_id"]
    assert [row["name"] for row in listed["webhooks"]] == ["crm"]
    assert SECRET not in json.dumps(listed)
    assert len(page["deliveries"]) == 2
    assert len(rest["deliveries"]) == 1
    assert {row["webhook_id"] for row in page["deliveries"] + rest["deliveries"]} == set(receiver.ids)


async def test_a_receiver_that_was_down_gets_it_later_under_the_same_id(
    database_url: str, database: Database, receiver: Receiver
) -> None:
    async def answer(n: int) -> int:
        return (500, 302, 204)[n - 1]

    receiver.answer = answer
    await applied(database, with_webhook(receiver))
    async with telling(database_url, database):
        await happened(database)
        (row,) = await all_are(database, DELIVERED, 1)
    assert row.tries == len(receiver.got) == 3
    assert row.last_status == 204
    assert len(set(receiver.ids)) == 1
    assert len({body for _, body in receiver.got}) == 1
    receiver.check_signatures()


async def test_nobody_listens_there_and_the_record_says_so_without_the_address(
    database_url: str, database: Database, receiver: Receiver
) -> None:
    receiver.url = f"http://user:hidden@127.0.0.1:{free_port()}/hidden"
    await applied(database, with_webhook(receiver))
    async with telling(database_url, database):
        await happened(database)
        (row,) = await all_are(database, FAILED, 1)
    assert row.tries == 4
    assert row.last_status is None
    assert row.last_error is not None
    assert row.last_error.startswith("not connected")
    assert "hidden" not in row.last_error


async def test_an_answer_that_never_comes_counts_as_a_failed_try(
    database_url: str, database: Database, receiver: Receiver
) -> None:
    never = asyncio.Event()

    async def answer(n: int) -> int:
        if n == 1:
            await never.wait()
        return 200

    receiver.answer = answer
    await applied(database, with_webhook(receiver))
    async with telling(database_url, database, seconds=0.3):
        await happened(database)
        (row,) = await all_are(database, DELIVERED, 1)
    never.set()
    assert row.tries == 2
    assert len(set(receiver.ids)) == 1


async def test_what_a_killed_node_was_sending_is_sent_by_another(
    database_url: str, database: Database, receiver: Receiver, tmp_path: Path
) -> None:
    killed = asyncio.Event()

    async def answer(n: int) -> int:
        if n == 1:
            await killed.wait()
        return 200

    receiver.answer = answer
    await applied(database, with_webhook(receiver, ", events: [agent.paused]"))
    await happened(database, "agent.paused")

    async def arrived() -> bool:
        return bool(receiver.got)

    async with node_process(settings_for(database_url, tmp_path, free_port())):
        await until(arrived, SOON)  # and then it is killed
    killed.set()
    assert [row.state for row in await deliveries(database)] == [PENDING]
    async with database.connection() as tx:
        await tx.execute("UPDATE webhook_delivery SET next_at = now()")  # half a minute later
    async with telling(database_url, database):
        (row,) = await all_are(database, DELIVERED, 1)
    assert row.tries == 2
    assert len(receiver.got) == 2
    assert len(set(receiver.ids)) == 1


async def test_two_nodes_deliver_each_event(database_url: str, database: Database, receiver: Receiver) -> None:
    await applied(database, with_webhook(receiver))
    async with telling(database_url, database), telling(database_url, database):
        await happened(database, times=40)
        await all_are(database, DELIVERED, 40)
    assert len(set(receiver.ids)) == 40
    assert max(receiver.ids.count(one) for one in receiver.ids) <= 2
    assert sorted({body["data"]["n"] for body in receiver.bodies}) == list(range(40))


async def test_a_job_that_runs_twice_sends_once(database: Database, receiver: Receiver) -> None:
    await applied(database, with_webhook(receiver))
    await happened(database)
    row = await relayed(database)
    async with webhook_sender() as sender:
        made = Deliveries(database, sender, CLOCK)
        assert await made.deliver(row.delivery_id) is None
        assert await made.deliver(row.delivery_id) is None
    assert len(receiver.got) == 1


async def test_two_workers_with_one_job_send_once(database: Database, receiver: Receiver) -> None:
    await applied(database, with_webhook(receiver))
    await happened(database)
    row = await relayed(database)
    async with webhook_sender() as sender:
        made = Deliveries(database, sender, CLOCK)
        await asyncio.gather(*(made.deliver(row.delivery_id) for _ in range(4)))
    assert len(receiver.got) == 1


async def test_one_that_ends_its_workers_is_given_up(database: Database, receiver: Receiver) -> None:
    await applied(database, with_webhook(receiver))
    await happened(database)
    row = await relayed(database)
    async with database.connection() as tx:
        await tx.execute("UPDATE webhook_delivery SET tries = 4")
    async with webhook_sender() as sender:
        assert await Deliveries(database, sender, CLOCK).deliver(row.delivery_id) is None
    (row,) = await deliveries(database)
    assert (row.state, row.last_error) == (FAILED, "no try came to an end")
    assert receiver.got == []


async def test_events_before_the_webhook_and_other_kinds_are_not_told(
    database_url: str, database: Database, receiver: Receiver
) -> None:
    await applied(database, configuration())
    await happened(database, "agent.paused")
    await applied(database, with_webhook(receiver, ", events: [agent.paused]"))
    await happened(database, "agent.available")
    (after,) = await happened(database, "agent.paused")
    async with telling(database_url, database):
        (row,) = await all_are(database, DELIVERED, 1)
    assert row.event_id == after
    assert receiver.types() == ["agent.paused"]


async def test_a_rolled_back_fact_is_not_told(database_url: str, database: Database, receiver: Receiver) -> None:
    await applied(database, with_webhook(receiver))
    account_id = await account_of(database)
    async with database.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await events.add(connection, account_id, "agent.paused", CLOCK.now())
        await transaction.rollback()
    await happened(database)
    async with telling(database_url, database):
        await all_are(database, DELIVERED, 1)
    assert receiver.types() == ["agent.available"]


async def test_a_fact_that_commits_late_is_not_passed_over(
    database_url: str, database: Database, receiver: Receiver
) -> None:
    await applied(database, with_webhook(receiver))
    account_id = await account_of(database)
    async with telling(database_url, database):
        async with database.transaction() as tx:
            await events.add(tx, account_id, "agent.paused", CLOCK.now())
            await happened(database)
        await all_are(database, DELIVERED, 2)
    assert sorted(receiver.types()) == ["agent.available", "agent.paused"]


async def test_without_notifications_it_is_told_all_the_same(
    database_url: str, database: Database, receiver: Receiver
) -> None:
    await applied(database, with_webhook(receiver))
    async with database.connection() as tx:
        await tx.execute("DROP TRIGGER tg_pgqueuer_changed ON pgqueuer")
    async with telling(database_url, database):
        for _ in range(3):
            await happened(database)
        await all_are(database, DELIVERED, 3)


async def test_the_worker_survives_losing_every_connection(
    database_url: str, database: Database, receiver: Receiver
) -> None:
    await applied(database, with_webhook(receiver))
    async with telling(database_url, database):
        await happened(database)
        await all_are(database, DELIVERED, 1)
        admin = await asyncpg.connect(database_url)
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await admin.close()
        await happened_at_last(database)
        await all_are(database, DELIVERED, 2)


async def happened_at_last(database: Database) -> None:
    async def look() -> bool:
        try:
            await happened(database)
        except Exception:
            return False
        return True

    await until(look, SOON)


async def test_a_receiver_that_keeps_failing_is_left_in_peace(
    database_url: str, database: Database, receiver: Receiver
) -> None:
    receiver.answer = no
    await applied(database, with_webhook(receiver))
    async with telling(database_url, database):
        await happened(database, times=8)

        async def rests() -> bool:
            async with database.connection() as tx:
                return bool(await tx.fetchval("SELECT failures >= 6 AND rest_until IS NOT NULL FROM webhook"))

        await until(rests, SOON)
        receiver.answer = None
        account_id = await account_of(database)
        await until(lambda: deliveries(database, DELIVERED), SOON)
        await Webhooks(database, CLOCK).replay(account_id, "crm", Again(failed=True))
        await all_are(database, DELIVERED, 8)
    async with database.connection() as tx:
        assert await tx.fetchval("SELECT failures FROM webhook") == 0


async def test_a_cursor_from_another_server_begins_where_the_stream_is(
    database_url: str, database: Database, receiver: Receiver
) -> None:
    await applied(database, with_webhook(receiver))
    async with database.connection() as tx:
        await tx.execute("UPDATE webhook_cursor SET tx = '999999999999'")
        await tx.execute("UPDATE webhook SET made_tx = '999999999998'")
    await Relay(database, CLOCK).relay()
    await happened(database)
    async with telling(database_url, database):
        await all_are(database, DELIVERED, 1)


async def test_stopping_lets_what_is_being_sent_arrive(
    database_url: str, database: Database, receiver: Receiver
) -> None:
    stopping = asyncio.Event()

    async def answer(_: int) -> int:
        await stopping.wait()
        return 200

    receiver.answer = answer
    await applied(database, with_webhook(receiver))
    async with AsyncExitStack() as stack:
        worker = await stack.enter_async_context(telling(database_url, database))
        await happened(database)
        await until(seen(receiver, 1), SOON)
        worker.stop()
        stopping.set()
    (row,) = await deliveries(database)
    assert (row.state, row.tries) == (DELIVERED, 1)
