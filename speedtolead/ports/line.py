"""An agent's line: a standing call that waits in a conference of its own for leads to be dialled into it.

Owns: the values of these orders and instructions. Must not know: any provider, or who the leads are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID


def line_conference(line_id: UUID) -> str:
    """The conference that a line waits in."""
    return f"line-{line_id}"


@dataclass(frozen=True, slots=True)
class LineOrder:
    """A line to be opened: the agent is rung once, and ``1`` opens it; without ``needs_key`` answering does."""

    line_id: UUID
    address: str
    caller_id: str
    ring_timeout: timedelta
    words: str
    needs_key: bool


@dataclass(frozen=True, slots=True)
class JoinLine:
    """Wait in the line's conference, with the carrier's music, for the next lead; out of it, ask ``back``.

    The conference ends with the line's call. With a lead's it ends as well, and the line comes back into a new one.
    """

    line_id: UUID
