"""The judgement on an arriving lead: every check asked, in order, and what they come to together.

Owns: the order of the checks, the sum of the points, and what a silent provider leads to.
Must not know: what a single check looks at. Every check is asked even after a refusal: all of it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from speedtolead.domain.checks import behaviour, mail, person, phone, place, words
from speedtolead.domain.checks.facts import Facts, Policy
from speedtolead.domain.checks.finding import (
    DEFAULTS,
    MAX_POINTS,
    Finding,
    Reason,
    Verdict,
    not_applicable,
)

Check = Callable[[Facts, Policy], Finding]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What all checks found. ``refusal`` is the first refusing finding; it answers."""

    findings: tuple[Finding, ...]
    refusal: Finding | None
    points: int
    """Against the lead's score: the sum of the penalties, at most 100."""


def no_answer_lookup(facts: Facts, policy: Policy) -> Finding:
    return _no_answer("lookup", "phone", facts, policy)


def no_answer_ip_place(facts: Facts, policy: Policy) -> Finding:
    return _no_answer("ip_place", "consent.ip", facts, policy)


def no_answer_mail_domain(facts: Facts, policy: Policy) -> Finding:
    return _no_answer("mail_domain", "email", facts, policy)


def no_answer_certificate(facts: Facts, policy: Policy) -> Finding:
    return _no_answer("certificate", "consent.trustedform_cert_url", facts, policy)


def no_answer_scrub(facts: Facts, policy: Policy) -> Finding:
    return _no_answer("scrub", "phone", facts, policy)


def no_answer_reassigned(facts: Facts, policy: Policy) -> Finding:
    return _no_answer("reassigned", "phone", facts, policy)


CHECKS: tuple[Check, ...] = (
    phone.phone_given,
    phone.phone_exists,
    phone.made_up_phone,
    phone.line_type,
    phone.area_code,
    behaviour.too_old,
    behaviour.clock,
    behaviour.clock_by_days,
    words.test_data,
    mail.made_up_email,
    words.blocked_words,
    behaviour.honeypot,
    behaviour.time_on_form,
    behaviour.certificate_bot,
    behaviour.user_agent,
    behaviour.user_agent_given,
    behaviour.velocity_phone,
    behaviour.velocity_ip,
    behaviour.velocity_device,
    behaviour.velocity_email_domain,
    mail.email,
    mail.email_domain,
    mail.disposable_email,
    mail.role_email,
    person.names,
    person.same_names,
    person.address,
    person.city,
    place.state,
    place.postal_code,
    place.postal_code_in_state,
    place.area_code_place,
    place.ip_country,
    place.ip_state,
    no_answer_lookup,
    no_answer_ip_place,
    no_answer_mail_domain,
    no_answer_certificate,
    no_answer_scrub,
    no_answer_reassigned,
)
"""In order: of several refusals the first one answers, so what the sender can mend stands first."""


def judge(facts: Facts, policy: Policy, checks: Sequence[Check] = CHECKS) -> Judgement:
    """Ask every check."""
    findings = tuple(check(facts, policy) for check in checks)
    refusal = next((f for f in findings if f.verdict is Verdict.REFUSE), None)
    points = sum(f.points for f in findings if f.verdict is Verdict.PENALTY)
    return Judgement(findings, refusal, min(points, MAX_POINTS))


def _no_answer(provider: str, field: str, facts: Facts, policy: Policy) -> Finding:
    """What follows is the source's. A lead that is taken all the same is marked: nobody shall think it checked."""
    check, inputs = f"no_answer_{provider}", dict[str, object](provider=provider)
    if provider not in facts.unanswered:
        return not_applicable(check, field, inputs)
    reaction = policy.no_answer.get(provider) or DEFAULTS[check]
    verdict = Verdict.NO_ANSWER if reaction.verdict is Verdict.ACCEPT else reaction.verdict
    told = f"This lead could not be checked in time ({provider})."
    return Finding(check, verdict, Reason.NO_ANSWER.value, field, told, reaction.points, inputs)
