"""What tests of outcomes, returns and postbacks share: asking the API, and the terms of a few sources."""

from __future__ import annotations

import csv
import io
from typing import Any

from posting import at, new_phone
from running import RunningService

EVERY_REASON = ["disconnected", "wrong_person", "did_not_request", "fraud", "outside_criteria", "duplicate"]
RETURNS = {"returns": {"window": "7d", "reasons": EVERY_REASON}}
MANAGER = {"email": "manager@test.example", "password": "change-me-now"}


async def ask(
    service: RunningService, method: str, path: str, body: Any = None, key: str | None = None, **headers: str
) -> tuple[int, Any]:
    """The status and the JSON of an answer; of a CSV, its rows."""
    told = {"Authorization": f"Bearer {key or service.account_key}"} | headers
    async with service.http.request(method, f"{service.url}{path}", json=body, headers=told) as response:
        if response.content_type == "text/csv":
            return response.status, list(csv.DictReader(io.StringIO(await response.text())))
        return response.status, await response.json(content_type=None)


async def report(
    service: RunningService,
    lead_id: str,
    headers: dict[str, str] | None = None,
    key: str | None = None,
    **body: Any,
) -> tuple[int, Any]:
    return await ask(service, "POST", f"/v1/leads/{lead_id}/outcomes", body, key, **(headers or {}))


async def taken(service: RunningService, source: str | None = None, **fields: Any) -> str:
    """A lead that was accepted; its id."""
    asked = service if source is None else at(service, source)
    status, answer = await asked.post(**{"phone": new_phone()} | fields)
    assert status == 202, answer
    return str(answer["lead_id"])


async def returned(service: RunningService, source: str, reason: str = "wrong_person", **fields: Any) -> Any:
    """A lead of this source that was reported as bad, as the answer shows it."""
    status, answer = await report(service, await taken(service, source, **fields), kind="return", reason=reason)
    assert status == 201, answer
    return answer["lead"]


async def events_of(service: RunningService, lead_id: str, *kinds: str) -> list[tuple[str, Any]]:
    """The kinds and data of a lead's events, in order; only these kinds, if any are named."""
    async with service.database.connection() as tx:
        rows = await tx.fetch("SELECT kind, data FROM event WHERE lead_id = $1 ORDER BY id", lead_id)
    return [(row["kind"], row["data"]) for row in rows if not kinds or row["kind"] in kinds]


async def run(service: RunningService, sql: str, *arguments: Any) -> None:
    async with service.database.connection() as tx:
        await tx.execute(sql, *arguments)
