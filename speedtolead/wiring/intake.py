"""What takes leads: for a node, and for a command that imports a file without one.

Owns: that, and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypedDict

import aiohttp

from speedtolead.adapters.connectors import CONNECTORS
from speedtolead.adapters.connectors.kept import read_again
from speedtolead.adapters.mail_addresses import OfflineMailAddresses
from speedtolead.adapters.numbering import OfflineNumbering
from speedtolead.clock import SystemClock
from speedtolead.outside import Outside, outside
from speedtolead.ports import Clock
from speedtolead.runtime.commits import Commits
from speedtolead.runtime.dialer import Dialer
from speedtolead.service.imports.run import Imports
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
from speedtolead.service.lawful.permits import Permits
from speedtolead.settings import Settings
from speedtolead.store.database import connect
from speedtolead.store.dial import DueRow
from speedtolead.web.sources import posted_fields
from speedtolead.wiring.ground import Ground, rules_of, simulated

IMPORT_CONNECTIONS = 8


class IntakeServices(TypedDict):
    intake: Intake
    inbound: Inbound
    unread: UnreadPosts
    forgetting: Forgetting
    pings: Pings
    mail_domains: MailDomainChecks
    kept: KeptPosts
    trials: Trials
    again: SendingAgain


def intake_services(ground: Ground, parts: IntakeParts, commits: Commits, dialer: Dialer) -> IntakeServices:
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


@dataclass(frozen=True, slots=True)
class IntakeParts:
    tables: Tables
    providers: Providers
    histories: SourceHistories
    mail_domains: MailDomainChecks
    http: aiohttp.ClientSession


def intake_parts(ground: Ground, numbering: OfflineNumbering, others: Outside) -> IntakeParts:
    """What the intake asks. Histories are counted apart: a long count is in no lead's way."""
    addresses = OfflineMailAddresses()
    return IntakeParts(
        Tables(numbering, addresses, others.ip_places, simulated(ground.settings)),
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


def _intake(ground: Ground, parts: IntakeParts, commits: Commits, dialer: Handover) -> tuple[Intake, Pings]:
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
        rules = await rules_of(database, clock)
        ground = Ground(settings, clock, database, apart, rules, Permits(rules, simulated(settings)))
        parts = intake_parts(ground, numbering, others)
        intake, _ = _intake(ground, parts, commits, _NoDialer())
        try:
            yield Imports(database, intake, commits, clock, ground.permits)
        finally:
            await parts.histories.close()
