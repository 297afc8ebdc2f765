"""The composition root: settings in, a node out.

Owns: what is built from what; nothing else builds anything. Must not know: how a node runs (``node``), or who is
asked outside (``outside``). Where building fails, what was opened before is closed again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypedDict

import aiohttp

from speedtolead.adapters.connectors import CONNECTORS
from speedtolead.adapters.connectors.kept import read_again
from speedtolead.adapters.mail_addresses import OfflineMailAddresses
from speedtolead.adapters.numbering import OfflineNumbering
from speedtolead.adapters.twilio.callbacks import TwilioCallbacks
from speedtolead.adapters.twilio.incoming import TwilioIncoming
from speedtolead.adapters.webhooks import webhook_sender
from speedtolead.carrier_accounts import accounts, callbacks_of, carriers_of, texts_of
from speedtolead.clock import SystemClock
from speedtolead.consoles import console_services
from speedtolead.node import Node
from speedtolead.numbers_wiring import number_services
from speedtolead.outside import Outside, mailer_of, outside
from speedtolead.ports import CallbackReader, Clock, Numbering
from speedtolead.ports.carriers import Carriers
from speedtolead.ports.incoming import IncomingReader
from speedtolead.ports.messages import Texter
from speedtolead.ports.texts import TextReader
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
from speedtolead.service.cadences.preview import CadencePreviews
from speedtolead.service.cadences.replanning import Replanning
from speedtolead.service.cadences.steps_within import StepsWithin
from speedtolead.service.cadences.tasks import Tasks
from speedtolead.service.calling.afterwards import CarryingOut
from speedtolead.service.calling.asking import Asking
from speedtolead.service.calling.callbacks import Callbacks
from speedtolead.service.calling.calls import Calls
from speedtolead.service.calling.carriers import CarrierWatch, Queueing
from speedtolead.service.calling.catching_up import CatchingUp
from speedtolead.service.calling.dialing import Dialing
from speedtolead.service.calling.labels import Labels
from speedtolead.service.calling.left_legs import LeftLegs
from speedtolead.service.calling.lines import Lines
from speedtolead.service.calling.patience import Patience
from speedtolead.service.calling.recordings import Recordings
from speedtolead.service.calling.sounds import Sounds
from speedtolead.service.calling.sweeping import Sweeping
from speedtolead.service.calling.voicemails import Voicemails
from speedtolead.service.calling.waiting import WaitingLeads
from speedtolead.service.configuration.editing import SourceEditing
from speedtolead.service.controls.carrying import Carrying
from speedtolead.service.controls.listing import Talks
from speedtolead.service.controls.recording import TalkRecording
from speedtolead.service.controls.sweeping import TalkSweeping
from speedtolead.service.controls.taking import Controls
from speedtolead.service.evidence.chaining import Ledger
from speedtolead.service.evidence.export import Exports
from speedtolead.service.evidence.keeping import Keeping
from speedtolead.service.guarding import Guarding
from speedtolead.service.imports.run import Imports
from speedtolead.service.inbound.calls import IncomingCalls
from speedtolead.service.inbound.going_on import GoingOn
from speedtolead.service.inbound.messages import Messages
from speedtolead.service.inbound.recognising import Recognising
from speedtolead.service.intake.again import SendingAgain
from speedtolead.service.intake.forgetting import Forgetting
from speedtolead.service.intake.histories import SourceHistories
from speedtolead.service.intake.inbound import Inbound
from speedtolead.service.intake.kept import KeptPosts
from speedtolead.service.intake.mail_domains import MailDomainChecks
from speedtolead.service.intake.pinging import Pings
from speedtolead.service.intake.providers import Providers
from speedtolead.service.intake.standing import Tables
from speedtolead.service.intake.taking import Handover, Intake
from speedtolead.service.intake.trial import Trials
from speedtolead.service.intake.unread import UnreadPosts
from speedtolead.service.lawful.abandonment import AbandonmentWatch
from speedtolead.service.lawful.do_not_call import DoNotCall
from speedtolead.service.lawful.opt_outs import OptOuts
from speedtolead.service.lawful.permits import Permits
from speedtolead.service.lawful.preview import Previews
from speedtolead.service.lawful.suppressions import Suppressions
from speedtolead.service.leads import Leads
from speedtolead.service.learning.shown import learning
from speedtolead.service.messages.mail_events import MailEvents
from speedtolead.service.messages.receipts import Receipts
from speedtolead.service.messages.replies import Replies
from speedtolead.service.messages.sending import Sending
from speedtolead.service.messages.unsubscribing import Unsubscribing
from speedtolead.service.messages.wording import Wording
from speedtolead.service.outcomes import Outcomes
from speedtolead.service.phone_numbers.number_watching import NumberWatching
from speedtolead.service.phone_numbers.numbers import Numbers
from speedtolead.service.reports.period import Reports
from speedtolead.service.reports.source_stats import SourceReports
from speedtolead.service.returns import Returns
from speedtolead.service.rules.current import RuleSets
from speedtolead.service.sources import Sources
from speedtolead.service.webhooks.delivery import Deliveries
from speedtolead.service.webhooks.relay import Relay
from speedtolead.service.webhooks.replay import Webhooks
from speedtolead.settings import Settings
from speedtolead.store.database import Database, DatabaseAway, connect
from speedtolead.store.dial import DueRow
from speedtolead.store.embedded import embedded_server
from speedtolead.web.services import Services
from speedtolead.web.sources import posted_fields

JOB_CONNECTIONS = 4
IMPORT_CONNECTIONS = 8


@asynccontextmanager
async def database_url(settings: Settings) -> AsyncIterator[str]:
    """The URL of the settings, or of the embedded server while it runs."""
    if settings.database_url:
        yield settings.database_url
        return
    async with embedded_server(settings.data_dir) as url:
        yield url


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the parts stand on. ``apart``: connections for whatever must not be in a call's way."""

    settings: Settings
    clock: Clock
    database: Database
    apart: Database
    rules: RuleSets
    permits: Permits


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
        rules = await _rules(apart, clock)
        ground = _Ground(settings, clock, database, apart, rules, Permits(rules, _simulated(settings)))
        parts = _intake_parts(ground, numbering, others)
        yield _assemble(ground, carriers, texts, queues, parts, jobs)
        await parts.histories.close()


