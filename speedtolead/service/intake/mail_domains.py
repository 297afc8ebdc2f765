"""Whether leads' mail domains take mail: asked in the background, after the leads were taken.

Owns: which leads are asked about, and what is written of the answer. Must not know: how a domain is asked.
A call never waits for this. A domain about which nobody can say is asked again at the next tick, for ``OF_LATE``;
asking twice, on two nodes, does no harm.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from speedtolead.domain.checks import Facts, Verdict
from speedtolead.domain.checks.mail import email_domain
from speedtolead.ports import Clock, MailAddresses, MailDomains, PortError
from speedtolead.store import mail_domains as rows
from speedtolead.store.database import Database
from speedtolead.store.findings import finding_json
from speedtolead.store.ids import oldest_id
from speedtolead.store.mail_domains import UnaskedMail

log = structlog.get_logger(__name__)

OF_LATE = timedelta(minutes=15)
AT_ONCE = 500
MOST = 5_000
"""Leads of one tick: a thousand a second, where a tick comes every five seconds."""


class MailDomainChecks:
    def __init__(self, database: Database, clock: Clock, addresses: MailAddresses, domains: MailDomains) -> None:
        self._database = database
        self._clock = clock
        self._addresses = addresses
        self._domains = domains

    async def ask(self) -> None:
        """One tick: the newest leads first, each once. Raises DatabaseAway."""
        since, before = oldest_id(self._clock.now() - OF_LATE), None
        for _ in range(MOST // AT_ONCE):
            async with self._database.connection() as tx:
                found = await rows.LEADS_WITH_UNASKED_MAIL.all(tx, since_id=since, before_id=before, most=AT_ONCE)
            await self._ask_about(found)
            if len(found) < AT_ONCE:
                return
            before = found[-1].lead_id

    async def _ask_about(self, found: list[UnaskedMail]) -> None:
        domain_of = {lead.lead_id: self._addresses.facts(lead.email).domain for lead in found}
        domains = sorted({domain for domain in domain_of.values() if domain})
        takes = dict(zip(domains, await asyncio.gather(*map(self._takes_mail, domains)), strict=True))
        known = [(lead, takes.get(domain_of[lead.lead_id], False)) for lead in found]
        answered = [(lead, answer) for lead, answer in known if answer is not None]
        if not answered:
            return
        async with self._database.connection() as tx:
            await rows.RECORD_MAIL_DOMAIN.run(
                tx,
                lead_ids=[lead.lead_id for lead, _ in answered],
                takes=[answer for _, answer in answered],
                findings=[self._finding(lead, domain_of[lead.lead_id], answer) for lead, answer in answered],
            )

    async def _takes_mail(self, domain: str) -> bool | None:
        try:
            return await self._domains.takes_mail(domain)
        except PortError as error:
            log.info("mail_domain.no_answer", code=error.code)
            return None

    def _finding(self, lead: UnaskedMail, domain: str, takes: bool) -> dict[str, object]:
        """The check's own finding; a lead that was taken is not refused any more, so the worst is a penalty."""
        facts = Facts(
            received_at=self._clock.now(), email=lead.email, email_syntax_ok=bool(domain), email_takes_mail=takes
        )
        finding = email_domain(facts, lead.source.checks)
        if finding.verdict is Verdict.REFUSE:
            finding = finding._replace(verdict=Verdict.PENALTY)
        return finding_json(finding)
