"""Prometheus metrics of this process, and the route that shows them. No label ever holds a person's data."""

from __future__ import annotations

from functools import lru_cache

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

LEADS = Counter("speedtolead_leads_total", "Posted leads by result", ["result"])
CALLBACKS = Counter(
    "speedtolead_carrier_callbacks_total", "Carrier callbacks by kind and result", ["kind", "result"]
)
REQUESTS = Histogram(
    "speedtolead_http_request_seconds",
    "Time to answer, by route",
    ["method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)


@lru_cache(maxsize=2048)
def request(method: str, route: str, status: int) -> Histogram:
    """The series of one kind of answer: looked up by its labels once."""
    return REQUESTS.labels(method, route, str(status))


@lru_cache(maxsize=256)
def lead(result: str) -> Counter:
    """The series of one result of a posted lead."""
    return LEADS.labels(result)


async def show(_: web.Request) -> web.Response:
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
