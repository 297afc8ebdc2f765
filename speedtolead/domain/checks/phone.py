"""Checks of the phone number: is there one, is it somebody's, is it a line that the source takes?

Owns: what makes a number unusable or doubtful. Must not know: how a number is parsed or looked up.
"""

from __future__ import annotations

import re
from itertools import pairwise

from speedtolead.domain.checks.facts import Facts, Policy
from speedtolead.domain.checks.finding import Finding, Reason, accepted, not_applicable, objected, shown

_NOT_DIGITS = re.compile(r"[^0-9]")


def phone_given(facts: Facts, policy: Policy) -> Finding:
    """A number that can be dialled. The policy is not asked: no source can want a lead that cannot be called."""
    inputs: dict[str, object] = {"phone": shown(facts.phone)}
    if facts.phone is not None:
        return accepted("phone_given", "phone", inputs)
    words = "This is not a phone number that can be called."
    return objected("phone_given", {}, Reason.INVALID_PHONE, "phone", words, inputs)


def phone_exists(facts: Facts, policy: Policy) -> Finding:
    """The lookup knows the number."""
    inputs: dict[str, object] = {"phone": shown(facts.phone), "exists": facts.phone_exists}
    if facts.phone is None or facts.phone_exists is None:
        return not_applicable("phone_exists", "phone", inputs)
    if facts.phone_exists:
        return accepted("phone_exists", "phone", inputs)
    words = "The carriers know no such phone number."
    return objected("phone_exists", policy.reactions, Reason.INVALID_PHONE, "phone", words, inputs)


def made_up_phone(facts: Facts, policy: Policy) -> Finding:
    """Digits that a finger makes, not a carrier: 222-222-2222, 234-567-8901, any 555-5555."""
    inputs: dict[str, object] = {"phone": shown(facts.phone)}
    if facts.phone is None or facts.declared_test:
        return not_applicable("made_up_phone", "phone", inputs)
    if not _made_up(facts.phone):
        return accepted("made_up_phone", "phone", inputs)
    words = "This phone number looks made up."
    return objected("made_up_phone", policy.reactions, Reason.TEST_DATA, "phone", words, inputs)


def line_type(facts: Facts, policy: Policy) -> Finding:
    """A kind of line that the source takes, such as mobiles only."""
    taken = None if policy.line_types is None else sorted(policy.line_types)
    inputs: dict[str, object] = {"line_type": shown(facts.line_type), "taken": taken}
    if facts.line_type is None or policy.line_types is None:
        return not_applicable("line_type", "phone", inputs)
    if facts.line_type in policy.line_types:
        return accepted("line_type", "phone", inputs)
    words = "This source does not take numbers on this kind of line."
    return objected("line_type", policy.reactions, Reason.LINE_TYPE, "phone", words, inputs)


def area_code(facts: Facts, policy: Policy) -> Finding:
    """An area code that the tables know."""
    inputs: dict[str, object] = {"phone": shown(facts.phone), "assigned": facts.phone_assigned}
    if facts.phone is None or facts.phone_assigned is None:
        return not_applicable("area_code", "phone", inputs)
    if facts.phone_assigned:
        return accepted("area_code", "phone", inputs)
    words = "The area code of this phone number is not known."
    return objected("area_code", policy.reactions, Reason.UNKNOWN_AREA_CODE, "phone", words, inputs)


def _made_up(phone: str) -> bool:
    """One digit only, or digits that count up or down, through the whole number.

    The last seven digits alone are no sign (305-222-2222 may be a taxi's), but for 555-5555: the 555 exchange has
    no such subscribers. Abroad the country code's length is not known here, so the last nine digits are read.
    """
    digits = _NOT_DIGITS.sub("", phone)
    if phone.startswith("+1"):
        own = digits[1:]
        return len(own) == 10 and (own.endswith("5555555") or _regular(own))
    return len(digits) > 9 and _regular(digits[-9:])


def _regular(digits: str) -> bool:
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(digits)}
    return steps in ({0}, {1}, {9})
