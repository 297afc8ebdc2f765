"""The page by which the receiver of a mail ends all of them, and the button of a mail program that does the same.

Owns: the two routes. No sign-in; a look changes nothing, because mail scanners look at every address; the form is
taken from any site, because mail programs post it (RFC 8058), and all it can do is end mails.
"""

from __future__ import annotations

from aiohttp import web

from speedtolead.web.pages import render
from speedtolead.web.services import SERVICES


async def show(request: web.Request) -> web.Response:
    found = await request.app[SERVICES].unsubscribing.look(request.match_info["token"])
    return render.page(request, "unsubscribe.html", subscription=found)


async def end(request: web.Request) -> web.Response:
    found = await request.app[SERVICES].unsubscribing.end(request.match_info["token"])
    return render.page(request, "unsubscribe.html", subscription=found)
