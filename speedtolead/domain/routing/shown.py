"""The number that a lead's phone shows.

Owns: the choice among the account's numbers. Must not know: which of them are in use.
"""

from __future__ import annotations

from collections.abc import Sequence


def caller_id(numbers: Sequence[str], phone: str) -> str | None:
    """The account's number to show: one of the lead's own area code if there is one, else the first."""
    near = (number for number in numbers if number[:5] == phone[:5])
    return next(near, None) or next(iter(numbers), None)
