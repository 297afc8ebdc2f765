"""Rows of pings: places that are held for leads that were asked about. Must not know: what is promised, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import asyncpg

from speedtolead.store.intake import KEPT_OUT, Guards, Kept
from speedtolead.store.query import Connection, Id, Nothing, Query
from speedtolead.store.settings_json import Json


@dataclass(frozen=True, slots=True)
class OpenPing:
    id: UUID
    asked: Json
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class DeskNow:
    """``seconds_each`` is None where no call of this campaign ended of late."""

    free: int
    at_work: int
    waiting: int
    seconds_each: float | None


HOLD_PING = Query("hold_ping", Id)
OPEN_PING = Query("open_ping", OpenPing)
RELEASE_PINGS = Query("release_pings", Nothing)
DESK_NOW = Query("desk_now", DeskNow)


async def hold_ping(
    tx: Connection,
    ping_id: UUID,
    account_id: UUID,
    source_id: UUID,
    asked: Json,
    price: Decimal | None,
    guards: Guards,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Keep a promise with its places. Raises Kept where a period is full."""
    columns = guards.columns()
    try:
        await HOLD_PING.one(
            tx,
            ping_id=ping_id,
            account_id=account_id,
            source_id=source_id,
            asked=asked,
            price=price,
            periods=columns["periods"],
            caps=columns["caps"],
            budgets=columns["budgets"],
            now=now,
            expires_at=expires_at,
        )
    except asyncpg.PostgresError as error:
        if error.sqlstate != KEPT_OUT:
            raise
        raise Kept("a period of the source is full") from None
