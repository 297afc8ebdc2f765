"""Judging a lead: every check with its inputs and verdict, the providers that a source wants asked among them.

Owns: the order (what is free and local first, then providers, all at once and each within its budget), and the
findings. Must not know: how a lead is stored. A provider's silence is a finding of its own, never an error.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from speedtolead.domain.checks import Finding, Judgement, Verdict, judge
from speedtolead.domain.checks.evidence import Certified, certificate_findings, list_findings, owner_finding
from speedtolead.domain.checks.finding import accepted
from speedtolead.domain.criteria import judge as misses
from speedtolead.domain.lead import Refusal
from speedtolead.domain.source import Asked, Source
from speedtolead.ports import CertificateAnswer, CertificateQuestion, NumberFacts, Reassigned
from speedtolead.service.intake.post import LeadPost
from speedtolead.service.intake.providers import Answered, Providers, Refused
from speedtolead.service.intake.standing import Standing, with_answers
from speedtolead.store import sources as rows
from speedtolead.store.intake import SourceRow
from speedtolead.store.query import Connection

Connecting = Callable[[], AbstractAsyncContextManager[Connection]]


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found. ``refusal`` is the finding that answers, None where none refuses."""

    findings: tuple[Finding, ...]
    refusal: Finding | None
    penalty: int
    marks: tuple[bytes, ...]
    """Where this lead was seen, to be counted for the next ones: stored with it, and only if it is."""


async def judged(
    connection: Connecting,
    providers: Providers,
    row: SourceRow,
    post: LeadPost,
    standing: Standing,
    at: datetime,
    *,
    promised: bool = False,
    otherwise: Callable[[], Awaitable[Finding | None]] | None = None,
) -> Judged:
    """Every check on one post. Asks nobody where the post fails without.

    ``connection``: where the rows are read. Nobody may hold one while providers are asked.
    ``promised``: a ping was told that this source takes it, so what a ping is judged by is not judged again.
    ``otherwise``: what else refuses it, looked at before somebody is asked who wants to be paid.
    """
    marks = _marks(row, post, standing)
    seen = await _seen(connection, row, marks, at)
    facts = with_answers(standing.facts, seen=seen) if seen else standing.facts
    own = _own_terms(row, post, standing, at)
    if promised:
        own = [f for f in own if f.verdict is not Verdict.REFUSE or f.reason not in _PROMISED]
    by_checks = judge(facts, row.source.checks)
    refusal = _answering((*own, *by_checks.findings))
    asking = refusal is None and bool(row.source.ask) and standing.phone is not None
    if asking and otherwise is not None:
        refusal = await otherwise()
    if asking and refusal is None and standing.phone is not None:
        found, more = await _asked(providers, row, post, standing.phone, at)
        by_checks = judge(with_answers(facts, **found), row.source.checks)
        own = [*own, *more]
        refusal = _answering((*by_checks.findings, *own))
    findings = (*own, *by_checks.findings)
    counted = () if post.test else tuple(marks.values())  # a test counts for nothing
    return Judged(findings, refusal, _points(own, by_checks), counted)


_ORDER = {refusal.value: place for place, refusal in enumerate(Refusal)}


def _answering(findings: Iterable[Finding]) -> Finding | None:
    """The refusal that answers: in the order of ``Refusal``, then the first of the others."""
    refusing = (finding for finding in findings if finding.verdict is Verdict.REFUSE)
    return min(refusing, key=lambda finding: _ORDER.get(finding.reason, len(_ORDER)), default=None)


def _points(own: Iterable[Finding], by_checks: Judgement) -> int:
    return min(100, by_checks.points + sum(finding.points for finding in own))


# ---- the source's own terms: no table and no provider is asked -------------------------------------------------


def _own_terms(row: SourceRow, post: LeadPost, standing: Standing, at: datetime) -> list[Finding]:
    accept = row.source.accept
    given, wanted = list(post.consent.channels), sorted(accept.channels)
    found = [
        _term(
            Refusal.NO_CONSENT,
            set(wanted) <= set(given),
            "consent.channels",
            "The consent does not cover the channels that this source needs.",
            {"given": given, "wanted": wanted},
        ),
        _term(
            Refusal.NO_CERTIFICATE,
            not accept.certificate_required or post.consent.has_certificate,
            "consent.trustedform_cert_url",
            "This source needs a consent certificate.",
            {"required": accept.certificate_required},
        ),
        *(
            Finding("criteria", Verdict.REFUSE, Refusal.OUTSIDE_CRITERIA, miss.field, miss.words, 0, miss.inputs)
            for miss in misses(accept.criteria, standing.values, at)
        ),
        _term(
            Refusal.UNKNOWN_LOCATION,
            standing.phone is None or bool(standing.candidates),
            "state",
            "Neither the state, the postal code nor the phone's area code tells where the person is, so no lawful "
            "calling hours can be known.",
            {"candidates": len(standing.candidates)},
        ),
        _term(Refusal.SOURCE_PAUSED, not row.paused, "source", paused_words(row), {}),
    ]
    return found if standing.phone is not None else []


def paused_words(row: SourceRow) -> str:
    """With why, where the guard paused it: the vendor can do something about that."""
    return f"This source is paused: {row.pause_reason}." if row.pause_reason else "This source is paused."


_PROMISED = {Refusal.OUTSIDE_CRITERIA.value, Refusal.SOURCE_PAUSED.value}


