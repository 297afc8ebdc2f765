"""Rules on those who asked not to be contacted: suppressions, do-not-call lists, numbers that changed hands."""

from __future__ import annotations

from datetime import datetime

from speedtolead.domain.permit.case import Decision, ListFact, Request, Verdict, iso
from speedtolead.domain.rule_set import Means


def suppression(request: Request) -> Verdict:
    """A person who said stop is not contacted: 47 CFR 64.1200(a)(10), (d)(3). It wins over any consent."""
    matching = [s for s in request.facts.suppressed if not s.channels or request.channel in s.channels]
    inputs: dict[str, object] = {"matches": [{"reason": s.reason, "scope": s.scope} for s in matching]}
    citation = "47 CFR 64.1200(d)(3)"
    if not matching:
        return Verdict("suppression", Decision.ALLOWED, inputs, citation=citation)
    why = "; ".join(dict.fromkeys(s.reason for s in matching))
    return Verdict(
        "suppression", Decision.REFUSED, inputs, f"The number or address is suppressed: {why}.", citation
    )


def do_not_call_list(request: Request) -> Verdict:
    """A number on a list that the campaign relies on is called only where an exemption is computed to hold, and no
    list that is too old, or was never imported, is relied on: 47 CFR 64.1200(c)(2).
    """
    terms, name = request.rules.do_not_call, "do_not_call_list"
    asked = request.campaign.contact.lists
    if not asked or not request.means:
        return Verdict(
            name, Decision.NOT_APPLICABLE, {"lists": []}, "the account relies on no list", terms.citation
        )
    known = {fact.name: fact for fact in request.facts.lists}
    lists = [known.get(each, ListFact(each, None, False)) for each in asked]
    inputs: dict[str, object] = {
        "lists": [
            {"name": f.name, "version": None if f.version_date is None else iso(f.version_date), "listed": f.listed}
            for f in lists
        ],
        "max_age_days": terms.list_age.days,
    }
    stale = [f.name for f in lists if f.version_date is None or request.now - f.version_date > terms.list_age]
    if stale:
        words = f"The do-not-call list {', '.join(stale)} is missing or older than {terms.list_age.days} days."
        return Verdict(name, Decision.REFUSED, inputs, words, terms.citation)
    if not any(f.listed for f in lists):
        return Verdict(name, Decision.ALLOWED, inputs, citation=terms.citation)
    exemption = _exemption(request)
    inputs["exemption"] = exemption
    if exemption is not None:
        return Verdict(name, Decision.ALLOWED, inputs, citation=terms.citation)
    on = ", ".join(f.name for f in lists if f.listed)
    words = f"The number is on the do-not-call list {on}, and no exemption holds."
    return Verdict(name, Decision.REFUSED, inputs, words, terms.citation)


def _exemption(request: Request) -> str | None:
    """What exempts a number on a list: written consent, else an inquiry or a transaction that is recent enough."""
    facts, terms = request.facts, request.rules.do_not_call
    if facts.consent.written and request.channel in facts.consent.channels:
        return "written consent"
    counts = all(rule.inquiry_exempts for rule in request.state_rules(Means.CALL, Means.SMS))
    if counts and _within(facts.inquiry_at, terms.inquiry_months, request.now):
        return "inquiry"
    if _within(facts.transaction_at, terms.transaction_months, request.now):
        return "transaction"
    return None


def _within(since: datetime | None, months: int, now: datetime) -> bool:
    """Whether ``now`` is within so many calendar months of ``since``."""
    if since is None or since > now:
        return False
    year, month = divmod(since.year * 12 + since.month - 1 + months, 12)
    return (now.year, now.month - 1, now.day, now.time()) <= (year, month, since.day, since.time())


def reassigned_number(request: Request) -> Verdict:
    """A number that changed hands since the consent is not contacted: 47 CFR 64.1200(m), the safe harbour of the
    Reassigned Numbers Database.
    """
    name, known = "reassigned_number", request.facts.reassigned
    inputs: dict[str, object] = {"reassigned": known}
    citation = "47 CFR 64.1200(m)"
    if not request.means:
        return Verdict(name, Decision.NOT_APPLICABLE, inputs, "no phone is used", citation)
    if known:
        return Verdict(name, Decision.REFUSED, inputs, "The number changed hands since the consent.", citation)
    if known is None and not request.campaign.contact.reassigned_unknown:
        words = "Whether the number changed hands is not known, and the account asks to know it."
        return Verdict(name, Decision.REFUSED, inputs, words, citation)
    return Verdict(name, Decision.ALLOWED, inputs, citation=citation)
