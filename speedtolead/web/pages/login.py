"""Signing in and out by form.

Owns: the two forms, the cookie's attributes, and where one goes afterwards. Must not know: passwords' hashes. A
wrong login is told calmly, and not which of the two was wrong, nor whether the address is known.
"""

from __future__ import annotations

from aiohttp import web

from speedtolead.service.sign_in import SESSION_LASTS
from speedtolead.web import auth
from speedtolead.web.pages import render
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES

_LONGEST = 254


async def show(request: web.Request) -> web.Response:
    then = render.own_path(request.query.get("next"))
    if await auth.session_of(request) is not None:
        return render.see_other(then)
    return render.page(request, "login.html", then=then, email="", wrong=False)


async def sign_in(request: web.Request) -> web.Response:
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise Problem(403, "forbidden", "This form was posted from another site.")
    services, fields = request.app[SERVICES], await render.form_fields(request)
    then, email = render.own_path(fields.get("next")), fields.get("email", "").strip()
    readable = len(email) <= _LONGEST and email.isprintable()
    token = await services.sign_in.sign_in(email, fields.get("password", "")) if readable else None
    if token is None:
        return render.page(request, "login.html", status=401, then=then, email=email[:_LONGEST], wrong=True)
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
    token = request.cookies.get(auth.COOKIE)
    if token:
        await request.app[SERVICES].sign_in.sign_out(token)
    response = render.see_other("/login")
    response.del_cookie(auth.COOKIE, path="/", httponly=True, samesite="Lax", secure=_secure(request))
    return response


def _secure(request: web.Request) -> bool:
    return request.app[SERVICES].public_url.startswith("https://")
