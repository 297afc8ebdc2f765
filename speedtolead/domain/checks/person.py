"""Checks of the person's name and address: did a person write them, or a finger, a program, a broken form?

Owns: what no name and no address looks like. Must not know: lists of real names; nobody's list is complete.

A real name is worth more than a caught joke: only what is hardly a name in any language is objected to, letters
are judged in Latin script only, and nothing here refuses by default.
"""

from __future__ import annotations

import re
import unicodedata

from speedtolead.domain.checks.facts import Facts, Policy
from speedtolead.domain.checks.finding import Finding, Reason, accepted, not_applicable, objected, shown
from speedtolead.domain.checks.words import bare, is_test_word, normal

_LONGEST_NAME = 80
_LONGEST_ADDRESS = 200
_WEB = re.compile(
    r"https?:|www\.|\S@\S|[\w-]{2,}\.(?:com|net|org|info|ru|biz|xyz|top|site|online|link|click|shop)(?!\w)", re.I
)
_PLACEHOLDER = re.compile(r"[<>{}\[\]]|%\w+%")
"""Marks of a template that was not filled in, or of markup: {{first_name}}, [NAME], %FNAME%, <b>."""
_NOT_FILLED_IN = frozenset({"undefined", "n/a", "unknown", "none"})
"""What programs and people write for nothing. "Null" is not here: it is a surname."""

_ASCII_LETTERS = re.compile(r"[A-Za-z]+")
_DIGRAPHS = re.compile(r"shch|sch|sz|cz|rz|ch|sh|th|gh|ph|kh|zh|ck|tz|ts|ng|nh|st")
_LONG_RUN = re.compile(r"[bcdfghjklmnpqrstvwxz]{6}")
_NO_VOWELS = re.compile(r"[bcdfghjklmnpqrstvxz]{5,}")
"""w and y are vowels here: Llwyd, Glynn."""
_FOUR_ALIKE = re.compile(r"(.)\1{3}")
_ONE_LETTER = re.compile(r"([a-hj-z])\1{2,}")
"""Not i: Henry III."""
_ROWS = (("qwertyuiop", 5), ("asdfghjkl", 4), ("zxcvbnm", 4))
"""Rows of the keyboard, and how many neighbours in a row no name holds (Wertheim has four of the first)."""
_NEIGHBOURS = frozenset(
    way[at : at + size]
    for row, size in _ROWS
    for way in (row, row[::-1])
    for at in range(len(row) - size + 1)
)  # fmt: skip


def names(facts: Facts, policy: Policy) -> Finding:
    """Both names, as far as given, could be names."""
    inputs: dict[str, object] = {"first_name": shown(facts.first_name), "last_name": shown(facts.last_name)}
    given = {"first_name": facts.first_name, "last_name": facts.last_name}
    faults = {field: fault for field, name in given.items() if name and (fault := name_fault(name))}
    if not any(name and name.strip() for name in given.values()):
        return not_applicable("names", "first_name", inputs)
    inputs["faults"] = dict(faults)
    if not faults:
        return accepted("names", "first_name", inputs)
    words = "This does not look like a person's name."
    return objected("names", policy.reactions, Reason.BAD_NAME, next(iter(faults)), words, inputs)


def same_names(facts: Facts, policy: Policy) -> Finding:
    """First and last name differ."""
    inputs: dict[str, object] = {"first_name": shown(facts.first_name), "last_name": shown(facts.last_name)}
    first, last = bare(facts.first_name or ""), bare(facts.last_name or "")
    if not first or not last:
        return not_applicable("same_names", "last_name", inputs)
    if first != last:
        return accepted("same_names", "last_name", inputs)
    words = "The first and the last name are the same."
    return objected("same_names", policy.reactions, Reason.BAD_NAME, "last_name", words, inputs)


def address(facts: Facts, policy: Policy) -> Finding:
    """A street address that could be one. Whether it exists is not asked."""
    inputs: dict[str, object] = {"address": shown(facts.address)}
    if not (facts.address and facts.address.strip()):
        return not_applicable("address", "address", inputs)
    fault = "not_filled_in" if is_test_word(facts.address) else _place_fault(facts.address, shortest=4)
    inputs["fault"] = fault
    if fault is None:
        return accepted("address", "address", inputs)
    words = "This does not look like a street address."
    return objected("address", policy.reactions, Reason.BAD_ADDRESS, "address", words, inputs)


def city(facts: Facts, policy: Policy) -> Finding:
    """A city that could be one."""
    inputs: dict[str, object] = {"city": shown(facts.city)}
    if not (facts.city and facts.city.strip()):
        return not_applicable("city", "city", inputs)
    fault = _place_fault(facts.city)
    inputs["fault"] = fault
    if fault is None:
        return accepted("city", "city", inputs)
    words = "This does not look like a city."
    return objected("city", policy.reactions, Reason.BAD_ADDRESS, "city", words, inputs)


def name_fault(name: str) -> str | None:
    """What is wrong with one name; None for nothing, and for a blank one."""
    text = normal(name)
    if not text:
        return None
    if text in _NOT_FILLED_IN:
        return "not_filled_in"
    if len(text) > _LONGEST_NAME:
        return "too_long"
    if _WEB.search(text):
        return "web_or_email"
    if _PLACEHOLDER.search(text):
        return "placeholder"
    if not any(char.isalpha() for char in text):
        return "no_letters"
    if sum(char.isdigit() for char in text) > 2:
        return "digits"
    return "keyboard" if any(_mashed(word) for word in _latin_words(text)) else None


def _latin_words(text: str) -> list[str]:
    """The words that are all in Latin script, without accents; other scripts are not judged."""
    if text.isascii():
        return _ASCII_LETTERS.findall(text)
    apart = unicodedata.normalize("NFD", text)
    plain = "".join(char for char in apart if unicodedata.category(char) != "Mn")
    words = "".join(char if char.isalpha() else " " for char in plain).split()
    return [word for word in words if all(unicodedata.name(char, "").startswith("LATIN") for char in word)]


def _mashed(word: str) -> bool:
    """What fingers do to a keyboard. Two letters that spell one sound count once: Hirschsprung, Mkrtchyan."""
    if _FOUR_ALIKE.search(word) or _ONE_LETTER.fullmatch(word) or _NO_VOWELS.fullmatch(word):
        return True
    if any(run in word for run in _NEIGHBOURS):
        return True
    return _LONG_RUN.search(_DIGRAPHS.sub("c", word)) is not None


def _place_fault(place: str, shortest: int = 0) -> str | None:
    text = normal(place)
    if text in _NOT_FILLED_IN:
        return "not_filled_in"
    if len(text) > _LONGEST_ADDRESS:
        return "too_long"
    if len(text) < shortest:
        return "too_short"
    if _WEB.search(text):
        return "web_or_email"
    if _PLACEHOLDER.search(text):
        return "placeholder"
    if not any(char.isalpha() for char in text):
        return "no_letters"
    return "keyboard" if len(set(text)) == 1 and len(text) > 2 else None
