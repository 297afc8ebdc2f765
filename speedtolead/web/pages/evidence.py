"""The evidence of one lead, as a file, from its page.

Owns: that only who is signed in as a manager gets it. What is in it is the API's.
"""

from __future__ import annotations

from aiohttp import web

from speedtolead.store.people import SessionOwner
from speedtolead.web import evidence
from speedtolead.web.pages import render


@render.signed_in
async def download(request: web.Request, session: SessionOwner) -> web.Response:
    return await evidence.as_zip(request, session.account_id, render.lead_id(request))
