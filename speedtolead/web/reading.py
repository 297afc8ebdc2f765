"""Reading a request, the same way on every route: ids, queries, bodies, forms, cursors and moments.

Owns: the base of our own query and body models, the time a body may take, and the refusal that names what did not
fit. Must not know: any resource. A Problem is raised for whatever cannot be read: 400, 404, 408, 413, 415 or 422.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import zlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Middleware
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, ValidationError, field_validator
from pydantic_core import from_json

from speedtolead.service.intake.fields import check_text
from speedtolead.web.problems import Problem, field_problem, of_validation

BODY_SECONDS = 10.0
"""How long a body may take to arrive."""
YEARS = (1900, 2199)
"""Of the moments that are asked for: wide enough for "from the beginning", with no zone out of the calendar."""
JSON = "application/json"
_SECONDS = web.RequestKey("body_seconds", float)
_BROKEN_FORM = (ValueError, LookupError, RuntimeError, AssertionError, HttpProcessingError, zlib.error)
"""What aiohttp raises for a form that is none; a part of a multipart form may be broken in ways of its own."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Read = TypeVar("Read")
Model = TypeVar("Model", bound=BaseModel)


class Given(BaseModel):
    """The base of what is asked or told in our own words: known names, and text that can be kept."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*")
    @classmethod
    def _text(cls, value: object) -> object:
        if isinstance(value, str):
            check_text(value)
        return value


def _sayable(at: datetime) -> datetime:
    if not YEARS[0] <= at.year <= YEARS[1]:
        raise ValueError(f"expected a date between {YEARS[0]} and {YEARS[1]}")
    return at


AnyMoment = Annotated[AwareDatetime, AfterValidator(_sayable)]


def limits(seconds: float = BODY_SECONDS) -> Middleware:
    """For every route: a path that can name nothing is a 404, and a body comes within so many seconds."""

    @web.middleware
    async def limited(request: web.Request, handler: Handler) -> web.StreamResponse:
        for part in request.match_info.values():
            if not _is_text(part):
                raise _nothing()
        request[_SECONDS] = seconds
        return await handler(request)

    return limited


def id_of(request: web.Request, name: str) -> UUID:
    """The id in the path. Raises a Problem: 404."""
    try:
        return UUID(request.match_info[name])
    except ValueError:
        raise _nothing() from None


def query_of(model: type[Model], request: web.Request, *, leave_empty_out: bool = False) -> Model:
    """The query; a form asks for nothing by what is left empty in it. Raises a Problem: 422."""
    given = {
        name.encode(errors="replace").decode(): value  # a name that is no Unicode could not be named
        for name, value in request.query.items()
        if value or not leave_empty_out
    }
    return checked(model, given)


def checked(model: type[Model], given: Any) -> Model:
    """Values of a query, form or body as their model. Raises a Problem: 422, with every field that does not fit."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise of_validation(error) from None


async def json_of(model: type[Model], request: web.Request) -> Model:
    """The JSON body. Raises a Problem: 400, 408, 413, 415 or 422."""
    if request.content_type != JSON:
        raise unsupported("Post application/json.")
    try:
        value = from_json(await body(request), allow_inf_nan=False)
    except ValueError:
        raise unreadable("The body is not valid JSON.") from None
    return checked(model, value)


async def body(request: web.Request) -> bytes:
    """The body as it was sent; a compressed one is not taken. Raises a Problem: 408, 413 or 415."""
    _refuse_compressed(request)
    return await as_it_came(request)


async def as_it_came(request: web.Request) -> bytes:
    """The body, compressed or not: it is never inflated. Raises a Problem: 408 or 413."""
    return await _in_time(request, request.read)


async def form(request: web.Request) -> dict[str, list[str]]:
    """The text fields of a posted form, in order; a body of another type has none, and files are left out.

    Raises a Problem: 400, 408, 413 or 415.
    """
    _refuse_compressed(request)
    try:
        posted = await _in_time(request, request.post)
        fields: dict[str, list[str]] = {}
        for name, value in posted.items():
            if isinstance(value, str):
                f"{name}{value}".encode()  # other encodings can say what is no Unicode
                fields.setdefault(name, []).append(value)
    except _BROKEN_FORM:
        raise unreadable("The form cannot be read.") from None
    return fields


async def _in_time(request: web.Request, read: Callable[[], Awaitable[Read]]) -> Read:
    seconds = request.get(_SECONDS, BODY_SECONDS)
    try:
        if request.content.is_eof():  # it is all here, as it mostly is
            return await read()
        async with asyncio.timeout(seconds):
            return await read()
    except TimeoutError:
        detail = f"The body did not come within {seconds:g} seconds."
        raise _of("body", Problem(408, "too_slow", detail)) from None
    except web.HTTPRequestEntityTooLarge:
        detail = f"The body is larger than {request.client_max_size // 1024} KiB."
        raise _of("body", Problem(413, "too_large", detail)) from None


def _refuse_compressed(request: web.Request) -> None:
    """A small body that inflates to a large one would cost us what it does not cost its sender."""
    if any(said.strip().lower() not in {"", "identity"} for said in request.headers.getall("Content-Encoding", ())):
        problem = Problem(415, "unsupported_encoding", "Post the body as it is, without a Content-Encoding.")
        raise _of("Content-Encoding", problem)


def unsupported(detail: str) -> Problem:
    return _of("Content-Type", Problem(415, "unsupported_type", detail))


def unreadable(detail: str) -> Problem:
    return _of("body", Problem(400, "unreadable_body", detail))


def to_cursor(at: datetime, row_id: UUID) -> str:
    """Where a page ended, as its ``next``."""
    return base64.urlsafe_b64encode(f"{at.isoformat()} {row_id}".encode()).decode().rstrip("=")


def cursor_of(text: str | None, field: str = "after") -> tuple[datetime, UUID] | None:
    """Where the page before ended. Raises a Problem: 422."""
    if text is None:
        return None
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        at, _, row_id = plain.partition(" ")
        moment = _sayable(datetime.fromisoformat(at))
        if moment.tzinfo is None:
            raise ValueError("a moment without a zone")
        return moment, UUID(row_id)
    except (ValueError, binascii.Error):
        raise field_problem(field, "expected the `next` of another page") from None


def _is_text(value: str) -> bool:
    try:
        check_text(value)
    except ValueError:
        return False
    return True


def _nothing() -> Problem:
    return Problem(404, "not_found", "There is no such thing.")


def _of(field: str, problem: Problem) -> Problem:
    """The same, with the place that it is about."""
    problem.errors = [{"field": field, "code": problem.code, "message": problem.detail}]
    return problem
