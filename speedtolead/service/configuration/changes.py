"""Telling what changed between two plain values.

Owns: the comparison, and the places by which it names what differs. Must not know: what the values mean.
"""

from __future__ import annotations

from typing import Any


def differences(before: Any, after: Any, place: str = "") -> dict[str, tuple[Any, Any]]:
    """What was and what is, by place, in order. Lists are compared whole."""
    if isinstance(before, dict) and isinstance(after, dict):
        found: dict[str, tuple[Any, Any]] = {}
        for key in before.keys() | after.keys():
            inner = f"{place}.{key}" if place else str(key)
            found |= differences(before.get(key), after.get(key), inner)
        return dict(sorted(found.items()))
    return {} if before == after else {place: (before, after)}
