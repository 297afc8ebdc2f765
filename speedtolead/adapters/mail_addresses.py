"""Mail addresses from offline tables: their syntax (email-validator) and the domains of throw-away boxes.

Must not know: what follows from either. Whether a domain takes mail needs a network: see ``mail_domains``.
"""

from __future__ import annotations

import re
from functools import lru_cache

from disposable_email_domains import blocklist
from email_validator import EmailNotValidError, validate_email

from speedtolead.ports import MailFacts

_THROW_AWAY = frozenset(blocklist)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*")
_LONGEST_NAME, _LONGEST = 64, 254


class OfflineMailAddresses:
    """The port for mail addresses."""

    def facts(self, address: str) -> MailFacts:
        """Before a plain name nothing but the domain decides, and most leads share a few domains."""
        name, at, domain = address.rpartition("@")
        plain = len(name) <= _LONGEST_NAME and len(address) <= _LONGEST and domain.isascii()
        return _domains(domain) if at and plain and _PLAIN_NAME.fullmatch(name) else _facts(address)


@lru_cache(maxsize=4096)
def _domains(domain: str) -> MailFacts:
    return _facts(f"a@{domain}")


def _facts(address: str) -> MailFacts:
    try:
        found = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return MailFacts(False, "", False)
    domain = found.ascii_domain.lower()
    return MailFacts(True, domain, _disposable(domain))


def _disposable(domain: str) -> bool:
    """The domain itself, or any that it lies in."""
    parts = domain.split(".")
    return any(".".join(parts[n:]) in _THROW_AWAY for n in range(len(parts) - 1))
