"""What the configuration file may say of the source guard.

Owns: the schema of a source's guard. Must not know: how it counts and judges.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from speedtolead.domain.guard import STANDARD, Rate
from speedtolead.domain.source import GuardTerms
from speedtolead.service.configuration.values import Duration, Part


class GuardPart(Part):
    """``watch: []`` watches nothing. ``settled_after``: a lead that was not reached by then counts as such."""

    watch: tuple[Rate, ...] = tuple(Rate)
    pause: bool = False
    window_leads: Annotated[int, Field(ge=STANDARD.minimum_recent, le=1000)] = STANDARD.recent_leads
    settled_after: Annotated[Duration, Field(ge=timedelta(minutes=1), le=timedelta(days=14))] = timedelta(hours=24)

    def to_domain(self) -> GuardTerms:
        watch = tuple(rate for rate in Rate if rate in self.watch)
        return GuardTerms(watch, self.pause, self.window_leads, self.settled_after)
