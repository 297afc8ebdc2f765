"""The composition root: settings in, a running node out.

Owns: what is built from what, in which order it starts, and how it stops. Nothing else builds anything.
"""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import aiohttp
import structlog
from aiohttp import web

from speedtolead.adapters.connectors import CONNECTORS
from speedtolead.adapters.connectors.kept import read_again
from speedtolead.adapters.mail_addresses import OfflineMailAddresses
from speedtolead.adapters.numbering import OfflineNumbering
from speedtolead.adapters.twilio.addresses import Addresses
from speedtolead.adapters.twilio.callbacks import TwilioCallbacks
from speedtolead.adapters.twilio.carrier import TwilioCarrier, twilio_carrier
from speedtolead.adapters.webhooks import webhook_sender
from speedtolead.clock import SystemClock
from speedtolead.outside import Outside, outside
from speedtolead.ports import Clock
from speedtolead.runtime.commits import Commits
from speedtolead.runtime.dialer import Dialer
from speedtolead.runtime.jobs import JobWorker
from speedtolead.runtime.live import LiveHub
from speedtolead.runtime.placements import Placements
from speedtolead.runtime.ticks import Ticks
from speedtolead.runtime.wake import Bell
from speedtolead.service.abandonment import AbandonmentWatch
from speedtolead.service.afterwards import CarryingOut
from speedtolead.service.agents import Agents
from speedtolead.service.callbacks import Callbacks
from speedtolead.service.calls import Calls
from speedtolead.service.configuration.editing import SourceEditing
from speedtolead.service.dialing import Dialing
from speedtolead.service.do_not_call import DoNotCall
from speedtolead.service.evidence.chaining import Ledger
from speedtolead.service.evidence.export import Exports
from speedtolead.service.evidence.keeping import Keeping
from speedtolead.service.guarding import Guarding
from speedtolead.service.imports.run import Imports
from speedtolead.service.intake.again import SendingAgain
from speedtolead.service.intake.histories import SourceHistories
from speedtolead.service.intake.inbound import Inbound
from speedtolead.service.intake.kept import KeptPosts
from speedtolead.service.intake.mail_domains import MailDomainChecks
from speedtolead.service.intake.pinging import Pings
from speedtolead.service.intake.providers import Providers
from speedtolead.service.intake.standing import Tables
from speedtolead.service.intake.taking import Intake
from speedtolead.service.intake.trial import Trials
from speedtolead.service.intake.unread import UnreadPosts
from speedtolead.service.leads import Leads
from speedtolead.service.opt_outs import OptOuts
from speedtolead.service.outcomes import Outcomes
from speedtolead.service.patience import Patience
from speedtolead.service.permits import Permits
from speedtolead.service.preview import Previews
from speedtolead.service.recordings import Recordings
from speedtolead.service.reports import Reports
from speedtolead.service.returns import Returns
from speedtolead.service.rules.current import RuleSets
from speedtolead.service.sign_in import SignIn
from speedtolead.service.source_stats import SourceReports
from speedtolead.service.sources import Sources
from speedtolead.service.suppressions import Suppressions
from speedtolead.service.sweeping import Sweeping
from speedtolead.service.webhooks.delivery import Deliveries
from speedtolead.service.webhooks.relay import Relay
from speedtolead.service.webhooks.replay import Webhooks
from speedtolead.settings import Settings
from speedtolead.simulator import (
    SIMULATED_ACCOUNT_SID,
    SIMULATED_AUTH_TOKEN,
    SimulatorConfig,
    running_simulator,
)
from speedtolead.store.database import Database, DatabaseAway, connect
from speedtolead.store.dial import DueRow, SlotPolicy
from speedtolead.store.embedded import embedded_server
from speedtolead.web.app import create_app, create_runner
from speedtolead.web.services import Services
from speedtolead.web.sources import posted_fields

log = structlog.get_logger(__name__)

