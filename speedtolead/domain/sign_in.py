"""How often somebody may try to sign in, and how long a session lasts.

Owns: the limits. Must not know: passwords, requests.

Failures are counted in windows: by the email from one address (someone guessing a password), by the address
(someone guessing many emails; an office shares one, so the limit is wide), and by the email from anywhere (many
machines guessing one password; wide as well, since anybody can use it up to keep its owner out for a window).
Guidance: NIST SP 800-63B 5.2.2 (at most 100 failures in a row for an account), OWASP ASVS 2.2.1 and 3.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

WINDOW = timedelta(minutes=15)
SESSION_LASTS = timedelta(hours=12)
"""A working day with its breaks; then one signs in again whatever one did."""
IDLE_LASTS = timedelta(hours=2)
"""A session with which nobody did anything for so long is over. A console that is ready for leads is in use."""


class Counted(StrEnum):
    PAIR = "pair"
    ADDRESS = "address"
    EMAIL = "email"


MOST: Mapping[Counted, int] = {Counted.PAIR: 10, Counted.ADDRESS: 100, Counted.EMAIL: 50}
"""Failures in a window, after which nothing is tried any more until it is over."""


def wait(failures: Mapping[Counted, tuple[int, datetime]], now: datetime) -> timedelta | None:
    """How long to wait before a try; None: it may be made.

    ``failures``: how many in the window that began then, the try itself among them.
    """
    ends = [since + WINDOW for kind, (tries, since) in failures.items() if tries > MOST[kind]]
    return max(max(ends) - now, timedelta(seconds=1)) if ends else None
