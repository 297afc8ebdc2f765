"""Outcomes: what became of a lead after the talk, as its buyer reports it.

Owns: the kinds of outcome, and what each does to the lead. Must not know: who reports it, or how it is kept.
"""

from __future__ import annotations

from enum import StrEnum

from speedtolead.domain.lead import LeadEvent


class OutcomeKind(StrEnum):
    APPOINTMENT = "appointment"
    QUOTE = "quote"
    SALE = "sale"
    RETURN = "return"
    """The lead is bad, and its vendor is to take it back."""


def follows(kind: OutcomeKind) -> LeadEvent | None:
    """What an outcome does to the lead; None: nothing. A lead that is sold or bad is not called any more."""
    match kind:
        case OutcomeKind.SALE:
            return LeadEvent.SOLD
        case OutcomeKind.RETURN:
            return LeadEvent.STOPPED
        case _:
            return None
