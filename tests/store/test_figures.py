"""The sums of the reports: after any history they are those of a slow count of the raw rows."""

# ruff: noqa: E501 - statements read better whole
from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from test_dial_order import ACCOUNT, CAMPAIGN, SOURCE, open_desk

from speedtolead.clock import SystemClock
from speedtolead.domain.histogram import ERROR, bucket
from speedtolead.service.reports.counting import Counting
from speedtolead.service.reports.figures import Days, Figures, Sums
from speedtolead.store.database import Database
from speedtolead.store.source_stats import SOURCE_STATS
from speedtolead.store.stats import CONTACT, HOPS, SPEED

FIRST, LAST = date(2026, 10, 20), date(2026, 12, 5)
"""Across two ends of a month, and the night in which New York's clocks go back."""
OPENS = datetime(2026, 10, 20, 4, tzinfo=UTC)
CLOSES = datetime(2026, 12, 6, 5, tzinfo=UTC)
OTHER_SOURCE, AGENT = UUID(int=77), UUID(int=78)
LEADS = 120
SPEEDS = tuple(f"speed_to_{what}" for what in ("dial", "dial_permitted", "ring", "answer", "contact"))
COUNTS = [
    "received",
    "accepted",
    "dialled",
    "contacted",
    "dialled_contacted",
    "short_talk_only",
    "machine_unknown_only",
    "machine_only",
    "live_answers",
    "abandoned",
]
MONEY = ["appointments", "quotes", "sales", "revenue", "cost", "unpriced", "net_leads", "net_contacted", "touches"]
EVERY = [
    *COUNTS, *MONEY, *SPEEDS, *(f"{speed}_class" for speed in SPEEDS), "attempts_to_contact", "contacted_by_us",
    "refused", "claimed", "claimed_amount", "hop_ringing", "hop_claimed", "kind_sales", "number_calls", "agent_talks",
]  # fmt: skip


