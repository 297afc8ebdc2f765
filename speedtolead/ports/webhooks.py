"""The port by which messages go to the systems of accounts and vendors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class WebhookSender(Protocol):
    """Sends a message to an account's or a vendor's system. It may be asked again after any error but Permanent."""

    async def send(self, url: str, headers: Mapping[str, str], body: bytes, method: str = "POST") -> int:
        """Send it once; the status, which is 2xx.

        Raises Permanent (``provider_code`` 410: the receiver wants no more), Transient or Indeterminate; none of
        their messages holds the address or what was answered.
        """
        ...