ROLES = frozenset({"web", "dialer", "scheduler"})
SWEEP_SECONDS = 1.0
COMMIT_LOG_SECONDS = 0.5
PRUNE_SECONDS = 3600.0
RELEASE_PINGS_SECONDS = 5.0
RULES_SECONDS = 10.0
ABANDONMENT_SECONDS = 5.0
MAIL_DOMAIN_SECONDS = 5.0
RELAY_SECONDS = 0.5
REQUEUE_SECONDS = 5.0
JOB_CONNECTIONS = 4
PRUNE_JOBS_SECONDS = 600.0
EXPIRE_RETURNS_SECONDS = 60.0
LISTS_SECONDS = 600.0
GUARD_SECONDS = 300.0
CHAIN_SECONDS = 1.0
CHAIN_SPENDS = 0.15
"""Seconds of each tick: a chain that is written while leads come would take what their calls need."""
RETENTION_SECONDS = 600.0
IMPORT_CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Credentials:
    """How the carrier is reached."""

    account_sid: str
    auth_token: str
    api_url: str


def credentials(settings: Settings) -> Credentials:
    """The simulated carrier has an account of its own; a compatible one elsewhere is taken from the settings."""
    if settings.carrier == "twilio":
        return Credentials(settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_api_url)
    return Credentials(SIMULATED_ACCOUNT_SID, SIMULATED_AUTH_TOKEN, f"http://127.0.0.1:{settings.simulator_port}")


@asynccontextmanager
async def database_url(settings: Settings) -> AsyncIterator[str]:
    """The URL of the settings, or of the embedded server while it runs."""
    if settings.database_url:
        yield settings.database_url
        return
    async with embedded_server(settings.data_dir) as url:
        yield url


@asynccontextmanager
async def simulated_carrier(settings: Settings) -> AsyncIterator[None]:
    """The simulated carrier on its own port while the node runs; where that is taken, another node's is used."""
    if settings.carrier != "simulated":
        yield
        return
    config = SimulatorConfig(calls_per_second=settings.dial_rate)
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(running_simulator(config, "127.0.0.1", settings.simulator_port))
        except OSError:
            log.info("simulator.shared", port=settings.simulator_port)
        yield


@asynccontextmanager
async def carrier_of(settings: Settings) -> AsyncIterator[TwilioCarrier]:
    account = credentials(settings)
    async with twilio_carrier(
        name=settings.carrier,
        account_sid=account.account_sid,
        auth_token=account.auth_token,
        api_url=account.api_url,
        public_url=settings.own_url,
        timeout=settings.carrier_timeout,
    ) as carrier:
        yield carrier


@dataclass(frozen=True, slots=True)
class Node:
    """One node, built and not yet running."""

    services: Services
    dialer: Dialer
    live: LiveHub
    relay: Relay
    jobs: JobWorker
    commits: Commits
    database: Database
    bell: Bell
    clock: Clock


@asynccontextmanager
async def build(settings: Settings, url: str, clock: Clock | None = None) -> AsyncIterator[Node]:
    """Everything of a node on a migrated database."""
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(connect(url, settings.database_connections, by_key=True))
        carrier = await stack.enter_async_context(carrier_of(settings))
        numbering = await asyncio.to_thread(OfflineNumbering)
        others = await stack.enter_async_context(outside(settings))
        sender = await stack.enter_async_context(webhook_sender())
        apart = await stack.enter_async_context(connect(url, JOB_CONNECTIONS))  # no job waits in a call's way
        jobs = JobWorker(url, Deliveries(apart, sender, clock).deliver)
        parts = _intake_of(settings, clock, database, apart, numbering, others)
        rules = await _rules(apart, clock)
        yield _assemble(settings, clock, database, apart, carrier, parts, jobs, rules)
        await parts.histories.close()


