"""The pages: sign-in, the live board, one lead's story, the API's documentation, the sample form.

Owns: rendering (Jinja2, escaped), the headers that keep a page to itself, and the few routes behind the forms.
Every number on a page comes from the same use case as the API's. Must not know: SQL, carriers, judging.
When a use case fails, the browser gets a calm page with the status and code of the API's problem document.
"""

from __future__ import annotations

from aiohttp import web

from speedtolead.web.pages import assets, board, demo, docs, errors, lead, login, render


def add_to(app: web.Application) -> None:
    """Add the pages' routes, their error pages and their headers."""
    render.prepare(app)
    app.middlewares.insert(0, errors.error_pages)
    app.on_response_prepare.append(render.guard)
    router = app.router
    router.add_get("/static/{name}", assets.show)
    router.add_get("/favicon.ico", assets.no_icon)
    router.add_get("/login", login.show)
    router.add_post("/login", login.sign_in)
    router.add_post("/logout", login.sign_out)
    router.add_get("/", board.show)
    router.add_get("/board/fragment", board.fragment)
    router.add_get("/leads/{lead_id}", lead.show)
    router.add_get("/leads/{lead_id}/fragment", lead.fragment)
    router.add_post("/leads/{lead_id}/stop", lead.stop)
    router.add_get("/docs", docs.show)
    router.add_get("/demo", demo.form)
    router.add_post("/demo", demo.submit)
    router.add_get("/demo/{lead_id}", demo.show)
    router.add_get("/demo/{lead_id}/fragment", demo.fragment)
