"""Ports that need no network, for use with the simulated carrier.

Owns: made-up answers that are plain to see. Must not know: any provider. Nothing here fails.
"""

from __future__ import annotations

NO_MAIL = frozenset({"example", "invalid", "localhost", "test"})
"""The top-level domains that RFC 2606 keeps from ever existing."""


class OfflineMailDomains:
    """Domains under a reserved top-level domain take no mail; every other does, ``example.com`` too."""

    async def takes_mail(self, domain: str) -> bool:
        """See ``ports.MailDomains``."""
        return domain.strip().rstrip(".").rpartition(".")[2].casefold() not in NO_MAIL