def _assemble(
    ground: _Ground,
    carriers: Carriers,
    texts: Texter,
    queues: Queueing,
    parts: _IntakeParts,
    jobs: JobWorker,
) -> Node:
    clock, database, apart, permits = ground.clock, ground.database, ground.apart, ground.permits
    bell, commits, patience = Bell(), Commits(database), _patience(ground.settings)
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
        simulated=_simulated(ground.settings),
        **_intake_services(ground, parts, commits, dialer),
        **_call_services(ground, carriers, watch, calls, patience, afterwards, reader, parts.tables.numbering),
        **_lawful_services(ground, parts, reader, suppressions),
        receipts=receipts,
        mail_events=MailEvents(apart, clock, receipts, suppressions, permits),
        receipt_reader=reader,
        replanning=Replanning(apart, clock, permits),
        steps_within=StepsWithin(apart, clock, permits),
        tasks=Tasks(apart, clock),
        catching_up=CatchingUp(apart, clock),
        asked_calls=AskedCalls(apart, clock, permits, wording),
        unsubscribing=Unsubscribing(apart, suppressions, wording),
        **_evidence_services(apart, clock),
        **console_services(ground.settings, database, clock, calls, permits, suppressions, wording),
        **number_services(ground.settings, apart, clock, watch, ground.rules),
    )
    sender = Sender(sending, apart, clock, bell.wake())
    return Node(services, dialer, sender, live, Relay(apart, clock), jobs, commits, database, bell, clock)


class _IntakeServices(TypedDict):
    intake: Intake
    inbound: Inbound
    unread: UnreadPosts
    forgetting: Forgetting
    pings: Pings
    mail_domains: MailDomainChecks
    kept: KeptPosts
    trials: Trials
    again: SendingAgain


def _intake_services(ground: _Ground, parts: _IntakeParts, commits: Commits, dialer: Dialer) -> _IntakeServices:
    clock = ground.clock
    intake, pings = _intake(ground, parts, commits, dialer)
    unread = UnreadPosts(ground.database, clock)
    kept = KeptPosts(CONNECTORS, read_again, posted_fields)
    return {
        "intake": intake,
        "inbound": Inbound(intake, unread, CONNECTORS, parts.http, clock),
        "unread": unread,
        "forgetting": Forgetting(ground.apart, clock),
        "pings": pings,
        "mail_domains": parts.mail_domains,
        "kept": kept,
        "trials": Trials(intake, parts.histories, clock),
        "again": SendingAgain(intake, kept, clock),
    }


class _CallServices(TypedDict):
    callbacks: Callbacks
    incoming: IncomingCalls
    incoming_reader: IncomingReader
    messages: Messages
    callback_reader: CallbackReader
    sweeping: Sweeping
    left_legs: LeftLegs
    afterwards: CarryingOut
    controls: Controls
    talks: Talks
    talk_sweeping: TalkSweeping
    lines: Lines
    recordings: Recordings
    labels: Labels
    voicemails: Voicemails
    sounds: Sounds
    carriers: CarrierWatch


