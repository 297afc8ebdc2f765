"""Ports that need no network, for use with the simulated carrier.

Owns: made-up answers that are plain to see. Must not know: any provider. Nothing here fails.
"""

from __future__ import annotations

NO_MAIL = frozenset({"example", "invalid", "localhost", "test"})
"""The top-level domains that RFC 2606 keeps from ever existing."""


class OfflineMailDomains:
    """Domains under a reserved top-level domain, and those that begin with ``nomail.``, take no mail; others do."""

    async def takes_mail(self, domain: str) -> bool:
        """See ``ports.MailDomains``."""
        labels = domain.strip().rstrip(".").casefold().split(".")
        return labels[-1] not in NO_MAIL and labels[0] != "nomail"
