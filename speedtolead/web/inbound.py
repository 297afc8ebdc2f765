"""Where connectors deliver: one address a source, and the answer that each provider understands.

Owns: the route, and turning outcomes into answers. Must not know: signatures, or any provider's fields.
A provider delivers again whatever is not answered with 2xx, so a lead that was refused is a 200 with its reason;
only what could not be stored, or not be believed, is an error. A source with a reply of its own answers by its
template.
"""

from __future__ import annotations

from typing import Any

import structlog
from aiohttp import web

from speedtolead.ports import Permanent, Transient
from speedtolead.ports.connectors import Challenge, Incoming, NotGenuine, Posted, Unreadable
from speedtolead.service.intake.inbound import Received, Unread
from speedtolead.service.intake.post import Answer
from speedtolead.service.intake.replies import reply
from speedtolead.web import metrics, reading
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES

log = structlog.get_logger(__name__)

PATH = "/in/{source_id}"


async def receive(request: web.Request) -> web.Response:
    source_id = reading.id_of(request, "source_id")
    posted = Posted(
        request.method,
        tuple((name, value) for name, value in request.query.items()),
        {name.lower(): value for name, value in request.headers.items()},
        request.headers.get("Content-Type", ""),
        await reading.body(request),
    )
    try:
        received = await request.app[SERVICES].inbound.receive(source_id, posted)
    except NotGenuine as error:
        log.warning("inbound.not_genuine", source_id=str(source_id))
        raise Problem(403, error.code, str(error)) from None
    except Unreadable as error:
        errors = [{"field": error.field, "code": error.code, "message": str(error)}] if error.field else []
        raise Problem(400, error.code, str(error), errors) from None
    except Transient as error:
        log.warning("inbound.provider_away", source_id=str(source_id), code=error.code)
        retry = {"Retry-After": str(max(1, round(error.retry_after.total_seconds())))}
        raise Problem(
            503, "provider_away", "The provider could not be asked; deliver again.", headers=retry
        ) from None
    except Permanent as error:
        log.error("inbound.provider_refused", source_id=str(source_id), code=error.code)
        raise Problem(502, "provider_refused", "The provider refused to give the lead; see its settings.") from None
    if isinstance(received, Challenge):
        return web.Response(text=received.body, content_type=received.content_type)
    return _answer(received)


def _answer(received: Received) -> web.Response:
    for _, answer in received.leads:
        refusal = answer.refusal if isinstance(answer, Answer) else answer.errors.code
        metrics.lead(refusal or "accepted").inc()
        log.info(
            "lead.answered",
            lead_id=str(answer.lead_id) if isinstance(answer, Answer) else None,
            reason=refusal,
            via=received.row.source.connection.connector if received.row.source.connection else None,
        )
    terms = received.row.source.reply
    if terms is not None and len(received.leads) == 1:
        answer = received.leads[0][1]
        price = answer.price if isinstance(answer, Answer) else None
        said = reply(terms, *_ours(answer), price)
        return web.Response(status=said.status, text=said.body, content_type=said.content_type)
    results = [_result(lead, answer) for lead, answer in received.leads]
    return web.json_response({"results": results})


def _ours(answer: Answer | Unread) -> tuple[int, dict[str, Any]]:
    if isinstance(answer, Answer):
        return answer.status, answer.body
    return 422, {"code": answer.errors.code, "detail": str(answer.errors)}


def _result(lead: Incoming, answer: Answer | Unread) -> dict[str, Any]:
    status, body = _ours(answer)
    kept: dict[str, Any] = {
        name: body[name] for name in ("lead_id", "code", "detail", "errors", "next_attempt_at") if name in body
    }
    if isinstance(answer, Unread):
        kept["errors"] = [{"field": e.field, "code": e.code, "message": e.message} for e in answer.errors.errors]
    taken = body.get("status", "accepted") if status < 400 else "refused"
    return {"external_id": lead.external_id, "status": taken, **kept}
