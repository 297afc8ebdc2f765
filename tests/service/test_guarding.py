"""The source guard at work: what it counts, when it raises and ends an alert, and its pauses."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from running import RunningService, configuration, configure, running_service, until

from speedtolead.clock import SystemClock
from speedtolead.service.guarding import Guarding
from speedtolead.store.database import Database, connect

NOW = datetime.now(UTC)
PAUSING = ", guard: {pause: true}"


class Leads:
    """Lead rows of the one source. What is added at once is spread evenly over an hour that ended ``ago``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        state: str,
        n: int,
        refusal: str | None = None,
        ago: timedelta = timedelta(days=2),
        test: bool = False,
    ) -> None:
        async with self._database.connection() as tx:
            await tx.execute(
                "INSERT INTO lead (id, account_id, source_id, campaign_id, state, refusal, received_at, phone,"
                " country, candidates, attributes, test, raw_type, raw_body, raw_sha256, answer_status, answer)"
                " SELECT gen_random_uuid(), s.account_id, s.id, s.campaign_id, $1, $2,"
                " CAST($3 AS timestamptz) - i * interval '1 hour' / $5::integer, '+12125550142', 'US', '[]', '{}',"
                " $4, 'application/json', '', '', CASE WHEN $2::text IS NULL THEN 202 ELSE 422 END, '{}'"
                " FROM source s, generate_series(1, $5::integer) AS i",
                state,
                refusal,
                NOW - ago,
                test,
                n,
            )

    async def touch(self, n: int, ago: timedelta) -> None:
        async with self._database.connection() as tx:
            await tx.execute(
                "INSERT INTO lead_touch (id, account_id, lead_id, source_id, received_at, consent, raw_type,"
                " raw_body, raw_sha256, answer_status, answer)"
                " SELECT gen_random_uuid(), l.account_id, l.id, l.source_id,"
                " CAST($1 AS timestamptz) - make_interval(mins => i), '{}', 'application/json', '', '', 202, '{}'"
                " FROM (SELECT * FROM lead LIMIT 1) l, generate_series(1, $2::integer) AS i",
                NOW - ago,
                n,
            )

    async def usual(self, ago: timedelta = timedelta(days=20)) -> None:
        """1,000 posts: 40 % of the accepted leads contacted, 4 % invalid, 2 % duplicates."""
        await self.add("contacted", 376, ago=ago)
        await self.add("exhausted", 564, ago=ago)
        await self.add("rejected", 40, "invalid_phone", ago=ago)
        await self.add("rejected", 20, "duplicate", ago=ago)

    async def good(self, ago: timedelta) -> None:
        """150 posts like the usual ones."""
        await self.add("contacted", 57, ago=ago)
        await self.add("exhausted", 84, ago=ago)
        await self.add("rejected", 6, "invalid_phone", ago=ago)
        await self.add("rejected", 3, "duplicate", ago=ago)

    async def unreached(self, n: int = 150, ago: timedelta = timedelta(days=2)) -> None:
        """``n`` accepted leads of which a tenth was reached, and invalid ones and duplicates as usual."""
        await self.add("contacted", n // 10, ago=ago)
        await self.add("exhausted", n - n // 10, ago=ago)
        await self.add("rejected", n // 25, "invalid_phone", ago=ago)
        await self.add("rejected", n // 50, "duplicate", ago=ago)


async def look(database: Database) -> None:
    await Guarding(database, SystemClock()).look()


async def rows(database: Database, query: str) -> Sequence[Any]:
    async with database.connection() as tx:
        found: Sequence[Any] = await tx.fetch(query)
        return found


async def alerts(database: Database, where: str = "ended_at IS NULL") -> list[str]:
    found = await rows(database, f"SELECT rate FROM source_alert WHERE {where} ORDER BY rate")
    return [row["rate"] for row in found]


async def reason(database: Database) -> str | None:
    found: str | None = (await rows(database, "SELECT guard_pause FROM source"))[0]["guard_pause"]
    return found


async def prepared(database_url: str, database: Database, source: str = "") -> Leads:
    await configure(database_url, configuration(source=source))
    return Leads(database)


@pytest.fixture
async def leads(database_url: str, database: Database) -> Leads:
    return await prepared(database_url, database)


# ---- alerts -------------------------------------------------------------------------------------------------


async def test_a_source_that_turns_bad_raises_an_alert_and_an_event(leads: Leads, database: Database) -> None:
    await leads.usual()
    await leads.unreached()
    await look(database)
    (alert,) = await rows(database, "SELECT * FROM source_alert")
    assert (alert["rate"], alert["paused"], alert["ended_at"]) == ("contact", False, None)
    assert alert["words"] == "The contact rate fell to 10 % (15 of 150) from 40 % (376 of 940)."
    assert alert["facts"]["recent"] == {"leads": 150, "hits": 15}
    assert alert["facts"]["p_value"] < 1e-5
    (event,) = await rows(database, "SELECT kind, data FROM event")
    assert event["kind"] == "source.alert"
    assert (event["data"]["source"], event["data"]["rate"], event["data"]["paused"]) == ("form", "contact", False)
    assert event["data"]["words"] == alert["words"]
    assert await reason(database) is None


@pytest.mark.parametrize(
    "refusal", ["invalid_phone", "test_data", "bot", "certificate_mismatch", "certificate_page"]
)
async def test_many_invalid_posts_raise_an_alert(leads: Leads, database: Database, refusal: str) -> None:
    await leads.usual()
    await leads.good(timedelta(hours=6))
    await leads.add("rejected", 40, refusal, ago=timedelta(hours=2))
    await look(database)
    assert await alerts(database) == ["invalid"]


async def test_refusals_of_other_kinds_raise_none(leads: Leads, database: Database) -> None:
    await leads.usual()
    await leads.add("rejected", 150, "outside_criteria", ago=timedelta(hours=2))
    await look(database)
    assert await alerts(database) == []


async def test_duplicates_and_touches_raise_an_alert_together(leads: Leads, database: Database) -> None:
    await leads.usual()
    await leads.good(timedelta(hours=6))
    await leads.add("rejected", 15, "duplicate", ago=timedelta(hours=2))
    await leads.touch(15, ago=timedelta(hours=1))
    await look(database)
    (alert,) = await rows(database, "SELECT rate, facts FROM source_alert")
    assert alert["rate"] == "duplicate"
    assert alert["facts"]["recent"]["leads"] == 150
    assert alert["facts"]["recent"]["hits"] >= 30


async def test_a_steady_source_raises_none(leads: Leads, database: Database) -> None:
    await leads.usual()
    for hours in (30, 20, 10, 0):
        await leads.good(timedelta(hours=24 + hours))
        await look(database)
    assert await alerts(database, "true") == []


async def test_too_few_leads_tell_nothing(leads: Leads, database: Database) -> None:
    await leads.add("contacted", 90, ago=timedelta(days=20))
    await leads.unreached()
    await look(database)
    assert await alerts(database, "true") == []


async def test_test_leads_do_not_count(leads: Leads, database: Database) -> None:
    await leads.usual()
    await leads.add("exhausted", 150, test=True)
    await look(database)
    assert await alerts(database, "true") == []


async def test_leads_that_may_still_be_reached_do_not_count_and_nor_do_those_after_them(
    leads: Leads, database: Database
) -> None:
    await leads.usual()
    await leads.good(timedelta(days=2))
    await leads.add("working", 150, ago=timedelta(hours=3))
    await leads.add("exhausted", 150, ago=timedelta(minutes=1))
    await look(database)
    assert await alerts(database, "true") == []


async def test_leads_that_were_reached_at_once_do_not_hide_those_that_were_not(
    leads: Leads, database: Database
) -> None:
    """Today's reached leads are over and the others go on: the rate is not that of those that are over."""
    await leads.usual()
    await leads.add("working", 200, ago=timedelta(days=2))  # older than a day: counted as they are
    await leads.add("working", 200, ago=timedelta(hours=1))
    await leads.add("contacted", 40, ago=timedelta(hours=1))
    await look(database)
    assert await alerts(database) == ["contact"]


async def test_the_window_and_the_time_to_settle_are_the_sources_own(database_url: str, database: Database) -> None:
    leads = await prepared(database_url, database, ", guard: {window_leads: 30, settled_after: 10m}")
    await leads.usual()
    await leads.good(timedelta(days=1))
    await leads.add("working", 30, ago=timedelta(minutes=15))
    await look(database)
    (alert,) = await rows(database, "SELECT rate, facts FROM source_alert")
    assert (alert["rate"], alert["facts"]["recent"]) == ("contact", {"leads": 30, "hits": 0})


async def test_only_what_is_watched_raises_an_alert(database_url: str, database: Database) -> None:
    leads = await prepared(database_url, database, ", guard: {watch: [invalid]}")
    await leads.usual()
    await leads.unreached()
    await look(database)
    assert await alerts(database, "true") == []


async def test_an_alert_goes_on_against_the_baseline_that_raised_it_and_ends_with_an_event(
    leads: Leads, database: Database
) -> None:
    await leads.usual()
    await leads.unreached(ago=timedelta(days=8))
    await look(database)
    for days in (7, 6, 5, 4, 3):
        await leads.unreached(600, ago=timedelta(days=days))  # by now the bad ones are most of the last 2,000
        await look(database)
        assert await alerts(database) == ["contact"]
    await leads.good(timedelta(days=1))
    await look(database)
    assert await alerts(database) == []
    assert await alerts(database, "ended_at IS NOT NULL") == ["contact"]
    kinds = await rows(database, "SELECT kind, data ->> 'source' AS source FROM event ORDER BY id")
    assert [tuple(row) for row in kinds] == [("source.alert", "form"), ("source.alert_ended", "form")]


async def test_leads_of_an_alert_that_ended_are_no_baseline(leads: Leads, database: Database) -> None:
    await leads.usual()
    await leads.unreached(ago=timedelta(days=5))
    await look(database)
    await leads.unreached(750, ago=timedelta(days=4))
    await look(database)
    assert await alerts(database) == ["contact"]
    await leads.good(timedelta(days=3))
    await leads.good(timedelta(days=2, hours=12))
    await look(database)
    assert await alerts(database) == []
    async with database.connection() as tx:  # as if it had ended when the good ones came
        await tx.execute("UPDATE source_alert SET ended_at = $1", NOW - timedelta(days=3, hours=3))
    await leads.unreached(ago=timedelta(days=2))
    await look(database)
    (alert,) = await rows(database, "SELECT facts FROM source_alert WHERE ended_at IS NULL")
    assert alert["facts"]["baseline"]["hits"] / alert["facts"]["baseline"]["leads"] > 0.35


async def test_an_alert_of_a_rate_that_is_not_watched_any_more_ends(
    leads: Leads, database: Database, database_url: str
) -> None:
    await leads.usual()
    await leads.unreached()
    await look(database)
    await configure(database_url, configuration(source=", guard: {watch: []}"))
    await look(database)
    assert await alerts(database, "true") == ["contact"]
    assert await alerts(database) == []


async def test_many_looks_at_once_make_one_alert(leads: Leads, database: Database, database_url: str) -> None:
    await leads.usual()
    await leads.unreached()
    async with connect(database_url, 4) as other:
        await asyncio.gather(*(look(one) for one in (database, other) * 4))
    assert await alerts(database, "true") == ["contact"]
    assert len(await rows(database, "SELECT FROM event")) == 1


async def test_a_source_that_cannot_be_judged_keeps_no_other_from_being_looked_at(
    leads: Leads, database: Database
) -> None:
    await leads.usual()
    await leads.unreached()
    async with database.connection() as tx:
        await tx.execute(
            "INSERT INTO source (id, account_id, campaign_id, name, settings) SELECT"
            " '00000000-0000-0000-0000-000000000001', account_id, campaign_id, 'broken', '{}' FROM source"
        )
    await look(database)
    assert await alerts(database) == ["contact"]


# ---- pauses -------------------------------------------------------------------------------------------------


async def test_a_paused_source_tells_its_poster_why_until_it_is_resumed(
    database_url: str, tmp_path: Path, database: Database
) -> None:
    async with running_service(database_url, tmp_path, configuration(source=PAUSING)) as service:
        leads = Leads(database)
        await leads.usual()
        await leads.unreached()
        await look(database)
        status, answer = await service.post()
        assert (status, answer["code"]) == (422, "source_paused")
        why = "contact rate fell to 10 % (15 of 150) from 40 % (376 of 940)"
        assert answer["detail"] == f"This source is paused: {why}."

        await configure(database_url, configuration(source=PAUSING + ", exclusive: false"))
        assert await reason(database) == why, "what the configuration says does not lift it"
        assert (await service.post())[0] == 422
        await look(database)
        assert await alerts(database) == ["contact"], "while it is paused, its alerts stay as they are"

        assert await resume(service) == {"source": "form", "resumed": True}
        assert await resume(service) == {"source": "form", "resumed": False}
        await until(lambda: accepted(service), what="a lead accepted")  # a node believes what it read for a while
        await look(database)
        assert await alerts(database) == ["contact"]
        assert await reason(database) is None, "who resumes in spite of the alert is obeyed"


async def test_apply_makes_no_pause_of_the_guards(leads: Leads, database: Database, database_url: str) -> None:
    await configure(database_url, configuration(source=", paused: true"))
    assert await reason(database) is None


async def test_of_two_rates_both_are_the_reason(database_url: str, database: Database) -> None:
    leads = await prepared(database_url, database, PAUSING)
    await leads.usual()
    await leads.unreached()
    await leads.add("rejected", 60, "invalid_phone", ago=timedelta(hours=30))
    await look(database)
    assert await alerts(database, "paused") == ["contact", "invalid"]
    why = await reason(database)
    assert why is not None
    assert "contact rate fell to" in why
    assert "; invalid rate rose to" in why


async def test_what_came_during_a_pause_is_nobodys_rate(leads: Leads, database: Database) -> None:
    """While a source is paused bad phones are still refused as such, and the others as paused."""
    await leads.usual()
    await leads.good(timedelta(days=3))
    for hours in range(40, 10, -1):
        await leads.add("rejected", 30, "source_paused", ago=timedelta(hours=hours))
        await leads.add("rejected", 10, "invalid_phone", ago=timedelta(hours=hours, minutes=-15))
    await leads.good(timedelta(hours=3))
    await look(database)
    assert await alerts(database, "true") == []
    await leads.add("rejected", 40, "invalid_phone", ago=timedelta(hours=1))
    await look(database)
    assert await alerts(database) == ["invalid"]


async def accepted(service: RunningService) -> bool:
    status, _ = await service.post()
    return status == 202


async def resume(service: RunningService) -> Any:
    headers = {"Authorization": f"Bearer {service.account_key}"}
    async with service.http.post(f"{service.url}/v1/sources/form/resume", headers=headers) as response:
        assert response.status == 200
        return await response.json()
