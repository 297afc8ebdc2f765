"""Figures that every bench prints. Must not know: what was measured."""

from __future__ import annotations

import math
import os
import platform
import sys
from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; not a number where there is nothing."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def machine(postgres: str, prefix: str) -> str:
    """What it ran on, and the command that makes the figures."""
    return (
        f"{os.cpu_count()} cores {platform.machine()}, Python {platform.python_version()}, embedded Postgres "
        f"{postgres} (fsync on), leads in {prefix}\n$ python {' '.join(sys.argv)}"
    )
