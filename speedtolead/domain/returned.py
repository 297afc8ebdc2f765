"""Returns: bad leads that are sent back to their vendor for credit.

Owns: the reasons, which carrier facts make one suspected, what a vendor's terms allow, and a claim's states.
Must not know: how a claim is sent, or who decides that a suspicion is true.
A fact that is missing makes no suspicion and no claim: a wrong claim costs the vendor's trust.

::

    prepared ─┬─ sent ─┬─ credited ◄─┐
              │        ├─ rejected ──┤ a vendor may still give in
              │        └─ expired ───┘
              ├─ withdrawn   the flag was wrong; only before it is sent
              └─ expired     the deadline passed first
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from speedtolead.domain.call import LegEnd
from speedtolead.domain.errors import IllegalTransition


class ReturnReason(StrEnum):
    DISCONNECTED = "disconnected"
    """The number is not in service."""
    WRONG_PERSON = "wrong_person"
    DID_NOT_REQUEST = "did_not_request"
    """The person denies having asked."""
    FRAUD = "fraud"
    OUTSIDE_CRITERIA = "outside_criteria"
    """Found after it was accepted, as when the person's own answers differ from the form's."""
    DUPLICATE = "duplicate"


_NOT_IN_SERVICE = frozenset({"404", "410", "604", "21211", "21217"})
"""SIP (RFC 3261, 21.4.5, 21.4.10, 21.6.3): 404 the number does not exist there, 410 gone for good, 604 exists
nowhere; RFC 3398, 7.2.4.1 makes 404 of ISUP cause 1, unallocated number, and 410 of 22, number changed. Twilio
(twilio.com/docs/api/errors): 21211 and 21217, no valid phone number; our orders are E.164 already, so it is not the
format. RFC 3398 makes 404 of ``no route`` (causes 2 and 3) too: hence a suspicion, no proof.

Left out, for what they are said to mean: 13223 a format, 13224 and 21214 may be an outage on the way, 13225 and
21216 blocked by Twilio, 21614 and 300xx texts only; SIP 480, 486, 487, 603 a number that works, 484 our digits,
5xx the network.
"""


def reason_of_code(carrier_code: str | None, end: LegEnd | None) -> ReturnReason | None:
    """The reason that a lead leg's end makes suspected; None: none. Only a leg that ``failed`` can tell.

    An intercept ("the number you have dialed…") is often answered as a machine and is not seen here.
    """
    if end is not LegEnd.FAILED or carrier_code is None:
        return None
    return ReturnReason.DISCONNECTED if carrier_code.strip() in _NOT_IN_SERVICE else None


class Credit(StrEnum):
    FULL = "full"
    """The lead's whole price; the only kind so far."""


@dataclass(frozen=True, slots=True)
class ReturnTerms:
    """What was agreed with a source's vendor."""

    window: timedelta
    """From the lead's acceptance; a claim must be sent before it ends."""
    reasons: frozenset[ReturnReason]
    maximum_share: Decimal | None = None
    """At most this share (0 to 1) of a period's accepted leads may be returned; None: all."""
    credit: Credit = Credit.FULL


def deadline(accepted_at: datetime, terms: ReturnTerms) -> datetime:
    """The first moment at which it is too late to send."""
    return accepted_at + terms.window


def claimable(accepted_at: datetime, reason: ReturnReason, terms: ReturnTerms, now: datetime) -> str | None:
    """Why a lead cannot be returned for this reason now, in words; None: it can. The share is asked apart."""
    if reason not in terms.reasons:
        taken = ", ".join(sorted(terms.reasons)) or "no reason"
        return f"The vendor takes no lead back for {reason}; it takes {taken}."
    last = deadline(accepted_at, terms)
    if now >= last:
        return f"The return window ended at {last.astimezone(UTC):%Y-%m-%d %H:%M} UTC."
    return None


def within_share(terms: ReturnTerms, returned: int, accepted: int) -> str | None:
    """Why one more return is too many, in words; None: it is not.

    ``returned`` of ``accepted`` leads of the vendor's period were claimed so far; rejected and withdrawn claims
    do not count.
    """
    if terms.maximum_share is None or returned + 1 <= terms.maximum_share * accepted:
        return None
    return f"{returned} of {accepted} leads were returned; the vendor takes back at most {terms.maximum_share:.1%}."


def credit_due(terms: ReturnTerms, price: Decimal) -> Decimal:
    """What an accepted claim brings back for a lead that cost ``price``."""
    match terms.credit:
        case Credit.FULL:
            return price
        case _:
            assert_never(terms.credit)


class ClaimState(StrEnum):
    PREPARED = "prepared"
    """Flagged; the vendor knows nothing."""
    SENT = "sent"
    """The vendor was told, and has not answered."""
    CREDITED = "credited"
    REJECTED = "rejected"
    EXPIRED = "expired"
    """Not sent before the deadline, or not answered in time."""
    WITHDRAWN = "withdrawn"
    """The flag was wrong, and the vendor was never told."""


class ClaimEvent(StrEnum):
    """What can happen to a claim."""

    SENT = "sent"
    CREDITED = "credited"
    REJECTED = "rejected"
    TIME_PASSED = "time_passed"
    WITHDRAWN = "withdrawn"


_S, _E = ClaimState, ClaimEvent
_NEXT: dict[ClaimState, dict[ClaimEvent, ClaimState]] = {
    _S.PREPARED: {_E.SENT: _S.SENT, _E.TIME_PASSED: _S.EXPIRED, _E.WITHDRAWN: _S.WITHDRAWN},
    _S.SENT: {
        _E.SENT: _S.SENT,
        _E.CREDITED: _S.CREDITED,
        _E.REJECTED: _S.REJECTED,
        _E.TIME_PASSED: _S.EXPIRED,
    },
    _S.CREDITED: {_E.SENT: _S.CREDITED, _E.CREDITED: _S.CREDITED, _E.TIME_PASSED: _S.CREDITED},
    _S.REJECTED: {
        _E.SENT: _S.REJECTED,
        _E.CREDITED: _S.CREDITED,
        _E.REJECTED: _S.REJECTED,
        _E.TIME_PASSED: _S.REJECTED,
    },
    _S.EXPIRED: {_E.CREDITED: _S.CREDITED, _E.REJECTED: _S.REJECTED, _E.TIME_PASSED: _S.EXPIRED},
    _S.WITHDRAWN: {_E.WITHDRAWN: _S.WITHDRAWN, _E.TIME_PASSED: _S.WITHDRAWN},
}


def advance(state: ClaimState, event: ClaimEvent) -> ClaimState:
    """The claim's next state; news that comes twice changes nothing, and a late answer still counts.

    Raises IllegalTransition: sending what has ended, an answer to what was never sent, withdrawing what the vendor
    was told, and rejecting what was credited.
    """
    try:
        return _NEXT[state][event]
    except KeyError:
        raise IllegalTransition(f"a claim that is {state} does not take {event}") from None


def sources(event: ClaimEvent) -> frozenset[ClaimState]:
    """The states that take this event, for a store's ``UPDATE … WHERE state = ANY(…)``."""
    return frozenset(state for state, taken in _NEXT.items() if event in taken)
