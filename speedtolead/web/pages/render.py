"""Templates into responses, and the headers that every page carries.

Owns: the Jinja2 environment (autoescape on, undefined names are errors), the Content-Security-Policy, forms read
safely. A template that fails is a 500 page, never half a page.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from speedtolead import __version__
from speedtolead.store.people import SessionOwner
from speedtolead.web import auth, reading
from speedtolead.web.pages import assets, words
from speedtolead.web.services import SERVICES

TEMPLATES = web.AppKey("templates", Environment)
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_GUARDS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_PROGRAMS = ("/v1/", "/carrier/", "/in/")
_OWN_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\\\x7f]*")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Signed = Callable[[web.Request, SessionOwner], Awaitable[web.StreamResponse]]


def prepare(app: web.Application) -> None:
    """Make the templates ready; a static file that is missing is found now."""
    folder = Path(__file__).parent.parent / "templates"
    templates = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= words.FILTERS
    templates.globals.update(asset=assets.url, version=__version__, define=words.define)
    assets.all_assets()
    app[TEMPLATES] = templates


def for_programs(path: str) -> bool:
    """Paths that programs ask for: their errors are problem documents, whatever they accept."""
    return path.startswith(_PROGRAMS)


async def guard(request: web.Request, response: web.StreamResponse) -> None:
    """The headers of every answer that a browser may show."""
    if not for_programs(request.path):
        for name, value in _GUARDS.items():
            response.headers.setdefault(name, value)


def page(
    request: web.Request,
    template: str,
    session: SessionOwner | None = None,
    *,
    status: int = 200,
    **given: Any,
) -> web.Response:
    """A template as a page, or as a part of one. Kept by no cache: it may show personal data."""
    text = (
        request.app[TEMPLATES]
        .get_template(template)
        .render(
            session=session,
            csrf=auth.csrf_token(request),
            simulated=request.app[SERVICES].simulated,
            path=request.path,
            **given,
        )
    )
    return web.Response(text=text, status=status, content_type="text/html", headers={"Cache-Control": "no-store"})


def see_other(place: str) -> web.Response:
    return web.Response(status=303, headers={"Location": place, "Cache-Control": "no-store"})


def wants_page(request: web.Request) -> bool:
    return "text/html" in request.headers.get("Accept", "")


def own_path(place: str | None) -> str:
    """The place if it is one of ours, else the board: nobody is sent to another site after signing in."""
    return place if place is not None and _OWN_PATH.fullmatch(place) else "/"


def signed_in(handler: Signed) -> Handler:
    """Given whose session it is; ``access`` has sent everybody else away before."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        session = await auth.session_of(request)
        if session is None:
            raise auth.unauthorised("Sign in first.")
        return await handler(request, session)

    return guarded


async def form_fields(request: web.Request) -> dict[str, str]:
    """The text fields of a posted form; of a repeated one the first. Raises a Problem for what is no form."""
    return {name: values[0] for name, values in (await reading.form(request)).items()}


def lead_id(request: web.Request) -> UUID:
    return reading.id_of(request, "lead_id")
