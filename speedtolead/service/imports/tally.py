"""What became of the rows of a file, one by one and in all.

Must not know: how a row is taken, or how a count is kept.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from speedtolead.store.imports import ImportRow, RefusalRow


class Kind(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    KNOWN = "known"
    """The source has accepted a lead with this external id before, by another post."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one row. ``code`` and ``words`` say why it was not taken; ``call_at`` is the time of its first
    call, None where nobody will be called."""

    line: int
    kind: Kind
    code: str = ""
    words: str = ""
    call_at: datetime | None = None

    @property
    def not_taken(self) -> bool:
        return self.kind in (Kind.REFUSED, Kind.UNREADABLE)


@dataclass(slots=True)
class Tally:
    """The counts of a file of ``total`` rows."""

    total: int
    counts: Counter[Kind] = field(default_factory=Counter)
    reasons: Counter[tuple[Kind, str]] = field(default_factory=Counter)
    first_call: datetime | None = None
    last_call: datetime | None = None

    @property
    def done(self) -> int:
        return self.counts.total()

    @property
    def all_taken(self) -> bool:
        return not self.counts[Kind.REFUSED] and not self.counts[Kind.UNREADABLE]

    def add(self, result: Result) -> None:
        self.counts[result.kind] += 1
        if result.not_taken:
            self.reasons[result.kind, result.code] += 1
        self.calls(result.call_at)

    def calls(self, at: datetime | None) -> None:
        """Somebody is to be called then."""
        if at is not None:
            self.first_call = at if self.first_call is None else min(at, self.first_call)
            self.last_call = at if self.last_call is None else max(at, self.last_call)


def tally_of(row: ImportRow, refusals: list[RefusalRow]) -> Tally:
    """As it was written down; without the times of calls."""
    tally = Tally(row.total)
    for kind in Kind:
        tally.counts[kind] = getattr(row, kind.value)
    for one in refusals:
        tally.reasons[Kind.UNREADABLE if one.unreadable else Kind.REFUSED, one.code] += 1
    return tally
