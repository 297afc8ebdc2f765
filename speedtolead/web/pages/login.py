"""Signing in and out by form, and who is signed in.

Owns: the forms, the cookie's attributes, and where one goes afterwards. Must not know: passwords' hashes. A wrong
login is told calmly, and not which of the two was wrong, nor whether the address is known; after many nothing is
tried for a while.
"""

from __future__ import annotations

from math import ceil
from typing import Any
from uuid import UUID

from aiohttp import web

from speedtolead.domain.sign_in import IDLE_LASTS, SESSION_LASTS
from speedtolead.service.access.sign_in import TooManyTries, Visitor
from speedtolead.store.people import SessionOwner
from speedtolead.web import auth, reading
from speedtolead.web.pages import render
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES

_LONGEST = 254


async def show(request: web.Request) -> web.Response:
    then = render.own_path(request.query.get("next"))
    if await auth.session_of(request) is not None:
        return render.see_other(then)
    return render.page(request, "login.html", then=then, email="", wrong=False, minutes=0)


async def sign_in(request: web.Request) -> web.Response:
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise Problem(403, "forbidden", "This form was posted from another site.")
    services, fields = request.app[SERVICES], await render.form_fields(request)
    then, email = render.own_path(fields.get("next")), fields.get("email", "").strip()
    readable = len(email) <= _LONGEST and email.isprintable()
    visitor = Visitor(request.remote, request.headers.get("User-Agent"))
    shown: dict[str, Any] = {"then": then, "email": email[:_LONGEST]}
    try:
        token = await services.sign_in.sign_in(email, fields.get("password", ""), visitor) if readable else None
    except TooManyTries as error:
        left = error.wait.total_seconds()
        page = render.page(request, "login.html", status=429, wrong=False, minutes=ceil(left / 60), **shown)
        page.headers["Retry-After"] = str(ceil(left))
        return page
    if token is None:
        return render.page(request, "login.html", status=401, wrong=True, minutes=0, **shown)
    response = render.see_other(then)
    response.set_cookie(
        auth.COOKIE,
        token,
        max_age=int(SESSION_LASTS.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=_secure(request),
        path="/",
    )
    return response


async def sign_out(request: web.Request) -> web.Response:
    auth.check_form(request, (await render.form_fields(request)).get(auth.CSRF_FIELD))
    services, token, session = (
        request.app[SERVICES],
        request.cookies.get(auth.COOKIE),
        await auth.session_of(request),
    )
    seat = None if session is None else await services.seats.of(session.account_id, session.user_id)
    if token:
        await services.sign_in.sign_out(token)
    if seat is not None:
        await services.seats.left(seat)
    response = render.see_other("/login")
    response.del_cookie(auth.COOKIE, path="/", httponly=True, samesite="Lax", secure=_secure(request))
    return response


@render.signed_in
async def sessions(request: web.Request, session: SessionOwner) -> web.Response:
    """Where one is signed in; to managers, who is signed in."""
    found = await request.app[SERVICES].sign_in.sessions(session.account_id, _whose(session))
    return render.page(
        request,
        "sessions.html",
        session,
        zone=session.timezone,
        sessions=found,
        all_of_account=_whose(session) is None,
        lasts=SESSION_LASTS,
        idle=IDLE_LASTS,
    )


@render.signed_in
async def end(request: web.Request, session: SessionOwner) -> web.Response:
    auth.check_form(request, (await render.form_fields(request)).get(auth.CSRF_FIELD))
    session_id = reading.id_of(request, "session_id")
    await request.app[SERVICES].sign_in.end(session.account_id, session_id, _whose(session))
    return render.see_other("/sessions")


def _whose(session: SessionOwner) -> UUID | None:
    """Whose sessions one may end: one's own; managers, all of the account."""
    return None if session.role in auth.CHANGING else session.user_id


def _secure(request: web.Request) -> bool:
    return request.app[SERVICES].public_url.startswith("https://")
