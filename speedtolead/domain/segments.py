"""How many segments a text has, which is what a carrier charges.

Owns: the alphabets and the counting. Must not know: what a segment costs.

A text whose characters are all of the GSM alphabet goes in 7-bit characters: 160 in one segment, 153 in each of
several; those of its extension count twice, and are not split. Any other goes in UCS-2: 70, or 67 in each of
several; a character beyond the basic plane counts twice, and is not split. Source: 3GPP TS 23.038 and 23.040.
"""

from __future__ import annotations

from dataclasses import dataclass

GSM_7, UCS_2 = "gsm-7", "ucs-2"
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
_WHOLE = {GSM_7: 160, UCS_2: 70}
_PART = {GSM_7: 153, UCS_2: 67}


@dataclass(frozen=True, slots=True)
class Segments:
    """``odd``: the characters that are not of the GSM alphabet, which make a text longer, in order."""

    encoding: str
    count: int
    units: int
    odd: str


def segments(text: str) -> Segments:
    """The segments of a text; an empty one has one."""
    odd = "".join(dict.fromkeys(c for c in text if c not in _BASIC and c not in _EXTENDED))
    encoding = UCS_2 if odd else GSM_7
    sizes = [_size(c, encoding) for c in text]
    units = sum(sizes)
    if units <= _WHOLE[encoding]:
        return Segments(encoding, 1, units, odd)
    count, left = 1, _PART[encoding]
    for size in sizes:
        if size > left:
            count, left = count + 1, _PART[encoding]
        left -= size
    return Segments(encoding, count, units, odd)


def _size(character: str, encoding: str) -> int:
    if encoding == GSM_7:
        return 2 if character in _EXTENDED else 1
    return 2 if ord(character) > 0xFFFF else 1
