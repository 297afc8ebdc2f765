"""Errors as RFC 9457 problem documents, and the middleware that makes them of everything that goes wrong."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import web
from pydantic import ValidationError

from speedtolead.domain.errors import NotFound, SpeedToLeadError
from speedtolead.domain.talk import NotNow
from speedtolead.service.intake.fields import FieldErrors
from speedtolead.store.database import UNSTORABLE, DatabaseAway

log = structlog.get_logger(__name__)

RETRY_SECONDS = 2
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Problem(Exception):
    """An answer that is an error. ``errors`` name fields; nothing in it repeats what was sent."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        errors: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.errors, self.headers = errors or [], headers or {}

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": _TITLES.get(self.status, "Error"),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        return body | ({"errors": self.errors} if self.errors else {})


_TITLES = {
    400: "Unreadable request",
    401: "Not authorised",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    408: "Too slow",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported type",
    422: "Not acceptable",
    429: "Too many requests",
    500: "Internal error",
    502: "Bad answer of a provider",
    503: "Not available",
}
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_type"}


def respond(problem: Problem) -> web.Response:
    response = web.Response(
        status=problem.status,
        text=json.dumps(problem.body()),
        content_type="application/problem+json",
        headers=problem.headers,
    )
    if problem.status == 408:  # what still comes of the body is no next request
        response.force_close()
    return response


def _broken_body() -> Problem:
    """It breaks off, or is not compressed or cut into chunks as it says."""
    detail = "The body breaks off, or is not encoded as it says."
    return Problem(
        400, "unreadable_body", detail, [{"field": "body", "code": "unreadable_body", "message": detail}]
    )


def field_problem(field: str, message: str, code: str = "invalid_field", status: int = 422) -> Problem:
    return Problem(status, code, f"{field}: {message}", [{"field": field, "code": code, "message": message}])


def of_validation(error: ValidationError, codes: dict[str, str] | None = None) -> Problem:
    """All the fields that did not fit; the first one's code is the problem's."""
    errors = []
    for found in error.errors(include_url=False, include_input=False, include_context=False):
        place = ".".join(str(part) for part in found["loc"]) or "body"
        code = (codes or {}).get(place, "invalid_field")
        errors.append({"field": place, "code": code, "message": found["msg"].removeprefix("Value error, ")})
    first = errors[0]
    return Problem(422, first["code"], f"{first['field']}: {first['message']}", errors)


def of_fields(error: FieldErrors) -> Problem:
    """The same of a lead's fields."""
    errors = [{"field": e.field, "code": e.code, "message": e.message} for e in error.errors]
    return Problem(422, error.code, str(error), errors)


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever is raised into a problem document."""
    try:
        return await handler(request)
    except Problem as problem:
        return respond(problem)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code = _CODES.get(error.status, "error")
        headers = {k: v for k, v in error.headers.items() if k == "Allow"}
        return respond(Problem(error.status, code, error.reason, headers=headers))
    except web.RequestPayloadError:
        return respond(_broken_body())
    except ConnectionResetError:
        if request.transport is not None:
            log.exception("web.failed")
            return respond(Problem(500, "internal_error", "Something went wrong here."))
        log.info("web.sender_gone")
        return respond(_broken_body())
    except NotFound as error:
        return respond(Problem(404, error.code, str(error)))
    except NotNow as error:
        return respond(Problem(409, error.code, str(error)))
    except DatabaseAway as error:
        log.warning("web.database_away", error=str(error))
        retry = {"Retry-After": str(RETRY_SECONDS)}
        return respond(Problem(503, error.code, "The database is away; nothing was stored.", headers=retry))
    except UNSTORABLE as error:  # no field was checked for it, which is ours to mend; asking again would not help
        route = request.match_info.route.resource  # the error's own words repeat what was sent
        log.error("web.unstorable", error=type(error).__name__, route=route.canonical if route else "unknown")
        return respond(Problem(422, "invalid_value", "Something that was sent can be neither kept nor looked up."))
    except SpeedToLeadError as error:
        log.exception("web.failed", code=error.code)
        return respond(Problem(500, error.code, "Something went wrong here."))
    except Exception:
        log.exception("web.failed")
        return respond(Problem(500, "internal_error", "Something went wrong here."))