class History:
    """Leads and all that may become of them, in any order, corrected now and then."""

    def __init__(self, tx: Any, seed: int) -> None:
        self.tx, self.chance, self.leads = tx, random.Random(seed), 0

    async def step(self) -> None:
        names = (
            "lead",
            "call",
            "call",
            "end",
            "end",
            "correct",
            "outcome",
            "claim",
            "decide",
            "touch",
            "price",
            "text",
        )
        await getattr(self, self.chance.choice(names))()

    def at(self) -> datetime:
        return OPENS + self.chance.random() * (CLOSES - OPENS)

    def lead_id(self) -> UUID:
        return UUID(int=1000 + self.chance.randrange(max(1, self.leads)))

    async def lead(self) -> None:
        refused = self.chance.random() < 0.2
        await self.tx.execute(
            "INSERT INTO lead (id, account_id, source_id, campaign_id, state, refusal, received_at, committed_at, phone,"
            " country, candidates, attributes, cost, test, raw_type, raw_body, raw_sha256, answer_status, answer, region)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7::timestamptz, $7 + interval '9 ms', '+12125550100', 'US', '[]',"
            " '{\"car\": \"old\"}', $8, $9, '', '', '', 202, '{}', $10)",
            UUID(int=1000 + self.leads), ACCOUNT, self.chance.choice((SOURCE, OTHER_SOURCE)), CAMPAIGN,
            "rejected" if refused else "new", self.chance.choice(("duplicate", None)) if refused else None, self.at(),
            self.chance.choice((None, Decimal("25"), Decimal("18.5"))), self.chance.random() < 0.05,
            self.chance.choice(("NY", "NJ")),
        )  # fmt: skip
        self.leads += 1

    async def call(self) -> None:
        await self.tx.execute(
            "INSERT INTO attempt (id, account_id, lead_id, campaign_id, number, step, channel, state, due_at, rank_at,"
            " lead_received_at) SELECT gen_random_uuid(), l.account_id, l.id, l.campaign_id,"
            " 1 + (SELECT count(*) FROM attempt WHERE lead_id = l.id), 0, $2, 'scheduled', l.received_at, l.received_at,"
            " l.received_at FROM lead l WHERE l.id = $1 AND NOT EXISTS"
            " (SELECT FROM attempt WHERE lead_id = l.id AND ended_at IS NULL)",
            self.lead_id(), "sms" if self.chance.random() < 0.1 else "call",
        )  # fmt: skip

    async def end(self) -> None:
        """A call that waits is made, and is over."""
        state = self.chance.choice(("connected", "connected", "no_answer", "machine", "abandoned", "busy"))
        answered = state in {"connected", "machine", "abandoned"}
        times = [self.chance.lognormvariate(0, 2) for _ in range(6)]
        attempt_id = await self.tx.fetchval(
            "UPDATE attempt SET state = $1, claimed_at = received + t[1], permitted_at = received + t[1] + t[2],"
            " permitted_wait = $2, requested_at = received + t[1] + t[2] + t[3],"
            " ringing_at = received + t[1] + t[2] + t[3] + t[4],"
            " answered_at = CASE WHEN $3 THEN received + t[1] + t[2] + t[3] + t[4] + t[5] END,"
            " bridged_at = CASE WHEN $4 THEN received + t[1] + t[2] + t[3] + t[4] + t[5] + t[6] END,"
            " ended_at = received + interval '1 hour', contact = $5, talk_seconds = $6, agent_id = $7"
            " FROM (SELECT id AS of, lead_received_at + number * interval '2 hours' AS received FROM attempt"
            " WHERE ended_at IS NULL ORDER BY id LIMIT 1) o,"
            " (SELECT array_agg(s * interval '1 second') AS t FROM unnest($8::float8[]) AS s) w"
            " WHERE attempt.id = o.of RETURNING id",
            state, times[0], answered, state == "connected", state == "connected" and self.chance.random() < 0.7,
            times[5], AGENT if state == "connected" else None, times,
        )  # fmt: skip
        if attempt_id is not None:
            await self.tx.execute(
                "INSERT INTO leg (id, account_id, attempt_id, kind, address, caller_id, state, placed_at, answered_by)"
                " VALUES (gen_random_uuid(), $1, $2, 'lead', '', '', 'ended', $3, $4)",
                ACCOUNT, attempt_id, OPENS, self.chance.choice(("human", "unknown", None)),
            )  # fmt: skip

    async def correct(self) -> None:
        """Somebody who heard a call says that it was, or was no, contact; detection says what it took it for."""
        await self.tx.execute(
            "UPDATE attempt SET contact = NOT contact WHERE lead_id = $1 AND state = 'connected'", self.lead_id()
        )
        await self.tx.execute(
            "UPDATE leg SET answered_by = 'human' WHERE attempt_id IN (SELECT id FROM attempt WHERE lead_id = $1)",
            self.lead_id(),
        )

    async def outcome(self) -> None:
        await self.tx.execute(
            "INSERT INTO outcome (id, account_id, lead_id, kind, value, occurred_at, reported_at, reported_by)"
            " SELECT gen_random_uuid(), account_id, id, $2, $3, now(), now(), 'api' FROM lead WHERE id = $1",
            self.lead_id(), self.chance.choice(("appointment", "quote", "sale", "sale")),
            self.chance.choice((None, Decimal("900.25"), Decimal("0.5"))),
        )  # fmt: skip

    async def claim(self) -> None:
        await self.tx.execute(
            "INSERT INTO return_claim (id, account_id, source_id, lead_id, state, reason, suspected, evidence, amount,"
            " prepared_at, deadline) SELECT gen_random_uuid(), account_id, source_id, id, 'prepared', 'fraud', false,"
            " '[]', cost, now(), now() FROM lead WHERE id = $1 AND state <> 'rejected' ON CONFLICT DO NOTHING",
            self.lead_id(),
        )

    async def decide(self) -> None:
        state = self.chance.choice(("credited", "credited", "rejected", "withdrawn"))
        await self.tx.execute(
            "UPDATE return_claim SET state = $2 WHERE lead_id = $1 AND state <> 'withdrawn'", self.lead_id(), state
        )

    async def touch(self) -> None:
        await self.tx.execute(
            "INSERT INTO lead_touch (id, account_id, lead_id, source_id, received_at, consent, raw_type, raw_body,"
            " raw_sha256, answer_status, answer) SELECT gen_random_uuid(), account_id, id, $2, $3, '{}', '', '', '',"
            " 202, '{}' FROM lead WHERE id = $1",
            self.lead_id(), OTHER_SOURCE, self.at(),
        )  # fmt: skip

    async def price(self) -> None:
        await self.tx.execute("UPDATE lead SET cost = 30, test = false WHERE id = $1", self.lead_id())

    async def text(self) -> None:
        await self.tx.execute("UPDATE lead SET state = 'working' WHERE id = $1 AND state = 'new'", self.lead_id())


