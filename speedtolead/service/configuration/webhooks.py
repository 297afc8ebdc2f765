"""The file's webhooks: added, changed, retired; a secret made where the file names none.

Owns: that part of an apply. A webhook that its receiver paused with 410 goes on when the file is applied again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from speedtolead.domain.webhook import SECRET_BYTES, secret_of
from speedtolead.service.configuration.document import WebhookPart
from speedtolead.store import webhooks as rows
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection
from speedtolead.store.settings_json import Json
from speedtolead.store.webhooks import WebhookRow

Changed = Callable[[str, str, Json | None, Json], None]
"""Says what changed: what, its name, its facts before and after."""


async def apply_webhooks(
    tx: Connection,
    account_id: UUID,
    parts: list[WebhookPart],
    now: datetime,
    changed: Changed,
    say: Callable[[str], None],
) -> dict[str, str]:
    """Make the account's webhooks what the file says; the secrets that were made, by what they are of."""
    found = await rows.WEBHOOKS_OF_ACCOUNT.all(tx, account_id=account_id)
    known = {row.name: row for row in found if row.source is None}
    made: dict[str, str] = {}
    for part in parts:
        before = known.pop(part.name, None)
        kept = None if before is None else before.secret
        secret = part.secret or kept or secret_of(secrets.token_bytes(SECRET_BYTES))
        facts = _facts(part.url, part.events, part.paused)
        same_secret = before is not None and before.secret == secret
        if same_secret and _facts_of(before) == facts:
            continue
        await rows.PUT_WEBHOOK.one(
            tx,
            webhook_id=new_id(),
            account_id=account_id,
            name=part.name,
            source_id=None,
            url=part.url,
            request=None,
            events=facts["events"],
            secret=secret,
            paused=part.paused,
            now=now,
        )
        changed("webhook", part.name, _facts_of(before), facts)
        if before is not None and not same_secret:
            say(f"~ webhook {part.name}: secret changed")
        if before is None and part.secret is None:
            made[f"webhook {part.name}"] = secret
    for name, gone in known.items():
        await rows.REMOVE_WEBHOOK.run(tx, account_id=account_id, webhook_id=gone.webhook_id)
        say(f"- webhook {name}")
    return made


def _facts(url: str, events: list[str] | None, paused: bool) -> Json:
    return {"url": url, "events": None if events is None else sorted(set(events)), "paused": paused}


def _facts_of(row: WebhookRow | None) -> Json | None:
    return None if row is None else _facts(row.url, row.events, row.paused)