def _assemble(
    settings: Settings,
    clock: Clock,
    database: Database,
    apart: Database,
    carrier: TwilioCarrier,
    parts: _IntakeParts,
    jobs: JobWorker,
    rules: RuleSets,
) -> Node:
    simulated = settings.carrier == "simulated"
    patience = _patience(settings)
    bell = Bell()
    permits = Permits(rules, simulated)
    calls = Calls(database, clock, patience, permits)
    afterwards = CarryingOut(database, carrier, clock)
    slots = SlotPolicy(carrier.name, settings.dial_rate)
    dialing = Dialing(database, carrier, clock, calls, Placements(database), slots, patience, permits)
    dialer = Dialer(dialing, clock, bell.wake())
    commits = Commits(database)
    live = LiveHub(apart, bell.wake())
    pings = Pings(database, clock, parts.tables.numbering, permits)
    intake = Intake(
        database, clock, parts.tables, parts.providers, parts.histories, commits, dialer, pings, permits
    )
    unread = UnreadPosts(database, clock)
    reader = TwilioCallbacks(credentials(settings).auth_token, Addresses(settings.own_url))
    suppressions = Suppressions(database, clock)
    ledger = Ledger(apart, clock)
    kept = KeptPosts(CONNECTORS, read_again, posted_fields)
    services = Services(
        clock=clock,
        intake=intake,
        inbound=Inbound(intake, unread, CONNECTORS, parts.http, clock),
        unread=unread,
        pings=pings,
        mail_domains=parts.mail_domains,
        kept=kept,
        trials=Trials(intake, parts.histories, clock),
        again=SendingAgain(intake, kept, clock),
        sources=Sources(apart, clock),
        editing=SourceEditing(apart, clock, CONNECTORS),
        connectors=CONNECTORS,
        leads=Leads(database, clock),
        outcomes=Outcomes(database, clock),
        returns=Returns(apart, clock),
        guarding=Guarding(apart, clock),
        reports=Reports(apart, clock),
        source_reports=SourceReports(apart),
        agents=Agents(database, clock),
        callbacks=Callbacks(database, clock, calls, patience, permits),
        sweeping=Sweeping(database, carrier, clock, calls, patience, afterwards),
        afterwards=afterwards,
        recordings=Recordings(apart, carrier),
        sign_in=SignIn(database, clock),
        webhooks=Webhooks(apart, clock),
        callback_reader=reader,
        live=live,
        ready=lambda: _why_not_ready(database),
        signing_key=settings.signing_key,
        public_url=settings.own_url,
        simulated=simulated,
        rules=rules,
        permits=permits,
        abandonment=AbandonmentWatch(apart, clock, rules),
        suppressions=suppressions,
        opt_outs=OptOuts(database, clock, suppressions, reader),
        text_reader=reader,
        do_not_call=DoNotCall(apart, clock, rules),
        previews=Previews(apart, clock, parts.tables.numbering, permits),
        ledger=ledger,
        exports=Exports(apart, clock, ledger),
        keeping=Keeping(apart, clock, ledger),
    )
    return Node(services, dialer, live, Relay(apart, clock), jobs, commits, database, bell, clock)


@dataclass(frozen=True, slots=True)
class _IntakeParts:
    tables: Tables
    providers: Providers
    histories: SourceHistories
    mail_domains: MailDomainChecks
    http: aiohttp.ClientSession


def _intake_of(
    settings: Settings,
    clock: Clock,
    database: Database,
    apart: Database,
    numbering: OfflineNumbering,
    others: Outside,
) -> _IntakeParts:
    """What the intake asks. Histories are counted apart: a long count is in no lead's way."""
    addresses = OfflineMailAddresses()
    return _IntakeParts(
        Tables(numbering, addresses, others.ip_places, settings.carrier == "simulated"),
        Providers(
            database,
            clock,
            lookup=others.lookup,
            reassigned=others.lookup,
            certificates=others.certificates,
            scrub=others.scrub,
        ),
        SourceHistories(apart, clock),
        MailDomainChecks(apart, clock, addresses, others.mail_domains),
        others.http,
    )


class _NoDialer:
    """For a command that takes leads without a node: they are left to the nodes, which are woken."""

    def takes_leads(self) -> bool:
        return False

    def hand_over(self, due: DueRow) -> None:
        raise AssertionError("no lead is handed over to a dialer that takes none")


@asynccontextmanager
async def building_imports(settings: Settings, url: str, clock: Clock | None = None) -> AsyncIterator[Imports]:
    """The intake alone on a migrated database, for importing files whether or not a node runs."""
    clock = clock or SystemClock()
    async with (
        connect(url, IMPORT_CONNECTIONS, by_key=True) as database,
        connect(url, 2) as apart,
        outside(settings) as others,
    ):
        numbering = await asyncio.to_thread(OfflineNumbering)
        parts = _intake_of(settings, clock, database, apart, numbering, others)
        commits = Commits(database)
        rules = await _rules(database, clock)
        permits = Permits(rules, settings.carrier == "simulated")
        pings = Pings(database, clock, numbering, permits)
        intake = Intake(
            database, clock, parts.tables, parts.providers, parts.histories, commits, _NoDialer(), pings, permits
        )
        try:
            yield Imports(database, intake, commits, clock, permits)
        finally:
            await parts.histories.close()