async def ready(tx: Any) -> None:
    await open_desk(tx, 0)
    await tx.execute(
        "INSERT INTO source (id, account_id, campaign_id, name, settings) VALUES ($1, $2, $3, 'partner', $4)",
        OTHER_SOURCE, ACCOUNT, CAMPAIGN, {"exclusive": True},
    )  # fmt: skip
    await tx.execute(
        "INSERT INTO agent (id, account_id, name, address, groups, presence, state, state_since)"
        " VALUES ($1, $2, 'ann', '', '{}', 'always', 'available', $3)",
        AGENT, ACCOUNT, OPENS,
    )  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_sums_are_those_of_the_raw_rows(database: Database, seed: int) -> None:
    counting, figures = Counting(database), Figures(database, SystemClock())
    async with database.connection() as tx:
        await ready(tx)
        history = History(tx, seed)
        for _ in range(LEADS):
            await history.lead()
        for step in range(500):
            await history.step()
            if step % 97 == 0:
                await counting.count()
        await counting.count()
        await _compare(tx, figures, Days(FIRST, LAST))
        months = await figures.sums(ACCOUNT, Days(FIRST, LAST), EVERY)
        by_source = await figures.sums(ACCOUNT, Days(FIRST, LAST), EVERY, "source")
        assert months[""].by_name == _together(by_source.values())
        days = await figures.sums(ACCOUNT, Days(FIRST, LAST), EVERY, "day")
        chosen = await figures.sums(ACCOUNT, Days(FIRST, LAST, attribute=("car", "old")), EVERY, "day")
        assert {day: sums for day, sums in days.items() if sums.by_name} == chosen
        assert await tx.fetchval("SELECT count(*) FROM figure_pending") == 0
        assert await tx.fetch(LEFT_OVER) == []


def _together(groups: Iterable[Sums]) -> dict[str, dict[str, Decimal]]:
    found: dict[str, dict[str, Decimal]] = {}
    for sums in groups:
        for name, keys in sums.by_name.items():
            for key, n in keys.items():
                found.setdefault(name, {})[key] = found.get(name, {}).get(key, Decimal(0)) + n
    return found


LEFT_OVER = """
SELECT f.name, f.day, f.key, f.n, c.n FROM
 (SELECT name, day, source_id, key, n FROM figure WHERE NOT monthly AND NOT whole AND n <> 0) f
 FULL JOIN (SELECT p.name, p.day, p.source_id, p.key, sum(p.n) AS n FROM lead, unnest(lead_figures(id)) AS p GROUP BY 1, 2, 3, 4) c
 USING (name, day, source_id, key) WHERE f.n IS DISTINCT FROM c.n
"""


async def _compare(tx: Any, figures: Figures, days: Days) -> None:
    given = {
        "account_id": ACCOUNT, "since": OPENS, "until": CLOSES, "campaign": None, "source": None, "source_id": None,
        "group_by": "source",
    }  # fmt: skip
    sums = await figures.sums(ACCOUNT, days, EVERY, "source")
    for row in await CONTACT.all(tx, **given):
        own = sums[row.grouped]
        assert {name: own.n(name) for name in COUNTS} == {name: getattr(row, name) for name in COUNTS}
        reached, by_us = row.attempts_to_contact, own.n("contacted_by_us")
        assert reached == (pytest.approx(own.n("attempts_to_contact") / by_us) if by_us else None)
    terms = {"campaign": None, "source": None, "by_day": False}
    for source in await SOURCE_STATS.all(tx, account_id=ACCOUNT, since=OPENS, until=CLOSES, **terms):
        own, told = sums[source.source], asdict(source)
        assert {name: own.amount(name) for name in MONEY} == {name: told[name] for name in MONEY}
        assert own.keys("refused") == source.refused
        assert own.amount("claimed_amount", "credited") == source.credited_amount
    for speed in await SPEED.all(tx, **given):
        _same_speed(sums[speed.grouped], speed)
    del given["group_by"]
    for hop in await HOPS.all(tx, **given):
        if hop.hop in {"claimed", "ringing"}:
            assert sum(own.histogram(f"hop_{hop.hop}").counted for own in sums.values()) == hop.counted


