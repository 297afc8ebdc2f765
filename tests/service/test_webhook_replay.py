"""Outgoing webhooks: what the file and the account may ask for, and that accounts do not see each other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from running import ACCOUNT_KEY, configuration, configure, running_service, until
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
from speedtolead.domain import webhook as policy
from speedtolead.domain.errors import NotFound
from speedtolead.service.configuration.document import ConfigurationError, read
from speedtolead.service.webhooks.delivery import Deliveries
from speedtolead.service.webhooks.relay import Relay
from speedtolead.service.webhooks.replay import Again, TooMany, Webhooks
from speedtolead.store.database import Database
from speedtolead.store.webhooks import DeliveryRow


@pytest.fixture
async def receiver(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Receiver]:
    shorten_waits(monkeypatch)
    async with receiving() as found:
        yield found


async def test_one_that_comes_back_is_not_told_what_happened_in_between(
    database_url: str, database: Database, receiver: Receiver
) -> None:
    text = with_webhook(receiver, ", events: [agent.paused]")
    await applied(database, text)
    assert "- webhook crm" in (await applied(database, configuration())).lines
    await happened(database, "agent.paused")
    assert "+ webhook crm" in (await applied(database, text)).lines
    (after,) = await happened(database, "agent.paused")
    async with telling(database_url, database):
        (row,) = await all_are(database, DELIVERED, 1)
    assert row.event_id == after


async def test_410_pauses_the_webhook_and_applying_the_file_goes_on(
    database_url: str, database: Database, receiver: Receiver
) -> None:
    async def gone(_: int) -> int:
        return 410

    receiver.answer = gone
    text = with_webhook(receiver)
    await applied(database, text)
    account_id = await account_of(database)
    webhooks = Webhooks(database, CLOCK)
    async with telling(database_url, database):
        await happened(database)
        await all_are(database, FAILED, 1)
        (webhook,) = await webhooks.all(account_id)
        assert webhook.paused
        assert webhook.paused_why == "the receiver answered 410 Gone"
        receiver.answer = None
        await happened(database)

        async def held() -> list[DeliveryRow]:
            return await deliveries(database, PENDING)

        await until(held, SOON)
        assert len(receiver.got) == 1
        assert (await applied(database, text)).lines == ["~ webhook crm: paused: True → False"]
        await until(lambda: deliveries(database, DELIVERED), SOON)
        assert await webhooks.replay(account_id, "crm", Again(failed=True)) == 1
        await all_are(database, DELIVERED, 2)
    assert len(set(receiver.ids)) == 2


async def test_replays_tell_again_under_the_same_id(
    database_url: str, database: Database, receiver: Receiver
) -> None:
    await applied(database, configuration())
    (early,) = await happened(database, "agent.paused")
    await applied(database, with_webhook(receiver))
    account_id, webhooks = await account_of(database), Webhooks(database, CLOCK)
    since = datetime.now(UTC)
    async with telling(database_url, database):
        (first, _) = await happened(database, times=2)
        await all_are(database, DELIVERED, 2)
        assert await webhooks.replay(account_id, "crm", Again(event_id=first)) == 1
        await until(seen(receiver, 3), SOON)
        await all_are(database, DELIVERED, 2)
        until_now = datetime.now(UTC) + timedelta(seconds=1)
        assert await webhooks.replay(account_id, "crm", Again(since=since, until=until_now)) == 2
        await until(seen(receiver, 5), SOON)
        assert await webhooks.replay(account_id, "crm", Again(event_id=early)) == 1
        await all_are(database, DELIVERED, 3)
    assert len(receiver.got) == 6
    assert sorted(receiver.ids.count(one) for one in set(receiver.ids)) == [1, 2, 3]
    assert await webhooks.replay(account_id, "crm", Again(since=until_now, until=until_now)) == 0
    with pytest.raises(NotFound):
        await webhooks.replay(account_id, "crm", Again(event_id=10**9))


async def test_a_replay_of_what_waits_for_its_next_try_does_not_wait(
    database_url: str, database: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten_waits(monkeypatch, timedelta(hours=1), 1)
    receiver.answer = no
    await applied(database, with_webhook(receiver))
    account_id = await account_of(database)
    async with telling(database_url, database):
        (event_id,) = await happened(database)

        async def waits() -> bool:
            async with database.connection() as tx:
                later = "SELECT count(*) FROM pgqueuer WHERE status = 'queued' AND execute_after > now()"
                return bool(await tx.fetchval(later))

        await until(waits, SOON)
        receiver.answer = None
        assert await Webhooks(database, CLOCK).replay(account_id, "crm", Again(event_id=event_id)) == 1
        await all_are(database, DELIVERED, 1)
    assert len(receiver.got) == 2


async def test_a_span_that_holds_too_much_is_refused_whole(
    database: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("speedtolead.service.webhooks.replay.REPLAYED_AT_MOST", 2)
    await applied(database, with_webhook(receiver))
    since = CLOCK.now()
    await happened(database, times=3)
    account_id = await account_of(database)
    again = Again(since=since, until=since + timedelta(hours=1))
    with pytest.raises(TooMany):
        await Webhooks(database, CLOCK).replay(account_id, "crm", again)
    assert await deliveries(database) == []


async def test_accounts_do_not_see_each_other(
    database_url: str, tmp_path: Path, receiver: Receiver, http: aiohttp.ClientSession
) -> None:
    mine, theirs = with_webhook(receiver), with_webhook(receiver, account="other", name="theirs")
    async with running_service(database_url, tmp_path, mine) as service:
        await configure(database_url, theirs)
        (event_id,) = await happened(service.database, account="other")

        async def ask(method: str, path: str, body: Any = None, key: str = ACCOUNT_KEY) -> tuple[int, Any]:
            headers = {"Authorization": f"Bearer {key}"}
            async with http.request(method, service.url + path, json=body, headers=headers) as response:
                return response.status, await response.json(content_type=None)

        await until(seen(receiver, 1), SOON)
        assert receiver.types() == ["agent.available"]
        assert (await ask("GET", "/v1/webhooks/theirs/deliveries"))[0] == 404
        assert (await ask("POST", "/v1/webhooks/theirs/replay", {"failed": True}))[0] == 404
        assert (await ask("POST", "/v1/webhooks/crm/replay", {"event_id": event_id}))[0] == 404
        assert [w["name"] for w in (await ask("GET", "/v1/webhooks"))[1]["webhooks"]] == ["crm"]
        assert (await ask("GET", "/v1/webhooks", key=service.source_key))[0] == 403
        assert (await ask("GET", "/v1/webhooks", key="stl_acct_wrong_key_0001"))[0] == 401
        for wrong in ({}, {"failed": False}, {"since": "2026-01-01T00:00:00Z"}, {"event_id": 1, "failed": True}):
            assert (await ask("POST", "/v1/webhooks/crm/replay", wrong))[0] == 422
        assert (await ask("POST", "/v1/webhooks/theirs/replay", {"event_id": event_id}, "stl_acct_other_0001")) == (
            202,
            {"count": 1},
        )
        await until(seen(receiver, 2), SOON)
    assert len(set(receiver.ids)) == 1


async def test_old_rows_and_the_queues_log_are_forgotten(
    database_url: str, database: Database, receiver: Receiver
) -> None:
    await applied(database, with_webhook(receiver))
    async with telling(database_url, database):
        await happened(database, times=2)
        await all_are(database, DELIVERED, 2)
    async with database.connection() as tx:
        assert await tx.fetchval("SELECT count(*) FROM pgqueuer") == 0
        logged = await tx.fetchval("SELECT count(*) FROM pgqueuer_log")
        first = await tx.fetchval("SELECT min(job_id) FROM pgqueuer_log")
        await tx.execute("UPDATE pgqueuer_log SET created = created - interval '2 hours' WHERE job_id = $1", first)
        old = "UPDATE webhook_delivery SET created_at = created_at - interval '31 days' WHERE event_id = $1"
        await tx.execute(old, (await deliveries(database))[0].event_id)
        await Relay(database, CLOCK).prune()
        left = await tx.fetchval("SELECT count(*) FROM pgqueuer_log")
        assert 0 < left < logged
        assert await tx.fetchval("SELECT count(*) FROM pgqueuer_log WHERE job_id = $1", first) == 0
    assert len(await deliveries(database)) == 1


async def test_applying_makes_changes_and_retires(database: Database, receiver: Receiver) -> None:
    text = with_webhook(receiver)
    unsigned = text.replace(f", secret: {SECRET}", "")
    made = await applied(database, unsigned)
    assert "+ webhook crm" in made.lines
    assert len(policy.key_of(made.keys["webhook crm"])) == 32
    again = await applied(database, unsigned)
    assert (again.lines, again.keys) == ([], {})
    assert (await applied(database, text)).lines == ["~ webhook crm: secret changed"]
    changed = await applied(database, with_webhook(receiver, ", events: [lead.accepted], paused: true"))
    assert changed.lines == [
        "~ webhook crm: events: None → ['lead.accepted']",
        "~ webhook crm: paused: False → True",
    ]
    assert (await applied(database, configuration())).lines == ["- webhook crm"]
    assert await Webhooks(database, CLOCK).all(await account_of(database)) == []


async def test_what_waits_when_a_webhook_is_retired_is_given_up(database: Database, receiver: Receiver) -> None:
    await applied(database, with_webhook(receiver))
    await happened(database)
    row = await relayed(database)
    await applied(database, configuration())
    async with webhook_sender() as sender:
        assert await Deliveries(database, sender, CLOCK).deliver(row.delivery_id) is None
    async with database.connection() as tx:
        assert await tx.fetchval("SELECT state FROM webhook_delivery") == FAILED
    assert receiver.got == []


@pytest.mark.parametrize(
    ("webhook", "problem"),
    [
        ("{name: crm, url: 'ftp://crm.example.com'}", "webhooks[0].url: expected an address"),
        ("{name: crm, url: 'https://'}", "webhooks[0].url: expected an address"),
        ("{name: crm, url: 'https://a.example/b c'}", "webhooks[0].url: expected an address"),
        ("{name: crm, url: 'https://a.example:99999'}", "webhooks[0].url: expected an address"),
        (
            "{name: crm, url: 'https://a.example', events: [lead.eaten]}",
            "webhooks[0].events[0]: 'lead.eaten' is no",
        ),
        ("{name: crm, url: 'https://a.example', events: []}", "webhooks[0].events: "),
        ("{name: crm, url: 'https://a.example', secret: whsec_c2hvcnQ=}", "webhooks[0].secret: expected whsec_"),
        ("{name: crm, url: 'https://a.example', retries: 3}", "webhooks[0].retries: unknown key"),
        (
            "{name: a, url: 'https://a.example'}, {name: a, url: 'https://a.example'}",
            "webhooks[1].name: 'a' is said",
        ),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_place(webhook: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(configuration() + f"webhooks: [{webhook}]\n")
    assert any(line.startswith(problem) for line in caught.value.problems), caught.value.problems
