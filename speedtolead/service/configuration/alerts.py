"""What the configuration file may say of alarms, and of mails to the account's own people.

Owns: the schema. Must not know: when an alarm opens, or how a mail is carried.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from speedtolead.domain.alarm import AlertTerms, Digest
from speedtolead.service.configuration.values import Duration, Email, Part, Percent, WallTime

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class DigestPart(Part):
    """A mail every day from ``at`` on, of the day before; and one a week on the weekday ``weekly``."""

    at: WallTime = Digest().at
    weekly: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "never"] = "mon"

    def to_domain(self) -> Digest:
        return Digest(self.at, None if self.weekly == "never" else _WEEKDAYS.index(self.weekly))


class AlertsPart(Part):
    """Left out: as usual, on the board and by webhook only."""

    speed: Duration = AlertTerms().speed
    contact_drop: Percent = AlertTerms().contact_drop
    queue: Annotated[int, Field(ge=1, le=100_000)] = AlertTerms().queue
    queue_age: Duration = timedelta(minutes=2)
    abandonment: Percent = AlertTerms().abandonment
    mail: Annotated[list[Email], Field(max_length=20)] = Field(default_factory=list)
    digest: DigestPart | None = None

    def to_terms(self, sender: str) -> AlertTerms:
        return AlertTerms(
            self.speed,
            self.contact_drop,
            self.queue,
            self.queue_age,
            self.abandonment,
            tuple(self.mail),
            sender,
            None if self.digest is None else self.digest.to_domain(),
        )
