"""A lead's states: every state with every event."""

from __future__ import annotations

import pytest

from speedtolead.domain.errors import IllegalTransition
from speedtolead.domain.lead import OPEN_STATES, Consent, LeadEvent, LeadState, advance

S, E = LeadState, LeadEvent

# attempted, contacted, sold, cadence ended, suppressed, stopped
TABLE: dict[LeadState, tuple[LeadState, ...]] = {
    S.NEW: (S.WORKING, S.CONTACTED, S.CONVERTED, S.EXHAUSTED, S.SUPPRESSED, S.CLOSED),
    S.WORKING: (S.WORKING, S.CONTACTED, S.CONVERTED, S.EXHAUSTED, S.SUPPRESSED, S.CLOSED),
    S.CONTACTED: (S.CONTACTED, S.CONTACTED, S.CONVERTED, S.CONTACTED, S.CONTACTED, S.CONTACTED),
    S.CONVERTED: (S.CONVERTED,) * 6,
    S.EXHAUSTED: (S.EXHAUSTED, S.CONTACTED, S.CONVERTED, S.EXHAUSTED, S.EXHAUSTED, S.EXHAUSTED),
    S.SUPPRESSED: (S.SUPPRESSED, S.CONTACTED, S.CONVERTED, S.SUPPRESSED, S.SUPPRESSED, S.SUPPRESSED),
    S.CLOSED: (S.CLOSED, S.CONTACTED, S.CONVERTED, S.CLOSED, S.CLOSED, S.CLOSED),
}
ORDER = (E.ATTEMPTED, E.CONTACTED, E.SOLD, E.CADENCE_ENDED, E.SUPPRESSED, E.STOPPED)


@pytest.mark.parametrize("state", [s for s in S if s is not S.REJECTED])
@pytest.mark.parametrize("event", list(E))
def test_every_state_answers_every_event(state: LeadState, event: LeadEvent) -> None:
    assert advance(state, event) is TABLE[state][ORDER.index(event)]


@pytest.mark.parametrize("event", list(E))
def test_nothing_happens_to_a_rejected_lead(event: LeadEvent) -> None:
    with pytest.raises(IllegalTransition, match=event):
        advance(S.REJECTED, event)


def test_nothing_makes_a_lead_open_again() -> None:
    for state in set(S) - OPEN_STATES - {S.REJECTED}:
        assert not {advance(state, event) for event in E} & OPEN_STATES


@pytest.mark.parametrize(
    ("consent", "has"),
    [
        (Consent(("call",)), False),
        (Consent(("call",), trustedform_cert_url="https://cert.trustedform.com/x"), True),
        (Consent(("call",), leadid_token="token"), True),
        (Consent(("call",), trustedform_cert_url="", leadid_token=""), False),
    ],
)
def test_either_certificate_counts(consent: Consent, has: bool) -> None:
    assert consent.has_certificate is has
