"""The port of time."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only source of the present moment outside ``domain/``."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        ...
