"""The API of news about mails, for whoever carries them: deliveries, bounces, complaints, replies.

Owns: reading the request. Must not know: what follows from any of it.
"""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from speedtolead.service.messages.mail_events import MailNews, MailTold
from speedtolead.web import auth, reading
from speedtolead.web.answers import answer
from speedtolead.web.endpoint import Routes
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, ProblemView

routes = Routes()
_WRONG = {400: ProblemView, 404: ProblemView, 415: ProblemView, 422: ProblemView}


class MailEventBody(reading.Given):
    """``message_id``: the Message-ID that the mail carried (of a reply: its In-Reply-To). ``lasting``: of a bounce,
    whether the address will never take a mail. ``text``: a reply's words. ``event_id``: by which news that is told
    twice is known again. ``at`` left out: now."""

    kind: MailNews
    message_id: Annotated[str, Field(min_length=1, max_length=500)]
    at: reading.AnyMoment | None = None
    lasting: bool = True
    code: Annotated[str, Field(max_length=100)] | None = None
    text: Annotated[str, Field(max_length=100_000)] | None = None
    event_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class MailEventView(BaseModel):
    """``known``: it was told before. ``paused``: somebody should answer; the cadence waits as its campaign says."""

    followed: Literal["noted", "suppressed", "paused", "known"]


@routes(
    "POST",
    "/v1/mail/events",
    "Tell what became of a mail: delivered, bounced, complained about, or replied to. Twice is as once.",
    body=MailEventBody,
    responses={200: MailEventView, **_WRONG, **ERRORS},
)
async def tell_mail(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    body, services = await reading.json_of(MailEventBody, request), request.app[SERVICES]
    at = services.clock.now() if body.at is None else body.at.astimezone(UTC)
    told = MailTold(body.kind, body.message_id, at, body.lasting, body.code, body.text, body.event_id)
    followed = await services.mail_events.take(caller.account_id, told)
    return answer(MailEventView.model_validate({"followed": followed}))
