"""A node in a process of its own, which can kill itself with SIGKILL right after a chosen step of the dial path.

The step's function is wrapped, not replaced: everything before the kill has really happened, and was committed.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Any

from speedtolead import logs, wiring
from speedtolead.adapters.numbering import OfflineNumbering
from speedtolead.adapters.twilio.carrier import TwilioCarrier
from speedtolead.node import ROLES, run_node, stop_on_signals
from speedtolead.runtime.dialer import Dialer
from speedtolead.service.calling.callbacks import Callbacks
from speedtolead.service.calling.dialing import Dialing
from speedtolead.service.intake.taking import Intake
from speedtolead.settings import Settings

STEPS: dict[str, tuple[type, str, int]] = {
    "lead committed": (Intake, "take", 1),
    "dialing committed": (Dialing, "_commit", 1),
    "carrier asked": (TwilioCarrier, "place_call", 1),
    "call recorded": (Dialer, "_guarded", 1),
    "agent's phone reported": (Callbacks, "report", 1),
    "offer taken": (Callbacks, "accept", 1),
    "lead's phone reported": (Callbacks, "report", 4),
    "call over": (Callbacks, "dialed", 1),
}
"""The step's class and method, and after how many good returns the node dies."""


def die_after(owner: type, name: str, times: int) -> None:
    original: Callable[..., Any] = getattr(owner, name)
    done = 0

    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        nonlocal done
        result = await original(*args, **kwargs)
        if getattr(result, "orders", True):  # a look at the plan that claimed nothing does not count
            done += 1
        if done == times:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, wrapped)


async def _serve(settings: Settings, step: str | None) -> None:
    if step:
        die_after(*STEPS[step])
    async with wiring.build(settings, settings.database_url) as node:
        await run_node(settings, node, ROLES, stop_on_signals(), asyncio.Event())


def run(settings: Settings, step: str | None, log_path: str) -> None:
    """The process: everything it writes goes to the log."""
    log = os.open(log_path, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.dup2(log, 1)
    os.dup2(log, 2)
    logs.configure(settings.log_format)
    asyncio.run(_serve(settings, step))


OfflineNumbering()
"""Read the tables when this module is preloaded, so that each process has them from its start."""
