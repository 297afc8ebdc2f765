"""State, postal code, phone and network address: which disagreements mean something."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from speedtolead.domain.checks import Facts, Policy, Reason, Verdict, place

ACCEPT, PENALTY, NOTHING = Verdict.ACCEPT, Verdict.PENALTY, Verdict.NOT_APPLICABLE


def states(*codes: str) -> frozenset[str]:
    return frozenset(codes)


def lead(**known: Any) -> Facts:
    return Facts(received_at=datetime(2026, 6, 10, 16, tzinfo=UTC), **known)


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        ({"state": "FL"}, ACCEPT),
        ({"state": " fl "}, ACCEPT),
        ({"state": "DC"}, ACCEPT),
        ({"state": "PR"}, ACCEPT),
        ({"state": "AE"}, ACCEPT),
        ({"state": "GU", "country": "GU"}, ACCEPT),
        ({"state": "FL", "country": " us "}, ACCEPT),
        ({"state": "ZZ"}, PENALTY),
        ({"state": "ON"}, PENALTY),
        ({"state": "Florida"}, PENALTY),
        ({"state": "F"}, PENALTY),
        ({"state": "ON", "country": "CA"}, NOTHING),
        ({"state": None}, NOTHING),
        ({"state": " "}, NOTHING),
    ],
)
def test_a_state_is_one_of_the_us(known: dict[str, Any], verdict: Verdict) -> None:
    finding = place.state(lead(**known), Policy())
    wanted = (Reason.UNKNOWN_STATE, 10) if verdict is PENALTY else ("", 0)
    assert (finding.verdict, finding.reason, finding.points) == (verdict, *wanted)


def test_there_are_50_states_a_capital_8_territories_and_3_armed_forces() -> None:
    assert len(place.STATES) == 50 + 1 + 8 + 3
    assert all(len(code) == 2 and code.isupper() for code in place.STATES)


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        ({"postal_code": "33601", "postal_states": states("FL")}, ACCEPT),
        ({"postal_code": "00000"}, PENALTY),
        ({"postal_code": "K1A 0B1", "country": "CA"}, NOTHING),
        ({"postal_code": None}, NOTHING),
        ({"postal_code": " "}, NOTHING),
    ],
)
def test_a_postal_code_is_known(known: dict[str, Any], verdict: Verdict) -> None:
    finding = place.postal_code(lead(**known), Policy())
    wanted = (Reason.UNKNOWN_POSTAL_CODE, 10) if verdict is PENALTY else ("", 0)
    assert (finding.verdict, finding.reason, finding.points) == (verdict, *wanted)


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        ({"state": "FL", "postal_code": "33601", "postal_states": states("FL")}, ACCEPT),
        ({"state": "fl", "postal_code": "33601", "postal_states": states("FL", "GA")}, ACCEPT),
        ({"state": "NY", "postal_code": "33601", "postal_states": states("FL")}, PENALTY),
        ({"state": "NY", "postal_code": "00000"}, NOTHING),
        ({"state": "ZZ", "postal_code": "33601", "postal_states": states("FL")}, NOTHING),
        ({"state": None, "postal_code": "33601", "postal_states": states("FL")}, NOTHING),
        ({"state": "NY", "postal_states": states("FL")}, NOTHING),
        ({"state": "NY", "postal_code": "1", "postal_states": states("FL"), "country": "CA"}, NOTHING),
    ],
)
def test_a_postal_code_lies_in_its_state(known: dict[str, Any], verdict: Verdict) -> None:
    finding = place.postal_code_in_state(lead(**known), Policy())
    wanted = (Reason.PLACE_MISMATCH, 15) if verdict is PENALTY else ("", 0)
    assert (finding.verdict, finding.reason, finding.points) == (verdict, *wanted)


def test_a_contradiction_is_told_with_both_sides() -> None:
    known = lead(state="ny", postal_code="33601", postal_states=states("GA", "FL"))
    finding = place.postal_code_in_state(known, Policy())
    assert finding.words == "The postal code is in FL or GA, not in NY."
    assert finding.inputs == {"state": "ny", "postal_code": "33601", "postal_states": ["FL", "GA"]}


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        ({"state": "FL", "area_states": states("FL")}, ACCEPT),
        ({"state": "FL", "area_states": states("NY")}, PENALTY),
        ({"postal_code": "33601", "postal_states": states("FL"), "area_states": states("NY")}, PENALTY),
        ({"postal_code": "33601", "postal_states": states("FL"), "area_states": states("FL")}, ACCEPT),
        (
            {"state": "NY", "postal_code": "33601", "postal_states": states("FL"), "area_states": states("FL")},
            ACCEPT,
        ),
        ({"state": "AE", "area_states": states("NY")}, NOTHING),
        ({"state": "ZZ", "area_states": states("NY")}, NOTHING),
        ({"state": "FL"}, NOTHING),
        ({"area_states": states("NY")}, NOTHING),
        ({"state": "NY", "country": "CA", "area_states": states("FL")}, NOTHING),
    ],
)
def test_a_phone_from_elsewhere_costs_little(known: dict[str, Any], verdict: Verdict) -> None:
    finding = place.area_code_place(lead(**known), Policy())
    wanted = (Reason.PLACE_MISMATCH, 3) if verdict is PENALTY else ("", 0)
    assert (finding.verdict, finding.reason, finding.points) == (verdict, *wanted)
    assert ("NY" in finding.words and "FL" in finding.words) is (verdict is PENALTY)


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        ({"ip_country": "US"}, ACCEPT),
        ({"ip_country": " us "}, ACCEPT),
        ({"ip_country": "USA"}, NOTHING),
        ({"ip_country": "ÜS"}, NOTHING),
        ({"ip_country": "PR"}, ACCEPT),
        ({"ip_country": "US", "country": "PR"}, ACCEPT),
        ({"ip_country": "CA", "country": " ca "}, ACCEPT),
        ({"ip_country": "IN"}, PENALTY),
        ({"ip_country": "US", "country": "CA"}, PENALTY),
        ({"ip_country": "DE", "state": "AE"}, NOTHING),
        ({"ip_country": "XX"}, NOTHING),
        ({"ip_country": "T1"}, NOTHING),
        ({"ip_country": ""}, NOTHING),
        ({"ip_country": None}, NOTHING),
    ],
)
def test_a_form_filled_in_abroad_costs_points(known: dict[str, Any], verdict: Verdict) -> None:
    finding = place.ip_country(lead(**known), Policy())
    wanted = (Reason.PLACE_MISMATCH, 20) if verdict is PENALTY else ("", 0)
    assert (finding.verdict, finding.reason, finding.points) == (verdict, *wanted)


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        ({"state": "FL", "ip_state": "FL"}, ACCEPT),
        ({"state": "FL", "ip_state": " fl ", "ip_country": "US"}, ACCEPT),
        ({"state": "FL", "ip_state": "GA"}, PENALTY),
        ({"postal_code": "33601", "postal_states": states("FL"), "ip_state": "GA"}, PENALTY),
        ({"state": "FL", "ip_state": "GA", "ip_country": "DE"}, NOTHING),
        ({"state": "FL", "ip_state": "ON"}, NOTHING),
        ({"state": "AP", "ip_state": "GA"}, NOTHING),
        ({"state": "FL"}, NOTHING),
        ({"ip_state": "GA"}, NOTHING),
    ],
)
def test_a_network_address_in_another_state_costs_little(known: dict[str, Any], verdict: Verdict) -> None:
    finding = place.ip_state(lead(**known), Policy())
    wanted = (Reason.PLACE_MISMATCH, 3) if verdict is PENALTY else ("", 0)
    assert (finding.verdict, finding.reason, finding.points) == (verdict, *wanted)
