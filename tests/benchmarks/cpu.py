"""CPU time from /proc, in milliseconds; not a number where the system does not tell."""

from __future__ import annotations

import math
import os
from pathlib import Path

_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def of_process(pid: int) -> float:
    """What one process has used."""
    fields = _stat(Path(f"/proc/{pid}/stat"))
    return (int(fields[11]) + int(fields[12])) * _TICK_MS if fields else math.nan


def of_family(pid: int) -> float:
    """What a process, its children and those that have ended have used: a Postgres server with its backends."""
    own = _stat(Path(f"/proc/{pid}/stat"))
    if not own:
        return math.nan
    ticks = sum(map(int, own[11:15]))
    for path in Path("/proc").glob("[0-9]*/stat"):
        fields = _stat(path)
        if fields and int(fields[1]) == pid:
            ticks += int(fields[11]) + int(fields[12])
    return ticks * _TICK_MS


def _stat(path: Path) -> list[str]:
    """The fields after the command's name: state, parent, …, user and system ticks at 11 and 12."""
    try:
        return path.read_text().rpartition(")")[2].split()
    except OSError:
        return []
