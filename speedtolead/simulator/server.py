"""The simulated carrier as a server.

Owns putting the parts together, starting and stopping them. Must not know what any part does. Stopping lets
go of held requests, ends every call without telling anybody, and leaves no task or session behind.
"""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from .api import Api
from .config import SimulatorConfig
from .control import Control
from .engine import Carrier
from .gate import Gate
from .mail import Mailbox, running_mail_server
from .providers import Providers
from .texts import Messages


@dataclass(frozen=True, slots=True)
class Parts:
    """One simulator's insides."""

    carrier: Carrier
    messages: Messages
    gate: Gate
    mailbox: Mailbox


PARTS = web.AppKey("parts", Parts)


@dataclass(frozen=True, slots=True)
class RunningSimulator:
    """A simulator that is listening."""

    url: str
    config: SimulatorConfig
    carrier: Carrier
    messages: Messages
    gate: Gate
    """Its `arrivals` are the API requests that came."""
    mailbox: Mailbox
    smtp_port: int

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])


def create_app(config: SimulatorConfig | None = None) -> web.Application:
    """Serves Twilio's API, the providers of facts and /simulator; it starts and stops with its runner."""
    config = config or SimulatorConfig()
    app = web.Application(client_max_size=1024 * 1024)

    async def life(app: web.Application) -> AsyncIterator[None]:
        parts = app[PARTS]
        await parts.carrier.open()
        yield
        await parts.messages.close()
        await parts.carrier.close()

    async def let_go(app: web.Application) -> None:
        app[PARTS].gate.open_held()

    carrier = Carrier(config)
    parts = Parts(carrier, Messages(carrier), Gate(carrier), Mailbox())
    app[PARTS] = parts
    api = Api(parts.carrier, parts.messages, parts.gate)
    app.add_routes(api.routes())
    app.add_routes(Control(parts.carrier, parts.messages, parts.gate, parts.mailbox).routes())
    providers = Providers(parts.carrier, parts.gate)
    app.add_routes(providers.routes())
    app.on_shutdown.extend((let_go, providers.let_go))
    app.cleanup_ctx.append(life)
    return app


def announce(carrier: Carrier, url: str) -> None:
    """Tells the carrier under which address it is reached: recordings are linked there."""
    config = carrier.config
    path = f"{config.path_prefix}/2010-04-01/Accounts/{config.account_sid}"
    carrier.recordings.public_base = f"{url}{path}"


@asynccontextmanager
async def running_simulator(
    config: SimulatorConfig | None = None, host: str = "127.0.0.1", port: int = 0, smtp_port: int = 0
) -> AsyncIterator[RunningSimulator]:
    """A simulator and its mail server, on free ports unless told which, until the block is left."""
    config = config or SimulatorConfig()
    app = create_app(config)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        bound = runner.addresses[0][1]
        name = f"[{host}]" if _is_ipv6(host) else host
        url = f"http://{name}:{bound}"
        parts = app[PARTS]
        announce(parts.carrier, url)
        async with running_mail_server(parts.mailbox, host, smtp_port) as mail:
            yield RunningSimulator(url, config, parts.carrier, parts.messages, parts.gate, parts.mailbox, mail)
    finally:
        await runner.cleanup()


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).version == 6
    except ValueError:
        return False
