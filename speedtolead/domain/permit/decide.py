"""The decision: every rule is asked, in order; one refusal refuses, and one delay delays.

Adding a rule: write a function ``(Request) -> Verdict`` with its table of cases, and put it into ``RULES``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from speedtolead.domain.permit.caps import attempt_cap, lifetime_cap
from speedtolead.domain.permit.case import Decision, Permit, Request, Rule, Verdict
from speedtolead.domain.permit.consent import (
    consent_age,
    consent_certificate,
    consent_for_channel,
    consent_one_to_one,
    consent_written,
)
from speedtolead.domain.permit.lists import do_not_call_list, reassigned_number, suppression
from speedtolead.domain.permit.windows import (
    account_window,
    calling_window,
    campaign_hours,
    recorded_message,
    state_window,
)

RULES: tuple[Rule, ...] = (
    consent_for_channel,
    consent_written,
    consent_one_to_one,
    consent_age,
    consent_certificate,
    suppression,
    do_not_call_list,
    reassigned_number,
    recorded_message,
    calling_window,
    state_window,
    account_window,
    campaign_hours,
    attempt_cap,
    lifetime_cap,
)
WHENEVER: frozenset[Rule] = frozenset({
    consent_for_channel,
    consent_one_to_one,
    consent_certificate,
    suppression,
    reassigned_number,
    lifetime_cap,
})  # fmt: skip
"""Rules whose answer is the same at every moment: asked once when the first lawful moment is looked for."""
_MAX_ROUNDS = 32


def decide(request: Request, rules: Sequence[Rule] = RULES) -> Permit:
    """Ask every rule. One refusal refuses; else the first moment that suits all delaying rules is named.

    The moment is found by asking the rules again at the latest of their own answers, until none objects: an opening
    of the campaign may fall into a closed hour of the person's state. Where it comes after a refusal, such as an
    age that the consent reaches meanwhile, the permit is refused.
    """
    verdicts = tuple([rule(request) for rule in rules])
    version = request.rules.version
    decisions = [v.decision for v in verdicts]
    if Decision.REFUSED in decisions:
        return Permit(Decision.REFUSED, verdicts, request.now, version)
    if Decision.NOT_BEFORE not in decisions:
        return Permit(Decision.ALLOWED, verdicts, request.now, version)
    moment = _first_agreed_moment(request, rules, verdicts)
    if moment is None:
        return Permit(Decision.REFUSED, verdicts, request.now, version)
    return Permit(Decision.NOT_BEFORE, verdicts, request.now, version, moment)


def _first_agreed_moment(request: Request, rules: Sequence[Rule], verdicts: tuple[Verdict, ...]) -> datetime | None:
    of_the_moment = [rule for rule in rules if rule not in WHENEVER]
    for _ in range(_MAX_ROUNDS):
        delays = [v.not_before for v in verdicts if v.decision is Decision.NOT_BEFORE]
        if any(v.decision is Decision.REFUSED for v in verdicts):
            return None
        if not delays:
            return request.now
        moments = [d for d in delays if d is not None]
        if len(moments) < len(delays):
            return None
        request = request.at(max(moments))
        verdicts = tuple([rule(request) for rule in of_the_moment])
    return None
