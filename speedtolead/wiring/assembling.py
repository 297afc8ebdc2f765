"""A whole node, put together.

Owns: the order in which its parts are built. Where building fails, what was opened before is closed again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from speedtolead.adapters.connectors import CONNECTORS
from speedtolead.adapters.numbering import OfflineNumbering
from speedtolead.adapters.webhooks import webhook_sender
from speedtolead.carrier_accounts import accounts, callbacks_of, carriers_of, texts_of
from speedtolead.clock import SystemClock
from speedtolead.node import Node
from speedtolead.outside import mailer_of, outside
from speedtolead.ports import Clock
from speedtolead.ports.carriers import Carriers
from speedtolead.ports.messages import Texter
from speedtolead.runtime.commits import Commits
from speedtolead.runtime.dialer import Dialer
from speedtolead.runtime.jobs import JobWorker
from speedtolead.runtime.live import LiveHub
from speedtolead.runtime.placements import Placements
from speedtolead.runtime.sender import Sender
from speedtolead.runtime.wake import Bell
from speedtolead.service.access.auditing import Auditing
from speedtolead.service.access.sign_in import SignIn
from speedtolead.service.agents.changing import Agents
from speedtolead.service.agents.shifts import Shifts
from speedtolead.service.cadences.asked_calls import AskedCalls
from speedtolead.service.cadences.follow_up import FollowUp
from speedtolead.service.cadences.replanning import Replanning
from speedtolead.service.cadences.steps_within import StepsWithin
from speedtolead.service.cadences.tasks import Tasks
from speedtolead.service.calling.afterwards import CarryingOut
from speedtolead.service.calling.asking import Asking
from speedtolead.service.calling.calls import Calls
from speedtolead.service.calling.carriers import CarrierWatch, Queueing
from speedtolead.service.calling.catching_up import CatchingUp
from speedtolead.service.calling.dialing import Dialing
from speedtolead.service.calling.waiting import WaitingLeads
from speedtolead.service.configuration.editing import SourceEditing
from speedtolead.service.controls.carrying import Carrying
from speedtolead.service.controls.recording import TalkRecording
from speedtolead.service.guarding import Guarding
from speedtolead.service.lawful.permits import Permits
from speedtolead.service.lawful.suppressions import Suppressions
from speedtolead.service.leads import Leads
from speedtolead.service.learning.shown import learning
from speedtolead.service.messages.mail_events import MailEvents
from speedtolead.service.messages.receipts import Receipts
from speedtolead.service.messages.sending import Sending
from speedtolead.service.messages.unsubscribing import Unsubscribing
from speedtolead.service.messages.wording import Wording
from speedtolead.service.outcomes import Outcomes
from speedtolead.service.phone_numbers.number_watching import NumberWatching
from speedtolead.service.phone_numbers.numbers import Numbers
from speedtolead.service.reports.period import Reports
from speedtolead.service.reports.source_stats import SourceReports
from speedtolead.service.returns import Returns
from speedtolead.service.sources import Sources
from speedtolead.service.webhooks.delivery import Deliveries
from speedtolead.service.webhooks.relay import Relay
from speedtolead.service.webhooks.replay import Webhooks
from speedtolead.settings import Settings
from speedtolead.store.database import Database, DatabaseAway, connect
from speedtolead.store.embedded import embedded_server
from speedtolead.web.services import Services
from speedtolead.wiring.calling import call_services
from speedtolead.wiring.console import console_services
from speedtolead.wiring.ground import Ground, patience_of, rules_of, simulated
from speedtolead.wiring.intake import IntakeParts, intake_parts, intake_services
from speedtolead.wiring.lawful import evidence_services, lawful_services
from speedtolead.wiring.reports import report_services

JOB_CONNECTIONS = 4


@asynccontextmanager
async def database_url(settings: Settings) -> AsyncIterator[str]:
    """The URL of the settings, or of the embedded server while it runs."""
    if settings.database_url:
        yield settings.database_url
        return
    async with embedded_server(settings.data_dir) as url:
        yield url


@asynccontextmanager
async def build(settings: Settings, url: str, clock: Clock | None = None) -> AsyncIterator[Node]:
    """Everything of a node on a migrated database."""
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(connect(url, settings.database_connections, by_key=True))
        queues = Queueing()
        carriers = await stack.enter_async_context(carriers_of(settings, queues.hear))
        texts = await stack.enter_async_context(texts_of(settings))
        numbering = await asyncio.to_thread(OfflineNumbering)
        others = await stack.enter_async_context(outside(settings))
        sender = await stack.enter_async_context(webhook_sender())
        apart = await stack.enter_async_context(connect(url, JOB_CONNECTIONS))  # no job waits in a call's way
        jobs = JobWorker(url, Deliveries(apart, sender, clock).deliver)
        rules = await rules_of(apart, clock)
        ground = Ground(settings, clock, database, apart, rules, Permits(rules, simulated(settings)))
        parts = intake_parts(ground, numbering, others)
        yield _assemble(ground, carriers, texts, queues, parts, jobs)
        await parts.histories.close()


def _assemble(
    ground: Ground,
    carriers: Carriers,
    texts: Texter,
    queues: Queueing,
    parts: IntakeParts,
    jobs: JobWorker,
) -> Node:
    clock, database, apart, permits = ground.clock, ground.database, ground.apart, ground.permits
    bell, commits, patience = Bell(), Commits(database), patience_of(ground.settings)
    calls = Calls(database, clock, patience, permits)
    terms = {account.name: account.terms for account in accounts(ground.settings)}
    watch = CarrierWatch(database, clock, carriers, terms, queues, patience.dialing)
    area_codes = parts.tables.numbering.area_codes()
    asking = Asking(database, carriers, clock, calls, Placements(database), watch, patience)
    recording = TalkRecording(database, carriers, clock, permits)
    controls = Carrying(database, carriers, clock, calls, recording)
    afterwards = CarryingOut(database, carriers, clock, controls, asking.ask, calls.sent_to_message)
    dialing = Dialing(database, clock, asking, afterwards, watch, patience, permits, area_codes)
    dialer = Dialer(dialing, clock, bell.wake())
    live = LiveHub(apart, bell.wake())
    reader = callbacks_of(ground.settings)
    suppressions = Suppressions(database, clock)
    wording = Wording(ground.settings.own_url, ground.settings.signing_key)
    sending = Sending(apart, clock, patience, permits, suppressions, wording, texts, mailer_of(ground.settings))
    receipts = Receipts(apart, clock, patience, sending, texts)
    services = Services(
        clock=clock,
        sources=Sources(apart, clock),
        editing=SourceEditing(apart, clock, CONNECTORS),
        connectors=CONNECTORS,
        leads=Leads(database, clock),
        outcomes=Outcomes(database, clock, FollowUp(permits)),
        returns=Returns(apart, clock),
        guarding=Guarding(apart, clock),
        numbers=Numbers(apart, clock),
        number_watch=NumberWatching(apart, clock),
        reports=Reports(apart, clock),
        source_reports=SourceReports(apart),
        learning=learning(apart, clock),
        agents=Agents(database, clock),
        shifts=Shifts(database, clock),
        waiting=WaitingLeads(database, clock, ground.permits),
        sign_in=SignIn(database, clock),
        auditing=Auditing(apart, clock),
        webhooks=Webhooks(apart, clock),
        live=live,
        ready=lambda: _why_not_ready(database),
        signing_key=ground.settings.signing_key,
        public_url=ground.settings.own_url,
        simulated=simulated(ground.settings),
        **intake_services(ground, parts, commits, dialer),
        **call_services(ground, carriers, watch, calls, patience, afterwards, reader, parts.tables.numbering),
        **lawful_services(ground, parts, reader, suppressions),
        receipts=receipts,
        mail_events=MailEvents(apart, clock, receipts, suppressions, permits),
        receipt_reader=reader,
        replanning=Replanning(apart, clock, permits),
        steps_within=StepsWithin(apart, clock, permits),
        tasks=Tasks(apart, clock),
        catching_up=CatchingUp(apart, clock),
        asked_calls=AskedCalls(apart, clock, permits, wording),
        unsubscribing=Unsubscribing(apart, suppressions, wording),
        **evidence_services(apart, clock),
        **console_services(ground.settings, database, clock, calls, permits, suppressions, wording),
        **report_services(ground.settings, apart, clock, watch, ground.rules),
    )
    sender = Sender(sending, apart, clock, bell.wake())
    return Node(services, dialer, sender, live, Relay(apart, clock), jobs, commits, database, bell, clock)


async def _why_not_ready(database: Database) -> str | None:
    try:
        await database.ping()
    except DatabaseAway as error:
        return str(error)
    return None
