"""The stylesheet and the module, each named with a hash of its content so that it can be kept for good.

Owns: which files are served, and how long a browser may keep them. They are read once, at the start; a file that is
missing then stops the start, not a request.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from aiohttp import web

from speedtolead.web.problems import Problem

_FOLDER = Path(__file__).parent.parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript"}


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    content_type: str
    version: str


@cache
def all_assets() -> dict[str, Asset]:
    found = {path.name: path for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES}
    return {name: _read(path) for name, path in found.items()}


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    return Asset(body, _TYPES[path.suffix], hashlib.sha256(body).hexdigest()[:16])


def url(name: str) -> str:
    """Where an asset is; changes with its content."""
    return f"/static/{name}?v={all_assets()[name].version}"


async def show(request: web.Request) -> web.Response:
    asset = all_assets().get(request.match_info["name"])
    if asset is None:
        raise Problem(404, "not_found", "There is no such file.")
    current = request.query.get("v") == asset.version
    keep = "public, max-age=31536000, immutable" if current else "no-cache"
    headers = {"Cache-Control": keep, "ETag": f'"{asset.version}"'}
    if asset.version in {tag.value for tag in request.if_none_match or ()}:
        return web.Response(status=304, headers=headers)
    return web.Response(body=asset.body, content_type=asset.content_type, charset="utf-8", headers=headers)


async def no_icon(_: web.Request) -> web.Response:
    """Browsers ask for one; there is none."""
    return web.Response(status=204, headers={"Cache-Control": "public, max-age=86400"})
