"""Texts and mails that are sent: how far each has come.

Owns: the states and their order, and how a receipt changes one. Must not know: a carrier's words for them.

Receipts come late, twice and in any order, and have no number: a state only rises, so that each is harmless.
"""

from __future__ import annotations

from enum import StrEnum


class MessageState(StrEnum):
    SENDING = "sending"
    """Whoever carries it was, or is about to be, asked."""
    UNKNOWN = "unknown"
    """It may have been taken: who carries it is asked, and it is never sent again blindly."""
    SENT = "sent"
    """It was taken."""
    UNDELIVERED = "undelivered"
    """It was taken, and could not be delivered."""
    FAILED = "failed"
    """It was not taken."""
    DELIVERED = "delivered"
    READ = "read"


RANK = {
    MessageState.SENDING: 0,
    MessageState.UNKNOWN: 0,
    MessageState.SENT: 1,
    MessageState.UNDELIVERED: 2,
    MessageState.FAILED: 2,
    MessageState.DELIVERED: 3,
    MessageState.READ: 4,
}
"""A delivery outranks a failure: networks give up on a message, and then it arrives."""
FINAL = frozenset(state for state, rank in RANK.items() if rank >= 2)


def advance(state: MessageState, told: MessageState) -> MessageState:
    """The state after a receipt; one of equal or lower rank changes nothing."""
    return told if RANK[told] > RANK[state] else state
