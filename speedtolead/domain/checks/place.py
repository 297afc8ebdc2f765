"""Checks of the place: do state, postal code, phone and network address speak of the same place?

Owns: which disagreements mean something, and where a disagreement is usual. Must not know: the tables behind a
postal code, an area code or a network address. A code that nobody knows contradicts nothing; it has its own check.
"""

from __future__ import annotations

from speedtolead.domain.checks.facts import Facts, Policy
from speedtolead.domain.checks.finding import Finding, Reason, accepted, not_applicable, objected, shown

_MILITARY = frozenset({"AA", "AE", "AP"})
"""Army and fleet post: the person, their phone and their network may be anywhere."""
_TERRITORIES = frozenset({"AS", "FM", "GU", "MH", "MP", "PR", "PW", "VI"})
STATES = _TERRITORIES | _MILITARY | frozenset(
    {
        "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY",
        "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH",
        "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY",
    }
)  # fmt: skip
"""USPS Publication 28, appendix B."""
_IN_THE_US = frozenset({"US", "UM"}) | _TERRITORIES
"""Tables of network addresses give a US territory as a country of its own."""
_NO_COUNTRY = frozenset({"XX", "ZZ"})


def state(facts: Facts, policy: Policy) -> Finding:
    """A state or territory of the US, by its two letters."""
    inputs: dict[str, object] = {"state": shown(facts.state), "country": shown(facts.country)}
    if not _stated(facts) or not _in_us(facts.country):
        return not_applicable("state", "state", inputs)
    if _stated(facts) in STATES:
        return accepted("state", "state", inputs)
    words = "This is not the two-letter code of a US state or territory."
    return objected("state", policy.reactions, Reason.UNKNOWN_STATE, "state", words, inputs)


def postal_code(facts: Facts, policy: Policy) -> Finding:
    """A postal code that the tables know."""
    inputs: dict[str, object] = {"postal_code": shown(facts.postal_code), "states": sorted(facts.postal_states)}
    if not _postal_given(facts):
        return not_applicable("postal_code", "postal_code", inputs)
    if facts.postal_states:
        return accepted("postal_code", "postal_code", inputs)
    words = "This postal code is not known."
    return objected("postal_code", policy.reactions, Reason.UNKNOWN_POSTAL_CODE, "postal_code", words, inputs)


def postal_code_in_state(facts: Facts, policy: Policy) -> Finding:
    """The postal code lies in the state."""
    inputs: dict[str, object] = {
        "state": shown(facts.state),
        "postal_code": shown(facts.postal_code),
        "postal_states": sorted(facts.postal_states),
    }
    if not _postal_given(facts) or not facts.postal_states or _stated(facts) not in STATES:
        return not_applicable("postal_code_in_state", "postal_code", inputs)
    if _stated(facts) in facts.postal_states:
        return accepted("postal_code_in_state", "postal_code", inputs)
    words = f"The postal code is in {_listed(facts.postal_states)}, not in {_stated(facts)}."
    return objected("postal_code_in_state", policy.reactions, Reason.PLACE_MISMATCH, "postal_code", words, inputs)


def area_code_place(facts: Facts, policy: Policy) -> Finding:
    """The phone's area code is of the lead's state, by the state or the postal code."""
    home = _home(facts)
    inputs: dict[str, object] = {"area_states": sorted(facts.area_states), "lead_states": sorted(home)}
    if not home or not facts.area_states:
        return not_applicable("area_code_place", "phone", inputs)
    if home & facts.area_states:
        return accepted("area_code_place", "phone", inputs)
    words = f"The area code is of {_listed(facts.area_states)}, the lead is in {_listed(home)}."
    return objected("area_code_place", policy.reactions, Reason.PLACE_MISMATCH, "phone", words, inputs)


def ip_country(facts: Facts, policy: Policy) -> Finding:
    """The form was filled in within the lead's country."""
    inputs: dict[str, object] = {"ip_country": shown(facts.ip_country), "country": shown(facts.country)}
    there = (facts.ip_country or "").strip().upper()
    readable = len(there) == 2 and there.isascii() and there.isalpha() and there not in _NO_COUNTRY
    if not readable or _stated(facts) in _MILITARY:
        return not_applicable("ip_country", "consent.ip", inputs)
    if there == facts.country.strip().upper() or (_in_us(there) and _in_us(facts.country)):
        return accepted("ip_country", "consent.ip", inputs)
    words = f"The form was filled in from {there}, outside the lead's country."
    return objected("ip_country", policy.reactions, Reason.PLACE_MISMATCH, "consent.ip", words, inputs)


def ip_state(facts: Facts, policy: Policy) -> Finding:
    """The form was filled in within the lead's state, by the state or the postal code."""
    home, there = _home(facts), (facts.ip_state or "").strip().upper()
    inputs: dict[str, object] = {"ip_state": shown(facts.ip_state), "lead_states": sorted(home)}
    abroad = facts.ip_country is not None and not _in_us(facts.ip_country)
    if not home or there not in STATES or abroad:
        return not_applicable("ip_state", "consent.ip", inputs)
    if there in home:
        return accepted("ip_state", "consent.ip", inputs)
    words = f"The form was filled in from {there}, the lead is in {_listed(home)}."
    return objected("ip_state", policy.reactions, Reason.PLACE_MISMATCH, "consent.ip", words, inputs)


def _home(facts: Facts) -> frozenset[str]:
    """Where the lead says to be. Empty when nothing tells, or when the person may be anywhere."""
    if not _in_us(facts.country):
        return frozenset()
    stated = frozenset({_stated(facts)}) & STATES
    states = stated | (facts.postal_states if _postal_given(facts) else frozenset())
    return frozenset() if states & _MILITARY else states


def _stated(facts: Facts) -> str:
    return (facts.state or "").strip().upper()


def _postal_given(facts: Facts) -> bool:
    return bool(facts.postal_code and facts.postal_code.strip()) and _in_us(facts.country)


def _in_us(country: str) -> bool:
    return country.strip().upper() in _IN_THE_US


def _listed(states: frozenset[str]) -> str:
    return " or ".join(sorted(states))
