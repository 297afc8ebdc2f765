"""Permits by the law in force: the one way from facts to a decision.

Owns: which rule set is used at a moment, and whether fictional numbers are exempt (the simulated carrier's only).
Must not know: where the facts come from, or what follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from speedtolead.domain import permit
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.permit import RULES, ConsentFacts, Facts, Permit, Request, Rule
from speedtolead.domain.place import Candidate
from speedtolead.domain.recording import Announcement, announcement
from speedtolead.domain.rule_set import RuleSet


class RulesInForce(Protocol):
    def at(self, now: datetime) -> RuleSet: ...


class Permits:
    def __init__(self, rules: RulesInForce, fictional_exempt: bool, asked: Sequence[Rule] = RULES) -> None:
        self._rules = rules
        self._asked = asked
        self.fictional_exempt = fictional_exempt

    def decide(
        self,
        channel: str,
        campaign: Campaign,
        facts: Facts,
        now: datetime,
        *,
        recorded: bool = False,
        rules: Sequence[Rule] | None = None,
    ) -> Permit:
        """``recorded``: a recorded or artificial voice would speak."""
        asked = self._asked if rules is None else rules
        return permit.decide(Request(channel, campaign, facts, now, self._rules.at(now), recorded), asked)

    def waited(self, since: datetime, now: datetime, campaign: Campaign, facts: Facts) -> float:
        """Seconds since a lead's arrival in which it could lawfully have been called."""
        return permit.permitted_seconds(since, now, campaign, facts, self._rules.at(now))

    def announcement(self, campaign: Campaign, lead: Sequence[Candidate], now: datetime) -> Announcement | None:
        """What is said before a call is recorded; None where none is recorded."""
        return announcement(campaign.recording, lead, self._rules.at(now)) if campaign.recording.record else None

    def announcement_on_demand(self, campaign: Campaign, lead: Sequence[Candidate], now: datetime) -> Announcement:
        """The same for a recording that is asked for during a talk, whatever the campaign records by itself."""
        found = announcement(replace(campaign.recording, record=True), lead, self._rules.at(now))
        assert found is not None
        return found

    def unknown_person(
        self,
        phone: str,
        consent: ConsentFacts,
        candidates: tuple[Candidate, ...],
        inquiry_at: datetime,
        reassigned: bool | None,
    ) -> Facts:
        """The facts about somebody of whom only a post, or a ping, tells."""
        return Facts(
            phone,
            consent,
            candidates,
            inquiry_at=inquiry_at,
            reassigned=reassigned,
            fictional_exempt=self.fictional_exempt,
        )
