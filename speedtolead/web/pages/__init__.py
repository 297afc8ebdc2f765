"""The pages: sign-in, the live board, leads, sources and their posts, settings, rules, the API's documentation.

Owns: rendering (Jinja2, escaped), the headers that keep a page to itself, and the few routes behind the forms.
Every number on a page comes from the same use case as the API's. Must not know: SQL, carriers, judging.
When a use case fails, the browser gets a calm page with the status and code of the API's problem document.
"""

from __future__ import annotations

from aiohttp import web

from speedtolead.web.pages import (
    agreed,
    alarms,
    alerts,
    assets,
    audit,
    best_time,
    board,
    callers,
    campaigns,
    console,
    demo,
    docs,
    errors,
    evidence,
    experiments,
    floor,
    found,
    lead,
    login,
    numbers,
    outcomes,
    phones,
    posts,
    recordings,
    render,
    response,
    returns,
    rules,
    settings,
    sources,
    staffing,
    suppressions,
    tasks,
    trying,
    unsubscribe,
)
from speedtolead.web.pages.reports import show as reports


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
    router.add_get("/sessions", login.sessions)
    router.add_post("/sessions/{session_id}/end", login.end)
    router.add_get("/", board.show)
    router.add_get("/agent", console.show)
    router.add_get("/agent/fragment", console.fragment)
    router.add_get("/agent/events", console.stream)
    router.add_get("/agent/voice-sdk.js", console.sdk)
    router.add_get("/simulator/phones", phones.show)
    router.add_post("/simulator/phones/calls", phones.calls)
    router.add_post("/simulator/phones/calls/{sid}/{does}", phones.do)
    router.add_get("/board/fragment", board.fragment)
    router.add_post("/sources/{name}/resume", alerts.resume)
    router.add_post("/alerts/{alert_id}/acknowledge", alerts.acknowledge)
    router.add_post("/numbers/alerts/{alert_id}/acknowledge", numbers.acknowledge)
    router.add_post("/callers/{call_id}/seen", callers.seen)
    router.add_post("/alarms/quiet", alarms.be_quiet)
    router.add_post("/alarms/{alarm_id}/acknowledge", alarms.acknowledge)
    router.add_post("/agents/{name}", floor.do)
    router.add_get("/reports", reports.start)
    router.add_get("/reports/{tab}", reports.show)
    router.add_get("/reports/{tab}/{table}.csv", reports.download)
    router.add_get("/leads", found.show)
    router.add_get("/leads/{lead_id}", lead.show)
    router.add_get("/leads/{lead_id}/fragment", lead.fragment)
    router.add_post("/leads/{lead_id}/stop", lead.stop)
    router.add_post("/leads/{lead_id}/owner", lead.give)
    router.add_get("/leads/{lead_id}/recordings/{recording_id}", recordings.play, allow_head=False)
    router.add_get("/leads/{lead_id}/evidence.zip", evidence.download)
    router.add_post("/leads/{lead_id}/callbacks", agreed.act)
    router.add_post("/leads/{lead_id}/outcomes", outcomes.report)
    router.add_get("/returns", returns.show)
    router.add_get("/returns.csv", returns.download)
    router.add_post("/returns/send", returns.send)
    router.add_post("/returns/{return_id}", returns.act)
    router.add_get("/unsubscribe/{token}", unsubscribe.show)
    router.add_post("/unsubscribe/{token}", unsubscribe.end)
    router.add_get("/tasks", tasks.show)
    router.add_post("/tasks/{task_id}", tasks.act)
    router.add_get("/suppressions", suppressions.show)
    router.add_post("/suppressions/{suppression_id}", suppressions.act)
    router.add_post("/suppressions/replies/{text_id}", suppressions.seen)
    router.add_get("/sources", sources.overview)
    router.add_get("/sources/-/fragment", sources.overview_fragment)
    router.add_get("/sources/{name}", sources.show)
    router.add_get("/sources/{name}/fragment", sources.fragment)
    router.add_get("/sources/{name}/try", trying.show)
    router.add_post("/sources/{name}/try", trying.run)
    router.add_get("/sources/{name}/posts/{post_id}", posts.show)
    router.add_post("/sources/{name}/posts/{post_id}", posts.send_again)
    router.add_get("/settings", settings.show)
    router.add_get("/settings/campaigns/{name}", campaigns.show)
    router.add_get("/settings/audit", audit.show)
    router.add_get("/settings/sources/{name}", settings.source)
    router.add_post("/settings/sources/{name}", settings.change)
    router.add_post("/settings/sources/{name}/pause", settings.pause)
    router.add_post("/settings/numbers/{phone}/bench", numbers.bench)
    router.add_post("/settings/numbers/{phone}/unbench", numbers.unbench)
    router.add_get("/rules", rules.show)
    router.add_get("/reports/experiments", experiments.show)
    router.add_get("/reports/best-time", best_time.show)
    router.add_get("/reports/response", response.show)
    router.add_get("/reports/staffing", staffing.show)
    router.add_get("/docs", docs.show)
    router.add_get("/demo", demo.form)
    router.add_post("/demo", demo.submit)
    router.add_get("/demo/{lead_id}", demo.show)
    router.add_get("/demo/{lead_id}/fragment", demo.fragment)