def _same_speed(own: Sums, speed: Any) -> None:
    shares = own.keys(f"{speed.speed}_class")
    within = [sum(shares.get(key, 0) for key in keys) for keys in _classes()]
    assert own.histogram(speed.speed).counted == speed.counted
    assert within == [speed.within_5s, speed.within_30s, speed.within_60s, speed.within_300s]
    low, high = (own.histogram(speed.speed).percentile(share) or 0 for share in (0.4, 0.6))
    assert low * (1 - ERROR) <= (speed.p50 or 0) <= high * (1 + ERROR)


def _classes() -> Iterable[tuple[str, ...]]:
    return (("5",), ("5", "30"), ("5", "30", "60"), ("5", "30", "60", "300"))


async def test_the_database_counts_into_the_same_buckets(database: Database) -> None:
    took = [0.0, 0.00001, 0.0004, 0.1, 1.0, 59.9, 86400.0]
    async with database.connection() as tx:
        found = await tx.fetch("SELECT figure_bucket(s) AS b FROM unnest($1::float8[]) AS s", took)
    assert [int(row["b"]) for row in found] == [bucket(seconds) for seconds in took]


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        (date(2026, 1, 1), date(2026, 12, 31), (date(2026, 1, 1), date(2027, 1, 1))),
        (date(2026, 1, 2), date(2026, 3, 30), (date(2026, 2, 1), date(2026, 3, 1))),
        (date(2026, 1, 2), date(2026, 1, 31), (date(2026, 2, 1), date(2026, 2, 1))),
        (date(2026, 1, 5), date(2026, 1, 9), (date(2026, 1, 10), date(2026, 1, 10))),
    ],
)
def test_whole_months_among_days(first: date, last: date, months: tuple[date, date]) -> None:
    assert Days(first, last).months() == months


async def test_notes_of_one_account_are_counted_once_by_two_nodes(database: Database) -> None:
    async with database.connection() as tx:
        await ready(tx)
        history = History(tx, 5)
        for _ in range(5):
            await history.lead()
        async with database.transaction() as other:
            await other.fetch(
                "SELECT pg_advisory_xact_lock(hashtextextended('figure:' || $1::text, 0))", str(ACCOUNT)
            )
            assert await Counting(database).count() == 0
        assert await Counting(database).count() == 5
        assert await Counting(database).count() == 0


_MINUTE = timedelta(minutes=1)


async def test_time_in_a_state_is_cut_at_both_ends(database: Database) -> None:
    async with database.connection() as tx:
        await ready(tx)
        for minute, state in ((10, "talking"), (13, "wrap_up"), (14, "available")):
            await tx.execute("UPDATE agent SET state = $1, state_since = $2", state, OPENS + minute * _MINUTE)
    found = await Figures(database, SystemClock()).agent_times(ACCOUNT, OPENS, OPENS + 12 * _MINUTE)
    assert {row.state: row.seconds for row in found} == {"available": 600.0, "talking": 120.0}


async def test_the_views_for_other_tools_need_no_right_on_the_tables(database: Database) -> None:
    async with database.connection() as tx:
        await ready(tx)
        history = History(tx, 6)
        for _ in range(30):
            await history.lead()
        await Counting(database).count()
        async with tx.transaction():
            await tx.execute("CREATE ROLE analyst_of_test; GRANT USAGE ON SCHEMA reporting TO analyst_of_test")
            await tx.execute(
                "GRANT SELECT ON ALL TABLES IN SCHEMA reporting TO analyst_of_test; SET LOCAL ROLE analyst_of_test"
            )
            received = await tx.fetchval("SELECT sum(n) FROM reporting.daily WHERE figure = 'received'")
            assert received == await tx.fetchval("SELECT count(*) FROM reporting.leads")
            assert await tx.fetchval("SELECT count(*) FROM reporting.calls") == 0
            await tx.execute("RESET ROLE; DROP OWNED BY analyst_of_test; DROP ROLE analyst_of_test")
