"""The fields of a lead that a mapping can fill, and what fits them.

Owns: the names of our API's lead fields as a mapping writes them. Must not know: how the API checks posted values.
A constant that the API would refuse in every lead is a mistake of the mapping, so it is found here.
"""

from __future__ import annotations

import re

ATTRIBUTES = "attributes."
_CONSENT_TEXTS = (
    "text", "captured_at", "url", "ip", "user_agent", "seller", "trustedform_cert_url", "leadid_token",
)  # fmt: skip
_TEXTS = (
    "phone", "first_name", "last_name", "email", "address", "city", "state", "postal_code", "country",
    "external_id", "owner", "submitted_at", "schedule_at", "cost", "ip", "user_agent", "device", "seconds_on_form",
    "honeypot", "ping_id", *(f"consent.{name}" for name in _CONSENT_TEXTS),
)  # fmt: skip
_OBJECTS = ("consent", "attributes")
TARGETS = frozenset({*_TEXTS, *_OBJECTS, "test", "consent.channels"})
"""All but ``attributes.NAME``. ``consent`` and ``attributes`` take an object whole."""
OWN = tuple(sorted(target for target in TARGETS if "." not in target))
"""The names under which our own API takes a lead."""
_CHANNELS = frozenset({"call", "sms", "email"})
_LONGEST_NAME = 120
WIDEST_NUMBER = 10**30
_REFUSED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def has_refused_character(text: str) -> bool:
    """Control characters and half characters: the API takes a text with one in no field."""
    return _REFUSED.search(text) is not None


def target_problem(target: str) -> str | None:
    """Why there is no such field, or None."""
    if target in TARGETS:
        return None
    if not target.startswith(ATTRIBUTES):
        return f"a lead has no such field; it has {', '.join(sorted(TARGETS))} and attributes.NAME"
    name = target.removeprefix(ATTRIBUTES)
    if name != name.strip() or not 1 <= len(name) <= _LONGEST_NAME:
        return f"the name of an attribute has 1 to {_LONGEST_NAME} characters, no blanks around it"
    if not all(char.isalnum() or char in "_- " for char in name):
        return 'the name of an attribute has letters, digits, "_", "-" and blanks'
    return None


def misfit(target: str, value: object) -> str | None:
    """Why this constant does not fit this field, or None."""
    if target.startswith(ATTRIBUTES):
        return None
    if target in _OBJECTS:
        return _object_misfit(target, value)
    if target == "test":
        return None if isinstance(value, bool) else "expected true or false"
    if target == "consent.channels":
        return None if _are_channels(value) else f"expected channels, of {', '.join(sorted(_CHANNELS))}"
    if isinstance(value, bool):
        return f"expected a text, got {str(value).lower()}; YAML reads yes, no, on, off so unless they are quoted"
    return None if isinstance(value, str | int | float) else "expected a text or a number"


def _object_misfit(target: str, value: object) -> str | None:
    if not isinstance(value, dict):
        return "expected an object"
    for name, inner in value.items():
        field = f"{target}.{name}"
        problem = misfit(field, inner) if field in TARGETS or target == "attributes" else "there is no such field"
        if problem is not None:
            return f"{name}: {problem}"
    return None


def _are_channels(value: object) -> bool:
    words = value.split(",") if isinstance(value, str) else value
    return isinstance(words, list) and all(
        isinstance(word, str) and word.strip().lower() in _CHANNELS for word in words
    )
