"""Mail addresses from offline tables: their syntax (email-validator) and the domains of throw-away boxes.

Must not know: what follows from either. Whether a domain takes mail needs a network: see ``mail_domains``.
"""

from __future__ import annotations

from disposable_email_domains import blocklist
from email_validator import EmailNotValidError, validate_email

from speedtolead.ports import MailFacts

_THROW_AWAY = frozenset(blocklist)


class OfflineMailAddresses:
    """The port for mail addresses."""

    def facts(self, address: str) -> MailFacts:
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