async def _rules(database: Database, clock: Clock) -> RuleSets:
    rules = RuleSets(database, clock)
    await rules.refresh()
    return rules


def _patience(settings: Settings) -> Patience:
    """``dialing`` outlasts the slowest carrier request, so that a slow answer is not taken for none."""
    call = timedelta(seconds=settings.call_lease)
    window = timedelta(seconds=settings.carrier_consistency_window)
    return Patience(
        claim=timedelta(seconds=settings.claim_lease),
        dialing=timedelta(seconds=2 * settings.carrier_timeout + 2),
        call=call,
        consistency=window,
        missed_offer_rest=timedelta(seconds=settings.missed_offer_rest),
        ask_again=min(timedelta(seconds=5), max(window / 10, timedelta(milliseconds=200))),
    )


async def _why_not_ready(database: Database) -> str | None:
    try:
        await database.ping()
    except DatabaseAway as error:
        return str(error)
    return None


async def run(
    settings: Settings,
    node: Node,
    roles: frozenset[str],
    stop: asyncio.Event,
    started: asyncio.Event,
    guard_seconds: float = GUARD_SECONDS,
) -> None:
    """Run a node until ``stop``: no new claims, calls under way recorded, then everything else.

    A loop that dies ends the process with its error.
    """
    ticks = Ticks()
    gc.collect()
    gc.freeze()  # what lives as long as the node is never looked through again, least of all while a lead waits
    async with AsyncExitStack() as stack:
        if "web" in roles:
            await stack.enter_async_context(_web(settings, node))
        if "scheduler" in roles:
            _schedule(ticks, node)
            ticks.every(guard_seconds, "guard", node.services.guarding.look)
        ticks.every(COMMIT_LOG_SECONDS, "commit_log", node.commits.flush)
        ticks.every(RULES_SECONDS, "rules", node.services.rules.refresh)  # whoever decides, whatever its roles
        ticks.start()
        stack.callback(ticks.stop)
        loops = [node.database.listen(node.bell.ring), node.live.run()]
        endings = []
        if "dialer" in roles:
            endings.append(node.dialer.run())
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
            node.jobs.stop()
            node.live.close()
            await asyncio.gather(*ending)
            for task in tasks:
                task.cancel()
    await _last_flush(node)
    log.info("node.stopped")


def _schedule(ticks: Ticks, node: Node) -> None:
    ticks.every(SWEEP_SECONDS, "sweep", node.services.sweeping.sweep)
    ticks.every(ABANDONMENT_SECONDS, "abandonment", node.services.abandonment.look)
    ticks.every(PRUNE_SECONDS, "prune_sessions", node.services.sign_in.prune)
    ticks.every(RELEASE_PINGS_SECONDS, "release_pings", node.services.pings.release)
    ticks.every(MAIL_DOMAIN_SECONDS, "mail_domains", node.services.mail_domains.ask)
    ticks.every(PRUNE_SECONDS, "forget_posts", node.services.unread.forget)
    ticks.every(RELAY_SECONDS, "relay", node.relay.relay)
    ticks.every(REQUEUE_SECONDS, "requeue", node.relay.requeue)
    ticks.every(PRUNE_JOBS_SECONDS, "prune_jobs", node.relay.prune)
    ticks.every(LISTS_SECONDS, "lists", node.services.do_not_call.look)
    ticks.every(EXPIRE_RETURNS_SECONDS, "expire_returns", node.services.returns.expire)
    ticks.every(CHAIN_SECONDS, "chain", partial(node.services.ledger.chain, CHAIN_SPENDS))
    ticks.every(RETENTION_SECONDS, "retention", node.services.keeping.let_go)


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


async def _last_flush(node: Node) -> None:
    try:
        await node.commits.flush()
    except DatabaseAway as error:
        log.warning("commit_log.lost", error=str(error))
