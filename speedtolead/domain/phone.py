"""Phone numbers as the rules see them: E.164 text, and the numbers that belong to nobody.

Must not know: how a number is parsed or validated (a library behind a port does that).
"""

from __future__ import annotations

import re

_FICTIONAL = re.compile(r"\+1[2-9]\d\d55501\d\d")

_NORTH_AMERICAN = re.compile(r"\+1[2-9](?!11)[0-8]\d[2-9](?!11)\d\d\d{4}", re.ASCII)


def is_north_american(phone: str) -> bool:
    """True for a number that is in E.164 already and may be assigned: +1 NXX NXX XXXX, ATIS-0300051."""
    return _NORTH_AMERICAN.fullmatch(phone) is not None


def is_fictional(phone: str) -> bool:
    """True for 555-0100 to 555-0199 of any North American area code: reserved for fiction, nobody's phone.

    Source: ATIS-0300115, 555 NXX Line Number Reference Document (100-199 are for fictional use).
    """
    return phone[5:10] == "55501" and _FICTIONAL.fullmatch(phone) is not None


def digit_by_digit(phone: str) -> str:
    """A number as it is said: its digits apart, a +1 number without its country code and in its three groups."""
    digits = phone.removeprefix("+")
    if phone.startswith("+1") and len(digits) == 11:
        return ", ".join(" ".join(part) for part in (digits[1:4], digits[4:7], digits[7:]))
    return " ".join(digits)


def masked(phone: str) -> str:
    """The number as a log line may show it: the last two digits only, ``…34``."""
    return f"…{phone[-2:]}"
