"""Error pages: what a person sees where a program gets a problem document.

Owns: the page. Which error it is, its status and its log line stay with ``problems``: this only looks at the answer
on its way out, so the two can never disagree. It asks the database nothing, as that may be what is away.
"""

from __future__ import annotations

import json

from aiohttp import web

from speedtolead.web.pages import render

_HEADINGS = {
    400: "That could not be read",
    401: "Please sign in",
    403: "That is not possible from here",
    404: "There is nothing here",
    405: "That is not how this page is used",
    413: "That was too large",
    500: "Something went wrong here",
    503: "Not available this moment",
}
_HINTS = {
    404: "The address may be mistyped, or what it names is not part of your account.",
    500: "It was our fault, and it is in the log. Nothing you did is lost that was confirmed before.",
    503: "This page will work again as soon as the database is back. Please try again in a few seconds.",
}


@web.middleware
async def error_pages(request: web.Request, handler: render.Handler) -> web.StreamResponse:
    """The same error as a page, for who asks for one outside of the API."""
    response = await handler(request)
    is_problem = response.content_type == "application/problem+json"
    if not is_problem or render.for_programs(request.path) or not render.wants_page(request):
        return response
    assert isinstance(response, web.Response)
    problem = json.loads(response.text or "{}")
    shown = render.page(
        request,
        "error.html",
        status=response.status,
        heading=_HEADINGS.get(response.status, problem["title"]),
        detail=_HINTS.get(response.status, problem["detail"]),
        code=problem["code"],
        error_status=response.status,
    )
    for name in ("Allow", "Retry-After"):
        if name in response.headers:
            shown.headers[name] = response.headers[name]
    return shown