def _term(refusal: Refusal, fulfilled: bool, field: str, words: str, inputs: dict[str, object]) -> Finding:
    if fulfilled:
        return accepted(refusal.value, field, inputs)
    return Finding(refusal.value, Verdict.REFUSE, refusal.value, field, words, 0, inputs)


# ---- how often it was seen ------------------------------------------------------------------------------------


def _marks(row: SourceRow, post: LeadPost, standing: Standing) -> dict[str, bytes]:
    """What is counted of this post, as digests, by kind; only where the source limits it."""
    values = {
        "phone": standing.phone,
        "ip": post.ip,
        "device": post.device,
        "email_domain": standing.email_domain or None,
    }
    limited = row.source.checks.velocity
    return {kind: _digest(kind, value) for kind, value in values.items() if kind in limited and value}


def _digest(kind: str, value: str) -> bytes:
    return hashlib.sha256(f"{kind}:{value}".encode()).digest()


async def _seen(connection: Connecting, row: SourceRow, marks: dict[str, bytes], at: datetime) -> dict[str, int]:
    if not marks:
        return {}
    limits = row.source.checks.velocity
    async with connection() as tx:
        counted = await rows.SIGHTINGS.all(
            tx,
            account_id=row.account_id,
            kinds=list(marks),
            marks=list(marks.values()),
            sinces=[at - timedelta(seconds=limits[kind].seconds) for kind in marks],
            mosts=[limits[kind].count for kind in marks],
        )
    return {one.kind: one.seen for one in counted}


# ---- providers ------------------------------------------------------------------------------------------------


async def _asked(
    providers: Providers, row: SourceRow, post: LeadPost, phone: str, at: datetime
) -> tuple[dict[str, object], list[Finding]]:
    """What the providers that the source wants asked said: facts for the checks, and findings of their own."""
    ask, account_id = row.source.ask, row.account_id
    question = _question(post, phone, row)
    since = (post.consent.captured_at or post.submitted_at or at).date()
    wanted: dict[Asked, Awaitable[object]] = {}
    if Asked.LOOKUP in ask:
        wanted[Asked.LOOKUP] = providers.number(account_id, phone, ask[Asked.LOOKUP].within)
    if Asked.LISTS in ask:
        wanted[Asked.LISTS] = providers.lists(account_id, phone, ask[Asked.LISTS].within)
    if Asked.OWNER in ask:
        wanted[Asked.OWNER] = providers.owner(account_id, phone, since, ask[Asked.OWNER].within)
    if Asked.CERTIFICATE in ask and question is not None:
        said_by = "trustedform" if post.consent.trustedform_cert_url else "jornaya"
        within = ask[Asked.CERTIFICATE].within
        wanted[Asked.CERTIFICATE] = providers.certificate(account_id, question, said_by, within)
    answers = dict(zip(wanted, await asyncio.gather(*wanted.values()), strict=True))
    facts: dict[str, object] = {"unanswered": frozenset(_SILENT[a] for a in answers if answers[a] is None)}
    facts |= _of_number(answers.get(Asked.LOOKUP)) | _of_certificate(answers.get(Asked.CERTIFICATE))
    return facts, _findings(row.source, post, answers, at)


_SILENT = {
    Asked.LOOKUP: "lookup",
    Asked.LISTS: "scrub",
    Asked.OWNER: "reassigned",
    Asked.CERTIFICATE: "certificate",
}


def _question(post: LeadPost, phone: str, row: SourceRow) -> CertificateQuestion | None:
    certificate = post.consent.trustedform_cert_url or post.consent.leadid_token
    if certificate is None:
        return None
    reference = post.external_id or hashlib.sha256(post.raw_body).hexdigest()[:32]
    return CertificateQuestion(certificate, phone, post.email, reference, row.source.name)


def _of_number(answer: object) -> dict[str, object]:
    if not isinstance(answer, Answered):
        return {}
    if isinstance(answer.value, Refused):
        return {"phone_exists": False}
    assert isinstance(answer.value, NumberFacts)
    line = answer.value.line_type
    return {"phone_exists": True, "line_type": None if line is None else line.value}


def _of_certificate(answer: object) -> dict[str, object]:
    if isinstance(answer, Answered) and isinstance(answer.value, CertificateAnswer):
        return {"certificate_bot": answer.value.bot_detected}
    return {}


def _certified(answer: CertificateAnswer) -> Certified:
    return Certified(
        answer.genuine,
        answer.phone_matches,
        answer.age,
        answer.page_url,
        answer.framed,
        answer.wording_found,
    )


def _findings(source: Source, post: LeadPost, answers: dict[Asked, object], at: datetime) -> list[Finding]:
    reactions = source.checks.reactions
    found: list[Finding] = []
    lists = answers.get(Asked.LISTS)
    if isinstance(lists, Answered) and not isinstance(lists.value, Refused):
        found += list_findings(lists.value.listed_on, lists.value.list_date, reactions)
    owner = answers.get(Asked.OWNER)
    if isinstance(owner, Answered) and not isinstance(owner.value, Refused):
        found.append(owner_finding(Reassigned(owner.value).value, reactions))
    certificate = answers.get(Asked.CERTIFICATE)
    if isinstance(certificate, Answered):
        said = None if isinstance(certificate.value, Refused) else _certified(certificate.value)
        found += certificate_findings(said, post.consent.url, source.accept.certificate, reactions)
    return found
