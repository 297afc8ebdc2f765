"""The carrier's callbacks: checked, read, handed to the service, answered.

Owns: the route, the signature check, the fingerprint of a repeat. An unsigned or wrongly signed post is answered
403 and changes nothing. What must be done at the carrier is done after the answer has gone out.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence

import structlog
from aiohttp import web

from speedtolead.domain.call import LegReport, LegState
from speedtolead.domain.carrier import CarrierName
from speedtolead.ports import Apologise, Goodbye
from speedtolead.ports.conference import Greet
from speedtolead.ports.control import Aside
from speedtolead.service.calling.afterwards import Afterwards
from speedtolead.service.calling.callbacks import Callback, NotOfThisLeg, Told
from speedtolead.web import metrics, reading
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES, Services

log = structlog.get_logger(__name__)

TEXT_PATH = "/carrier/twilio/text"
PATH = "/carrier/twilio/attempts/{attempt_id}/legs/{leg_id}/{kind}"
SIGNATURES = ("X-SignalWire-Signature", "X-Twilio-Signature")
"""Where a compatible carrier puts its signature; SignalWire sends one of them, or both."""
TEXT = "text"
RECEIPT = "receipt"
RECEIPT_PATH = "/carrier/twilio/texts/{message_id}"
REPEAT_TOKEN = "I-Twilio-Idempotency-Token"
KINDS = frozenset(
    {
        "status",
        "detection",
        "accept",
        "whisper",
        "dialed",
        "announce",
        "announced",
        "recording",
        "opt_out",
        "wait",
        "ringing",
        "aside",
        "keys",
        "waited",
        "message",
        "greeted",
        "left",
        "labelled",
    }
)
AFTERWARDS = web.AppKey("afterwards", set[asyncio.Task[None]])


async def callback(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    received_at = services.clock.now()
    kind = request.match_info["kind"]
    flat, signers = await genuine(request, _known(kind))
    attempt_id, leg_id = reading.id_of(request, "attempt_id"), reading.id_of(request, "leg_id")
    token = request.headers.get(REPEAT_TOKEN, "")
    fingerprint = _fingerprint(request.path, flat, token)
    one = Callback(attempt_id, leg_id, kind, fingerprint, flat, received_at, signers)
    with structlog.contextvars.bound_contextvars(attempt_id=str(attempt_id), callback=_known(kind)):
        try:
            response = await _take(request, services, one)
        except NotOfThisLeg:
            raise _not_genuine(kind) from None
    metrics.CALLBACKS.labels(kind, "taken").inc()
    return response


async def text(request: web.Request) -> web.Response:
    """A text that somebody wrote to one of our numbers."""
    services = request.app[SERVICES]
    received_at = services.clock.now()
    fields, _ = await genuine(request, TEXT)
    found = services.text_reader.inbound_text(fields, received_at)
    if found is None:
        raise Problem(400, "unreadable_body", "This is no text: its id, sender or receiver is missing.")
    answer = await services.opt_outs.text(found)
    metrics.CALLBACKS.labels(TEXT, "taken").inc()
    kind, body = services.text_reader.render_answer(answer)
    return web.Response(text=body, content_type=kind)


async def receipt(request: web.Request) -> web.Response:
    """News of a text of ours. What is no receipt, or of no message, changes nothing."""
    services = request.app[SERVICES]
    received_at = services.clock.now()
    flat, _ = await genuine(request, RECEIPT)
    found = services.receipt_reader.receipt(flat, received_at)
    if found is not None:
        await services.receipts.take(reading.id_of(request, "message_id"), found)
    metrics.CALLBACKS.labels(RECEIPT, "taken").inc()
    return web.Response(status=204)


async def genuine(request: web.Request, kind: str) -> tuple[dict[str, str], frozenset[CarrierName]]:
    """What was posted, of a repeated field the last value, and whose signature it bears.

    Raises a Problem: 403, no carrier account of ours signed it.
    """
    services, fields = request.app[SERVICES], await reading.form(request)
    signatures = [request.headers[name] for name in SIGNATURES if name in request.headers]
    signers = services.callback_reader.signers(request.path_qs, fields, signatures)
    if not signers:
        raise _not_genuine(kind)
    return {name: values[-1] for name, values in fields.items()}, signers


def _not_genuine(kind: str) -> Problem:
    metrics.CALLBACKS.labels(_known(kind), "not_genuine").inc()
    log.warning("callback.not_genuine", kind=_known(kind))
    return Problem(403, "not_genuine", "The signature does not fit.")


async def _take(request: web.Request, services: Services, one: Callback) -> web.Response:
    reader, taken = services.callback_reader, services.callbacks
    match one.kind:
        case "status" | "detection":
            report = reader.leg_report(one.fields, one.received_at)
            carry_out(request, await taken.report(one, report))
            return web.Response(status=204)
        case "recording":
            recorded = reader.recording_report(one.fields, one.received_at)
            await taken.recording(one, recorded)
            await services.incoming.recorded(one, recorded)
            return web.Response(status=204)
        case "accept":
            told = await taken.accept(one, reader.digits(one.fields), reader.call_id(one.fields))
        case "announce":
            told = await taken.announce(one, reader.call_id(one.fields))
        case "announced":
            told = await taken.announced(one, reader.call_id(one.fields))
        case "whisper":
            told = await taken.whisper(one)
        case "dialed":
            dialed = reader.dialed_report(one.fields, one.received_at)
            told = await taken.dialed(one, dialed, _over(reader.leg_report(one.fields, one.received_at)))
        case "wait":
            told = Told(await taken.greet(one), [])
        case "keys":
            mark = request.query.get("mark", "")
            told = await services.incoming.keys(one, reader.digits(one.fields), mark)
        case "waited":
            told = await services.incoming.waited(one)
        case "message":
            told = await services.incoming.message(one, reader.recording_report(one.fields, one.received_at))
        case "ringing":
            told = Told(Greet(), [])
        case "aside":
            told = Told(Aside(request.query.get("words", ""), request.query.get("digits", "")), [])
        case "greeted":
            told = await services.voicemails.greeted(one)
        case "left":
            told = await services.voicemails.left(one)
        case "labelled":
            told = await services.voicemails.labelled(one, reader.digits(one.fields))
        case "opt_out":
            told = await services.opt_outs.pressed(one, reader.digits(one.fields))
        case _:
            raise Problem(404, "not_found", "There is no such callback.")
    carry_out(request, told.afterwards)
    return say(services, told)


def _over(report: LegReport) -> LegReport | None:
    """The news of the call itself that a callback came from, where that call is over."""
    return report if report.state is LegState.ENDED else None


def say(services: Services, told: Told) -> web.Response:
    kind, body = services.callback_reader.render(told.instruction)
    if isinstance(told.instruction, Goodbye | Apologise):
        log.info("call.ended_by_us")
    return web.Response(text=body, content_type=kind)


def carry_out(request: web.Request, afterwards: Sequence[Afterwards]) -> None:
    """Have done at the carrier what is committed, after the answer has gone out."""
    services = request.app[SERVICES]
    if afterwards:
        running = request.app[AFTERWARDS]
        task = asyncio.get_running_loop().create_task(services.afterwards.carry_out(afterwards))
        running.add(task)
        task.add_done_callback(running.discard)


def _fingerprint(path: str, fields: dict[str, str], token: str) -> bytes:
    """The carrier's own token of a repeat where it sends one; else what was posted, to the letter."""
    told = token or "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    return hashlib.sha256(f"{path}\n{told}".encode(errors="surrogatepass")).digest()


def _known(kind: str) -> str:
    return kind if kind in KINDS else "other"
