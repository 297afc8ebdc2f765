"""Sources of before migration 0003: what was said of them then is said of them still."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from conftest import database_of

from speedtolead.domain.checks import Policy
from speedtolead.domain.criteria import Criteria
from speedtolead.domain.duplicate import DuplicateRule, Key, Person, digests
from speedtolead.domain.price import AsPosted, Caps, periods
from speedtolead.domain.source import Acceptance, Source
from speedtolead.store.migrations import migrate, shipped
from speedtolead.store.source_json import source_from_json

ACCOUNT, CAMPAIGN, SOURCE, LEAD = (UUID(int=n) for n in range(1, 5))
ACCEPTED_AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = date(2026, 6, 1)
PHONE = "+12125550142"

OLD: dict[str, tuple[dict[str, Any], Source]] = {
    "all that could be said": (
        {
            "name": "form",
            "cost_per_lead": "31.5000",
            "exclusive": False,
            "duplicate_window": 2592000.0,
            "daily_cap": 7,
            "accept": {
                "states": ["NJ", "NY"],
                "max_age": 600.0,
                "channels": ["call", "sms"],
                "certificate_required": True,
            },
        },
        Source(
            "form",
            accept=Acceptance(Criteria(frozenset({"NJ", "NY"})), ("call", "sms"), True),
            pricing=AsPosted(None, Decimal("31.5")),
            exclusive=False,
            duplicates=DuplicateRule(timedelta(days=30)),
            caps=Caps(daily=7),
            checks=Policy(max_age=timedelta(minutes=10)),
        ),
    ),
    "nothing but a name": (
        {
            "name": "form",
            "cost_per_lead": None,
            "exclusive": True,
            "duplicate_window": None,
            "daily_cap": None,
            "accept": {"states": None, "max_age": None, "channels": ["call"], "certificate_required": False},
        },
        Source("form"),
    ),
    "leads for nothing": (
        {
            "name": "form",
            "cost_per_lead": "0",
            "exclusive": True,
            "duplicate_window": 1.0,
            "daily_cap": 1,
            "accept": {"states": ["PR"], "max_age": 1.0, "channels": [], "certificate_required": False},
        },
        Source(
            "form",
            accept=Acceptance(Criteria(frozenset({"PR"})), ()),
            pricing=AsPosted(None, Decimal(0)),
            duplicates=DuplicateRule(timedelta(seconds=1)),
            caps=Caps(daily=1),
            checks=Policy(max_age=timedelta(seconds=1)),
        ),
    ),
}


@pytest.fixture
async def old_url(server_url: str) -> AsyncIterator[str]:
    """A database as it was before migration 0003."""
    admin = await asyncpg.connect(server_url)
    await admin.execute("DROP DATABASE IF EXISTS old_sources")
    await admin.execute("CREATE DATABASE old_sources")
    url = database_of(server_url, "old_sources")
    assert await migrate(url, [one for one in shipped() if one.version <= 2]) != []
    yield url
    await admin.execute("DROP DATABASE old_sources WITH (FORCE)")
    await admin.close()


async def put(connection: Any, settings: dict[str, Any]) -> None:
    now = ACCEPTED_AT
    await connection.execute("INSERT INTO account VALUES ($1, 'a', 'America/New_York', $2)", ACCOUNT, now)
    await connection.execute(
        "INSERT INTO campaign (id, account_id, name, agent_group, settings) VALUES ($1, $2, 'c', 'g', '{}')",
        CAMPAIGN,
        ACCOUNT,
    )
    await connection.execute(
        "INSERT INTO source (id, account_id, campaign_id, name, settings) VALUES ($1, $2, $3, 'form', $4)",
        SOURCE,
        ACCOUNT,
        CAMPAIGN,
        json.dumps(settings),
    )
    await connection.execute(
        "INSERT INTO recent_lead VALUES ($1, $2, $3, $4, $5)", ACCOUNT, SOURCE, PHONE, LEAD, now
    )
    await connection.execute("INSERT INTO source_day VALUES ($1, $2, $3, 5)", ACCOUNT, SOURCE, DAY)


@pytest.mark.parametrize("case", OLD)
async def test_an_old_source_reads_as_what_was_said_of_it(old_url: str, case: str) -> None:
    settings, expected = OLD[case]
    connection = await asyncpg.connect(old_url)
    await put(connection, settings)
    await migrate(old_url)
    row = await connection.fetchrow("SELECT settings, version, said FROM source")
    await connection.close()
    assert source_from_json(json.loads(row["settings"])) == expected
    assert row["version"] == 2  # so that no process goes on with what it had decoded
    assert row["said"] is None


async def test_what_was_counted_of_an_old_source_counts_on(old_url: str) -> None:
    """Its recent leads are known by the key that is made today, and its day by the same name."""
    connection = await asyncpg.connect(old_url)
    await put(connection, OLD["all that could be said"][0])
    await migrate(old_url)
    key = await connection.fetchrow("SELECT * FROM recent_key")
    day = await connection.fetchrow("SELECT * FROM source_period")
    await connection.close()
    (today,) = digests(DuplicateRule(timedelta(days=30), (Key.PHONE,)), Person(phone=PHONE))
    assert (key["scope_id"], key["key"]) == (SOURCE, today)
    assert key["key"] == hashlib.sha256(f"phone:{PHONE}".encode()).digest()
    assert (key["lead_id"], key["accepted_at"]) == (LEAD, ACCEPTED_AT)
    (period,) = periods(Caps(daily=7), ACCEPTED_AT, "America/New_York")
    assert (day["source_id"], day["period"], day["accepted"], day["spent"]) == (SOURCE, period.key, 5, 0)
