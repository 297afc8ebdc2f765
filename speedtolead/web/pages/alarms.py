"""What is wrong with the account, on the board, with the buttons that say that it was seen and that ask for quiet.

Owns: these buttons, and the board's part. Must not know: when something is wrong. Only a manager says either.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from speedtolead.service.alarms.watch import HEADS
from speedtolead.store.people import SessionOwner
from speedtolead.web import reading
from speedtolead.web.alarms import QuietBody
from speedtolead.web.pages import render, sources
from speedtolead.web.services import SERVICES

QUIET_HOURS = 4


@render.signed_in
async def acknowledge(request: web.Request, session: SessionOwner) -> web.Response:
    await sources.changing_form(request, session)
    alarm_id = reading.id_of(request, "alarm_id")
    await request.app[SERVICES].alarms.acknowledge(session.account_id, alarm_id, session.email)
    return render.see_other("/")


@render.signed_in
async def be_quiet(request: web.Request, session: SessionOwner) -> web.Response:
    fields = await sources.changing_form(request, session)
    asked = reading.checked(QuietBody, {name: fields.get(name, "") for name in ("kind", "hours")})
    await request.app[SERVICES].alarms.be_quiet(session.account_id, asked.kind, asked.hours, session.email)
    return render.see_other("/")


async def given(request: web.Request, session: SessionOwner) -> dict[str, Any]:
    """What the template ``alarms_part.html`` shows."""
    service = request.app[SERVICES].alarms
    return {
        "alarms": await service.alarms(session.account_id),
        "quiet_kinds": await service.quiet(session.account_id),
        "alarm_heads": {kind.value: words for kind, words in HEADS.items()},
        "quiet_hours": QUIET_HOURS,
    }
