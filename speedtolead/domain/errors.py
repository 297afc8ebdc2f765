"""The one base of every error that this product raises.

Owns: the base class with its stable ``code``. A code is part of the outside surface (it is the ``code`` of a
problem+json answer and of a log line), so it never changes once released; the message may.
"""

from __future__ import annotations


class SpeedToLeadError(Exception):
    """Base of all errors. ``code`` is stable and machine-readable; the message is for people."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class IllegalTransition(SpeedToLeadError):
    """A state machine was given an event that its state does not take: a defect, never a user's mistake."""

    code = "illegal_transition"


class NotFound(SpeedToLeadError):
    """There is no such thing in this account; whether another account has it is not told."""

    code = "not_found"
