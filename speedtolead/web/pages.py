"""The pages: sign-in, the live board, one lead's story, the API's documentation, the sample form.

Owns: rendering (Jinja2, escaped) and the headers that keep a page to itself. Every number on a page comes from the
same use case as the API's.
"""

from __future__ import annotations

from aiohttp import web


def add_to(app: web.Application) -> None:
    """Add the pages' routes."""
