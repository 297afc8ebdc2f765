"""A node: its parts once they are built, and how they run.

Owns: what starts for which role, in which order, and how it stops. Must not know: what the parts are built from
(``wiring``). A loop that dies ends the process with its error.
"""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog
from aiohttp import web

from speedtolead import schedule
from speedtolead.ports import Clock
from speedtolead.runtime.commits import Commits
from speedtolead.runtime.dialer import Dialer
from speedtolead.runtime.jobs import JobWorker
from speedtolead.runtime.live import LiveHub
from speedtolead.runtime.sender import Sender
from speedtolead.runtime.ticks import Ticks
from speedtolead.runtime.wake import Bell
from speedtolead.service.webhooks.relay import Relay
from speedtolead.settings import Settings
from speedtolead.store.database import Database, DatabaseAway
from speedtolead.web.app import create_app, create_runner
from speedtolead.web.services import Services

log = structlog.get_logger(__name__)

ROLES = frozenset({"web", "dialer", "scheduler"})
_RARELY = (20_000, 20, 20)
"""How seldom garbage is looked for: a request makes some thousand objects, and hardly any in a circle."""


@dataclass(frozen=True, slots=True)
class Node:
    """Built, and not yet running."""

    services: Services
    dialer: Dialer
    sender: Sender
    live: LiveHub
    relay: Relay
    jobs: JobWorker
    commits: Commits
    database: Database
    bell: Bell
    clock: Clock


async def run_node(
    settings: Settings,
    node: Node,
    roles: frozenset[str],
    stop: asyncio.Event,
    started: asyncio.Event,
    guard_seconds: float = schedule.GUARD_SECONDS,
) -> None:
    """Run a node until ``stop``: no new claims, calls under way recorded, then everything else.

    A loop that dies ends the process with its error.
    """
    ticks = Ticks()
    gc.collect()
    gc.set_threshold(*_RARELY)
    gc.freeze()  # what lives as long as the node is never looked through again, least of all while a lead waits
    async with AsyncExitStack() as stack:
        if "web" in roles:
            await stack.enter_async_context(_web(settings, node))
        if "dialer" in roles:
            await _catch_up(node)
            schedule.on_dialers(ticks, node.services)
        if "scheduler" in roles:
            schedule.on_schedulers(ticks, node.services, node.relay, guard_seconds)
        schedule.on_every_node(ticks, node.services, node.commits)
        ticks.start()
        stack.callback(ticks.stop)
        loops = [node.database.listen(node.bell.ring), node.live.run()]
        endings = []
        if "dialer" in roles:
            endings.append(node.dialer.run())
            endings.append(node.sender.run())
        if "scheduler" in roles:
            endings.append(node.jobs.run())
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in loops]
            ending = [group.create_task(one) for one in endings]
            started.set()
            log.info("node.started", roles=sorted(roles), url=settings.own_url)
            await stop.wait()
            log.info("node.stopping")
            node.dialer.stop()
            node.sender.stop()
            node.jobs.stop()
            node.live.close()
            await asyncio.gather(*ending)
            for task in tasks:
                task.cancel()
    await _last_flush(node)
    log.info("node.stopped")


def stop_on_signals() -> asyncio.Event:
    """An event that SIGTERM and Ctrl-C set."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return stop


@asynccontextmanager
async def _web(settings: Settings, node: Node) -> AsyncIterator[None]:
    runner = create_runner(create_app(node.services))
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port, reuse_port=False, backlog=1024).start()
        yield
    finally:
        await runner.cleanup()


async def _catch_up(node: Node) -> None:
    """Before anything is dialled: what became due while nobody ran does not fire all at once."""
    try:
        await node.services.catching_up.begin()
    except DatabaseAway as error:
        log.warning("catching_up.database_away", error=str(error))


async def _last_flush(node: Node) -> None:
    try:
        await node.commits.flush()
    except DatabaseAway as error:
        log.warning("commit_log.lost", error=str(error))
