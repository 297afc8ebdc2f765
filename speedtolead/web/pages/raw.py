"""A posted body as a page shows it: JSON with line breaks, everything else as it came.

Owns: how much is shown, and what cannot be shown. No token of the body is changed: what stands there is what came.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic_core import from_json

MOST = 64 * 1024
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s"\[\]{},:]+', re.DOTALL)
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_DEEPEST = 40
"""Deeper than this, lines would only move to the right."""


@dataclass(frozen=True, slots=True)
class Body:
    """``size`` is the whole body's; ``cut``: not all of it is in ``text``."""

    text: str
    size: int
    cut: bool
    is_json: bool


def body(raw: bytes) -> Body:
    text = raw[:MOST].decode("utf-8", "replace")
    if len(raw) > MOST or not _is_json(raw):
        return Body(_visible(text), len(raw), len(raw) > MOST, False)
    pretty = indented(text)
    short = pretty[:MOST]
    return Body(_visible(short), len(raw), len(short) < len(pretty), True)


def _is_json(raw: bytes) -> bool:
    try:
        return isinstance(from_json(raw), dict | list)
    except ValueError:
        return False


def indented(text: str) -> str:
    """Valid JSON on lines of its own; every name and value as it was written, also a number like 1.50."""
    lines: list[str] = []
    depth, line, before = 0, "", ""
    for token in _TOKEN.findall(text):
        if token in "]}" and before not in "[{":
            lines.append(line)
            line = _indent(depth - 1)
        elif before and before in "[{," and token not in "]}":
            lines.append(line)
            line = _indent(depth)
        depth += (token in "[{") - (token in "]}")
        line += ": " if token == ":" else token
        before = token
    return "\n".join([*lines, line])


def _indent(depth: int) -> str:
    return "  " * min(depth, _DEEPEST)


def _visible(text: str) -> str:
    """Control characters, and those that turn the direction of writing, would show what did not come."""
    return _UNSEEN.sub("\ufffd", text)
