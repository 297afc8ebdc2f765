"""How long what is kept: the terms of an account, their defaults, and how they are stored.

Owns: the kinds and the defaults. Five years: 16 CFR 310.5(b) asks for that long from the day of each record.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

FIVE_YEARS = timedelta(days=5 * 365 + 2)
"""With two leap days, which any five years hold at most."""


@dataclass(frozen=True, slots=True)
class Retention:
    """``raw_bodies``: what was posted, as it came. ``personal_data``: the rest of the lead, of its consent, calls
    and ledger entries that names the person. ``recordings``: of talks and of messages that callers left, at the
    carrier. Entries themselves, permits and suppressions are not removed.
    """

    raw_bodies: timedelta = FIVE_YEARS
    personal_data: timedelta = FIVE_YEARS
    recordings: timedelta = FIVE_YEARS


def to_json(terms: Retention) -> dict[str, Any]:
    """Seconds by kind; the default is left out, so that a later default counts."""
    return {
        kind: kept.total_seconds() for kind, kept in asdict(terms).items() if kept != getattr(Retention(), kind)
    }


def of_json(kept: dict[str, Any]) -> Retention:
    return Retention(**{kind: timedelta(seconds=seconds) for kind, seconds in kept.items()})
