"""What the configuration file may say of retention.

Owns: the schema. Must not know: how anything is removed.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

from speedtolead.service.configuration.values import Part
from speedtolead.service.evidence.retention import FIVE_YEARS, Retention

_LONGEST_DAYS = 100 * 366


def _days(value: object) -> timedelta:
    match = re.fullmatch(r"(\d{1,5})d", value) if isinstance(value, str) else None
    if match is None or not 1 <= int(match[1]) <= _LONGEST_DAYS:
        raise ValueError(f'expected days like "1827d", from 1d to {_LONGEST_DAYS}d')
    return timedelta(days=int(match[1]))


Kept = Annotated[timedelta, BeforeValidator(_days)]


class RetentionPart(Part):
    """How long what is kept, from the day it came. Shorter than five years is not what 16 CFR 310.5(b) asks for."""

    raw_bodies: Kept = FIVE_YEARS
    personal_data: Kept = FIVE_YEARS
    recordings: Kept = FIVE_YEARS

    def to_terms(self) -> Retention:
        return Retention(self.raw_bodies, self.personal_data, self.recordings)
