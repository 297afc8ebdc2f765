"""What the configuration file may say of taking leads back.

Owns: the schema of a source's return terms. Must not know: when a claim is made under them.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from speedtolead.domain.returned import ReturnReason, ReturnTerms
from speedtolead.service.configuration.values import Duration, Part


class ReturnsPart(Part):
    """``maximum_share`` is of the leads accepted in a calendar month of the account's zone."""

    window: Annotated[Duration, Field(gt=timedelta(0))]
    reasons: Annotated[list[ReturnReason], Field(min_length=1)]
    maximum_share: Annotated[Decimal, Field(gt=0, le=1)] | None = None

    def to_domain(self) -> ReturnTerms:
        return ReturnTerms(self.window, frozenset(self.reasons), self.maximum_share)
