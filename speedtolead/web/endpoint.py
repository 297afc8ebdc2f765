"""One decorator for every API route: what it takes and answers, written once, served and documented from there.

Owns: the registry that ``/openapi.json`` is made of. A test holds every ``/v1`` route to having an entry.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from speedtolead.web.problems import Problem, respond

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def _expected(request: web.Request) -> web.Response | None:
    """``Expect``: only ``100-continue`` can be met. Asked before any middleware."""
    if request.headers.get("Expect", "").lower() != "100-continue":
        return respond(Problem(417, "expectation_failed", "Only 100-continue can be met."))
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0
    return None


@dataclass(frozen=True, slots=True)
class Endpoint:
    method: str
    path: str
    summary: str
    handler: Handler
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    responses: dict[int, type[BaseModel] | str] = field(default_factory=dict)
    content: str = "application/json"
    """The media type of the good answer."""
    most: int | None = None
    """So many bodies may be posted as a list as well, and are answered with a list."""


class Routes:
    """Collects endpoints, and adds them to an application."""

    def __init__(self) -> None:
        self.endpoints: list[Endpoint] = []

    def __call__(self, method: str, path: str, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            self.endpoints.append(Endpoint(method, path, summary, handler, **more))
            return handler

        return register

    def add_to(self, app: web.Application) -> None:
        for endpoint in self.endpoints:
            app.router.add_route(endpoint.method, endpoint.path, endpoint.handler, expect_handler=_expected)
