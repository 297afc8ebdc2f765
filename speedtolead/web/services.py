"""What the web layer calls: the use cases of one node, handed over by the wiring."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from aiohttp import web

from speedtolead.ports import CallbackReader, Clock
from speedtolead.ports.incoming import IncomingReader
from speedtolead.ports.messages import ReceiptReader
from speedtolead.ports.softphone import SimulatedPhones, Softphones
from speedtolead.ports.texts import TextReader
from speedtolead.service.access.auditing import Auditing
from speedtolead.service.access.sign_in import SignIn
from speedtolead.service.agents.changing import Agents
from speedtolead.service.agents.shifts import Shifts
from speedtolead.service.alarms.watch import Alarms
from speedtolead.service.cadences.asked_calls import AskedCalls
from speedtolead.service.cadences.preview import CadencePreviews
from speedtolead.service.cadences.replanning import Replanning
from speedtolead.service.cadences.steps_within import StepsWithin
from speedtolead.service.cadences.tasks import Tasks
from speedtolead.service.calling.afterwards import CarryingOut
from speedtolead.service.calling.callbacks import Callbacks
from speedtolead.service.calling.carriers import CarrierWatch
from speedtolead.service.calling.catching_up import CatchingUp
from speedtolead.service.calling.labels import Labels
from speedtolead.service.calling.left_legs import LeftLegs
from speedtolead.service.calling.lines import Lines
from speedtolead.service.calling.recordings import Recordings
from speedtolead.service.calling.sounds import Sounds
from speedtolead.service.calling.sweeping import Sweeping
from speedtolead.service.calling.voicemails import Voicemails
from speedtolead.service.calling.waiting import WaitingLeads
from speedtolead.service.configuration.connections import Connectors
from speedtolead.service.configuration.editing import SourceEditing
from speedtolead.service.console.cards import Cards
from speedtolead.service.console.dispositions import Dispositions
from speedtolead.service.console.seats import Seats
from speedtolead.service.controls.listing import Talks
from speedtolead.service.controls.sweeping import TalkSweeping
from speedtolead.service.controls.taking import Controls
from speedtolead.service.evidence.chaining import Ledger
from speedtolead.service.evidence.export import Exports
from speedtolead.service.evidence.keeping import Keeping
from speedtolead.service.guarding import Guarding
from speedtolead.service.inbound.calls import IncomingCalls
from speedtolead.service.inbound.messages import Messages
from speedtolead.service.intake.again import SendingAgain
from speedtolead.service.intake.forgetting import Forgetting
from speedtolead.service.intake.inbound import Inbound
from speedtolead.service.intake.kept import KeptPosts
from speedtolead.service.intake.mail_domains import MailDomainChecks
from speedtolead.service.intake.pinging import Pings
from speedtolead.service.intake.taking import Intake
from speedtolead.service.intake.trial import Trials
from speedtolead.service.intake.unread import UnreadPosts
from speedtolead.service.lawful.abandonment import AbandonmentWatch
from speedtolead.service.lawful.do_not_call import DoNotCall
from speedtolead.service.lawful.opt_outs import OptOuts
from speedtolead.service.lawful.permits import Permits
from speedtolead.service.lawful.preview import Previews
from speedtolead.service.lawful.suppressions import Suppressions
from speedtolead.service.leads import Leads
from speedtolead.service.learning.shown import Learning
from speedtolead.service.messages.mail_events import MailEvents
from speedtolead.service.messages.notices import Notices
from speedtolead.service.messages.receipts import Receipts
from speedtolead.service.messages.unsubscribing import Unsubscribing
from speedtolead.service.outcomes import Outcomes
from speedtolead.service.phone_numbers.number_watching import NumberWatching
from speedtolead.service.phone_numbers.numbers import Numbers
from speedtolead.service.reports.counting import Counting
from speedtolead.service.reports.digests import Digests
from speedtolead.service.reports.figures import Figures
from speedtolead.service.reports.period import Reports
from speedtolead.service.reports.source_stats import SourceReports
from speedtolead.service.returns import Returns
from speedtolead.service.rules.current import RuleSets
from speedtolead.service.sources import Sources
from speedtolead.service.webhooks.replay import Webhooks
from speedtolead.store.events import Event


class EventFeed(Protocol):
    """Events of an account as they happen; None in the queue says: too slow, come again."""

    def listen(self, account_id: UUID) -> AbstractAsyncContextManager[asyncio.Queue[Event | None]]: ...


@dataclass(frozen=True, slots=True)
class Services:
    """Frozen: nothing is added or replaced while a node runs."""

    clock: Clock
    intake: Intake
    inbound: Inbound
    unread: UnreadPosts
    forgetting: Forgetting
    pings: Pings
    mail_domains: MailDomainChecks
    kept: KeptPosts
    trials: Trials
    again: SendingAgain
    sources: Sources
    editing: SourceEditing
    connectors: Connectors
    leads: Leads
    outcomes: Outcomes
    returns: Returns
    guarding: Guarding
    numbers: Numbers
    number_watch: NumberWatching
    reports: Reports
    source_reports: SourceReports
    learning: Learning
    agents: Agents
    callbacks: Callbacks
    incoming: IncomingCalls
    incoming_reader: IncomingReader
    messages: Messages
    shifts: Shifts
    waiting: WaitingLeads
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
    sign_in: SignIn
    auditing: Auditing
    webhooks: Webhooks
    callback_reader: CallbackReader
    live: EventFeed
    ready: Callable[[], Awaitable[str | None]]
    """None when this node can serve, else why not."""
    signing_key: bytes
    public_url: str
    simulated: bool
    rules: RuleSets
    permits: Permits
    previews: Previews
    cadences: CadencePreviews
    steps_within: StepsWithin
    tasks: Tasks
    mail_events: MailEvents
    catching_up: CatchingUp
    asked_calls: AskedCalls
    suppressions: Suppressions
    abandonment: AbandonmentWatch
    opt_outs: OptOuts
    do_not_call: DoNotCall
    text_reader: TextReader
    receipts: Receipts
    receipt_reader: ReceiptReader
    replanning: Replanning
    unsubscribing: Unsubscribing
    ledger: Ledger
    exports: Exports
    keeping: Keeping
    seats: Seats
    cards: Cards
    dispositions: Dispositions
    softphones: Softphones
    simulated_phones: SimulatedPhones | None
    """None: the carrier is a real one."""
    counting: Counting
    figures: Figures
    alarms: Alarms
    notices: Notices
    digests: Digests


SERVICES = web.AppKey("services", Services)
