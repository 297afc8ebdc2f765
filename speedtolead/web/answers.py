"""Answers that several routes give alike: a view as JSON, and rows as CSV for who accepts it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from aiohttp import web
from pydantic import BaseModel


def answer(view: BaseModel, status: int = 200) -> web.Response:
    return web.Response(text=view.model_dump_json(), status=status, content_type="application/json")


def wants_csv(request: web.Request) -> bool:
    return "text/csv" in request.headers.get("Accept", "")


def as_csv(rows: Sequence[BaseModel]) -> web.Response:
    """A row a group; nested values become columns named ``rate.numerator``."""
    flat = [_flat(view.model_dump(mode="json")) for view in rows]
    out = io.StringIO()
    columns = list(dict.fromkeys(column for row in flat for column in row))
    writer = csv.DictWriter(out, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(flat)
    return web.Response(text=out.getvalue(), content_type="text/csv")


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, inner in value.items():
        if isinstance(inner, dict):
            row |= _flat(inner, f"{prefix}{name}.")
        elif isinstance(inner, list):
            row |= {f"{prefix}{name}.{i}": item for i, item in enumerate(inner)}
        else:
            row[prefix + name] = inner
    return row