def _call_services(
    ground: _Ground,
    carriers: Carriers,
    watch: CarrierWatch,
    calls: Calls,
    patience: Patience,
    afterwards: CarryingOut,
    reader: TwilioCallbacks,
    numbering: Numbering,
) -> _CallServices:
    clock, database = ground.clock, ground.database
    going_on = GoingOn(clock, patience, ground.permits, numbering)
    labels = Labels(database, clock, calls)
    return {
        "controls": Controls(database, clock, calls),
        "talks": Talks(ground.apart),
        "lines": Lines(database, carriers, clock, calls, afterwards, patience),
        "talk_sweeping": TalkSweeping(database, carriers, clock, calls, patience, afterwards),
        "callbacks": Callbacks(database, clock, calls, patience, ground.permits, going_on),
        "incoming": IncomingCalls(database, clock, calls, Recognising(numbering, patience), going_on, afterwards),
        "incoming_reader": TwilioIncoming(),
        "messages": Messages(ground.apart, clock),
        "callback_reader": reader,
        "sweeping": Sweeping(database, carriers, clock, calls, patience, afterwards),
        "left_legs": LeftLegs(database, carriers, clock, calls, patience, afterwards),
        "afterwards": afterwards,
        "recordings": Recordings(ground.apart, carriers, clock),
        "labels": labels,
        "voicemails": Voicemails(database, clock, ground.permits, labels),
        "sounds": Sounds(ground.apart, clock),
        "carriers": watch,
    }


class _LawfulServices(TypedDict):
    rules: RuleSets
    permits: Permits
    previews: Previews
    cadences: CadencePreviews
    abandonment: AbandonmentWatch
    do_not_call: DoNotCall
    suppressions: Suppressions
    opt_outs: OptOuts
    text_reader: TextReader


def _lawful_services(
    ground: _Ground, parts: _IntakeParts, reader: TwilioCallbacks, suppressions: Suppressions
) -> _LawfulServices:
    clock, apart, rules = ground.clock, ground.apart, ground.rules
    return {
        "rules": rules,
        "permits": ground.permits,
        "previews": Previews(apart, clock, parts.tables.numbering, ground.permits),
        "cadences": CadencePreviews(apart, clock, parts.tables.numbering, rules),
        "abandonment": AbandonmentWatch(apart, clock, rules),
        "do_not_call": DoNotCall(apart, clock, rules),
        "suppressions": suppressions,
        "opt_outs": OptOuts(ground.database, clock, suppressions, reader, Replies(ground.permits)),
        "text_reader": reader,
    }


class _EvidenceServices(TypedDict):
    ledger: Ledger
    exports: Exports
    keeping: Keeping


def _evidence_services(apart: Database, clock: Clock) -> _EvidenceServices:
    ledger = Ledger(apart, clock)
    return {"ledger": ledger, "exports": Exports(apart, clock, ledger), "keeping": Keeping(apart, clock, ledger)}


@dataclass(frozen=True, slots=True)
class _IntakeParts:
    tables: Tables
    providers: Providers
    histories: SourceHistories
    mail_domains: MailDomainChecks
    http: aiohttp.ClientSession


def _intake_parts(ground: _Ground, numbering: OfflineNumbering, others: Outside) -> _IntakeParts:
    """What the intake asks. Histories are counted apart: a long count is in no lead's way."""
    addresses = OfflineMailAddresses()
    return _IntakeParts(
        Tables(numbering, addresses, others.ip_places, _simulated(ground.settings)),
        Providers(
            ground.database,
            ground.clock,
            lookup=others.lookup,
            reassigned=others.lookup,
            certificates=others.certificates,
            scrub=others.scrub,
        ),
        SourceHistories(ground.apart, ground.clock),
        MailDomainChecks(ground.apart, ground.clock, addresses, others.mail_domains),
        others.http,
    )


def _intake(ground: _Ground, parts: _IntakeParts, commits: Commits, dialer: Handover) -> tuple[Intake, Pings]:
    database, clock, permits = ground.database, ground.clock, ground.permits
    pings = Pings(database, clock, parts.tables.numbering, permits)
    asked = (parts.tables, parts.providers, parts.histories)
    return Intake(database, clock, *asked, commits, dialer, pings, permits), pings


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
        commits = Commits(database)
        rules = await _rules(database, clock)
        ground = _Ground(settings, clock, database, apart, rules, Permits(rules, _simulated(settings)))
        parts = _intake_parts(ground, numbering, others)
        intake, _ = _intake(ground, parts, commits, _NoDialer())
        try:
            yield Imports(database, intake, commits, clock, ground.permits)
        finally:
            await parts.histories.close()


async def _rules(database: Database, clock: Clock) -> RuleSets:
    rules = RuleSets(database, clock)
    await rules.refresh()
    return rules


def _simulated(settings: Settings) -> bool:
    return settings.carrier == "simulated"


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
